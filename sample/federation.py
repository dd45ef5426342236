"""A synthetic federation: its members, their structures, activities and cooperations, and the people they employ.

Here: drawing it all from one seeded generator, as somebody knows it who has seen the whole window. Not here: the
pathways of people (`pathways.py`), what a member knew at the end of a quarter (`returns.py`), how it is written
(`deposits.py`).
"""

import math
import random
from collections import defaultdict
from datetime import date

from sample import vocabulary as words
from sample.facts import Activity, Cooperation, Member, Structure, Window
from sample.pathways import Population
from sample.places import Places

BASE_MEMBERS = 40
# Kinds of the 40 members at scale 1; a GES member owns several structures.
MEMBER_KINDS = ("AI",) * 24 + ("ACI",) * 7 + ("EI",) * 2 + ("ETTI",) * 3 + ("OSP",) * 2 + ("GES",) * 2
GES_KINDS = (("AI", "ACI", "ETTI"), ("AI", "ETTI", "EI"))
DEPARTMENTS = {"76": 13, "14": 9, "27": 7, "50": 6, "61": 5}
# Median number of people drawn for a structure of each kind over 12 quarters; those gone before the first are dropped.
STRUCTURE_SIZE = {"AI": 76, "ACI": 50, "EI": 38, "ETTI": 92, "OSP": 26}


def luhn_key(digits: str) -> str:
    """Digit that completes a number so that it passes the Luhn checksum."""
    total = 0
    for position, digit in enumerate(reversed(digits)):
        value = int(digit) * (2 if position % 2 == 0 else 1)
        total += value - 9 if value > 9 else value
    return str(-total % 10)


def draw_federation(seed: int, scale: float, window: Window) -> list[Member]:
    """The whole federation: members with their structures, people, contracts and events, ready to be reported."""
    rng = random.Random(seed)
    places = Places()
    members = draw_members(rng, places, scale, window)
    Population(rng, places, window, members).fill()
    for member in members:
        for structure in member.structures:
            if structure.kind in words.FTE_HOURS and structure.kind != "OSP":
                realised = structure.worked_hours / len(window.periods) * 4 / words.FTE_HOURS[structure.kind]
                structure.fte_agreed = max(0.5, round(realised * rng.uniform(0.92, 1.15), 2))
        draw_activities(rng, places, window, member)
        draw_cooperations(rng, places, window, member)
    return members


def member_count(scale: float) -> int:
    """40 members up to scale 2, then 46 more for each unit of scale, 500 at most."""
    return min(500, BASE_MEMBERS + max(0, round((scale - 2) * 46)))


def draw_members(rng: random.Random, places: Places, scale: float, window: Window) -> list[Member]:
    """Members on real communes of the region, their structures and their habits; the first five AI send the cases."""
    count = member_count(scale)
    kinds = [MEMBER_KINDS[index % BASE_MEMBERS] for index in range(count)]
    rng.shuffle(kinds)
    departments = rng.choices(list(DEPARTMENTS), weights=list(DEPARTMENTS.values()), k=count)
    departments[: len(DEPARTMENTS)] = DEPARTMENTS  # each département has a member, whatever is drawn
    towns = {department: places.towns(rng, department) for department in DEPARTMENTS}
    used_towns: dict[str, int] = defaultdict(int)
    lands = {department: list(names) for department, names in words.LANDS.items()}
    names: set[str] = set()
    cases = iter(("partial", "refused", "correction", "repeat", "folder"))
    # Size of a structure: people follow scale, and the number of quarters for which people enter.
    factor = scale * BASE_MEMBERS / count * (len(window.periods) + 4) / 16
    siren_bodies = rng.sample(range(1_000, 99_999), count)
    members = []
    ges_count = 0
    for index, (kind, department) in enumerate(zip(kinds, departments, strict=True)):
        town = towns[department][used_towns[department] % len(towns[department])]
        used_towns[department] += 1
        body = f"000{siren_bodies[index]:05d}"
        siren = body + luhn_key(body)
        case = next(cases, None) if kind == "AI" else None
        if kind == "GES":
            ges_count += 1
        member = Member(
            siren=siren,
            name=_name(rng, kind, town, lands[department], names),
            kind=kind,
            department=department,
            ges=f"GES-{ges_count:02d}" if kind == "GES" else None,
            case=case,
        )
        for structure_kind in GES_KINDS[(ges_count - 1) % 2] if kind == "GES" else (kind,):
            size = STRUCTURE_SIZE[structure_kind] * math.exp(rng.gauss(0, 0.4)) * factor
            if case == "partial":  # three wrong rows must stay far below the budget of every table, at any scale
                size = max(size, 260 * (len(window.periods) + 4) / 16)
            elif case:
                size = max(size, 20)
            _add_structure(rng, places, member, structure_kind, town=town, size=max(3, round(size)))
        member.habits = _habits(rng, index, case)
        members.append(member)
    return members


def _add_structure(rng: random.Random, places: Places, member: Member, kind: str, *, town: dict, size: int) -> None:
    number = len(member.structures) + 1
    nic = f"{number:04d}"
    siret = member.siren + nic + luhn_key(member.siren + nic)
    commune = town["code_commune"] if number == 1 else places.near(rng, town["code_commune"])
    if kind == "ETTI" and member.ges == "GES-01":  # two kinds in one establishment
        site = next(other for other in member.structures if other.kind == "ACI")
        siret, commune = site.siret, site.commune
    suffix = {"AI": "", "ACI": " – chantier d'insertion", "ETTI": " – intérim", "EI": " – entreprise"}
    member.structures.append(
        Structure(
            siret=siret,
            kind=kind,
            name=member.name + (suffix[kind] if member.ges else ""),
            commune=commune,
            naf=words.NAF[kind],
            opened=date(rng.randint(1986, 2016), rng.randint(1, 12), 1),
            size=size,
        )
    )


def _name(rng: random.Random, kind: str, town: dict, lands: list[str], used: set[str]) -> str:
    """A fictitious denomination, never given twice: a land of the département while there are some, else the town."""
    place = lands.pop(rng.randrange(len(lands))) if lands else _of_town(town["nom_commune"])
    heads = rng.sample(words.NAMES[kind], len(words.NAMES[kind]))
    for candidate in [f"{head} {place}" for head in heads]:
        if candidate not in used:
            used.add(candidate)
            return candidate
    return _name_numbered(heads[0], place, used)


def _name_numbered(head: str, place: str, used: set[str]) -> str:
    number = 2
    while f"{head} {place} {number}" in used:
        number += 1
    used.add(f"{head} {place} {number}")
    return f"{head} {place} {number}"


def _of_town(town: str) -> str:
    for article, joined in (("Le ", "du "), ("Les ", "des ")):
        if town.startswith(article):
            return joined + town.removeprefix(article)
    return f"d'{town}" if town[0] in "AEÉÈIOUYH" else f"de {town}"


def _habits(rng: random.Random, index: int, case: str | None) -> dict:
    """How a member exports: layout, date and yes/no styles, what it leaves out."""
    cycle = ("xlsx", "zip_cp1252", "xlsx", "zip_utf8", "zip_cp1252", "zip_utf8_bom", "xlsx", "zip_cp1252")
    forced = {"partial": "xlsx", "refused": "zip_cp1252", "correction": "zip_cp1252", "repeat": "xlsx"}
    return {
        "layout": "folder" if case == "folder" else forced.get(case or "", cycle[index % len(cycle)]),
        "date_as_text": index % 3 == 1,  # workbooks only
        "yes_no": rng.choice((("OUI", "NON"), ("oui", "non"), ("O", "N"), ("1", "0"), ("vrai", "faux"))),
        "naf_dot": rng.random() < 0.6,
        "motif": rng.choices(("code", "label", "mixed"), weights=(60, 22, 18))[0],
        "parent_ids": rng.random() < 0.7,
        "fte_share": rng.random() < 0.7,
        "sentinel": index % 13 == 5,  # writes 2099-01-01 for "open-ended"
        "row_totals": rng.random() < 0.85,
        "hour_total": rng.random() < 0.5,
        "undocumented": 0.0 if case == "partial" else rng.uniform(0.05, 0.4),
        "renewals": case != "refused",  # a renewal would point at a contract of the refused return
        "strategy": rng.choices(list(words.STRATEGIES), weights=list(words.STRATEGIES.values()))[0],
    }


def draw_activities(rng: random.Random, places: Places, window: Window, member: Member) -> None:
    """One to six activities a member, begun up to three years before the window; some end."""
    for number in range(rng.choice((1, 2, 2, 3, 3, 4, 5, 6))):
        structure = rng.choice(member.structures)
        need = rng.choice(list(words.ACTIVITIES))
        start = rng.randint(window.first - 1000, window.last)
        lifetime = rng.expovariate(0.16 / 365)
        end = start + 60 + int(lifetime)
        commune = places.near(rng, structure.commune)
        market = rng.randrange(4, 160) * 1000
        strategy = member.habits["strategy"]
        if rng.random() < 0.3:
            strategy = rng.choice(list(words.STRATEGIES))
        place = _of_town(places.by_code[commune]["nom_commune"])
        member.activities.append(
            Activity(
                id=f"ACT-{number + 1:03d}",
                structure=structure,
                title=f"{rng.choice(words.ACTIVITIES[need])} {place}",
                nature=rng.choices(list(words.NATURES), weights=list(words.NATURES.values()))[0],
                strategy=strategy,
                need=need,
                naf=words.ACTIVITY_NAF[need],
                start=start,
                end=end if end <= window.last else None,
                end_reason=rng.choice(words.END_REASONS),
                commune=commune,
                fte=round(rng.uniform(0.3, 6), 2),
                yearly_growth=rng.uniform(-0.12, 0.3),
                anchored=rng.choices((True, False, None), (78, 14, 8))[0],
                own_siret=rng.random() < 0.4,
                market=market,
                non_market=round(market * rng.uniform(0.05, 1.2), -2),
                volunteer_hours=rng.choice((0, 0, 20, 50, 120, 300, 600)),
            )
        )


def draw_cooperations(rng: random.Random, places: Places, window: Window, member: Member) -> None:
    """Up to five actions of territorial animation a member; seats in local bodies stay open."""
    for number in range(rng.choice((0, 1, 2, 2, 3, 4, 5))):
        structure = rng.choice(member.structures)
        kind = rng.choice(list(words.COOPERATIONS))
        start = rng.randint(window.first - 200, window.last)
        end = None if kind == "instance" and rng.random() < 0.8 else start + rng.randint(0, 420)
        kinds = rng.sample(words.PARTNERS, rng.randint(1, 4))
        member.cooperations.append(
            Cooperation(
                id=f"ANIM-{number + 1:03d}",
                structure=structure,
                type=kind,
                title=rng.choice(words.COOPERATIONS[kind]),
                start=start,
                end=end,
                commune=places.near(rng, structure.commune),
                partners=len(kinds) + rng.randint(0, 8),
                partner_kinds=", ".join(kinds),
            )
        )
