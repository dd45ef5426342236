"""The people, contracts and events of a synthetic federation.

What belongs here: drawing members, structures, pathways, contracts, exits, trainings, activities and cooperations, all
from one seeded generator, as facts known to somebody who has seen the whole window. What does not: what a member knew
at the end of a quarter (returns.py), and how it is written (deposits.py). No person is named: an employee is an
identifier and attributes, all invented.

Days are proleptic ordinals (int); hours are hours; pay is gross euros; an end of None means open-ended.
"""

import math
import random
from calendar import monthrange
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date
from itertools import accumulate
from pathlib import Path

import polars as pl

from sample import vocabulary as words

SNAPSHOT = Path(__file__).parents[1] / "orchestration" / "snapshots" / "communes_2026.parquet"
REGION = "28"
BASE_MEMBERS = 40
# Kinds of the 40 members at scale 1; a GES member owns several structures.
MEMBER_KINDS = ("AI",) * 24 + ("ACI",) * 7 + ("EI",) * 2 + ("ETTI",) * 3 + ("OSP",) * 2 + ("GES",) * 2
GES_KINDS = (("AI", "ACI", "ETTI"), ("AI", "ETTI", "EI"))
DEPARTMENTS = {"76": 13, "14": 9, "27": 7, "50": 6, "61": 5}
# Median number of people drawn for a structure of each kind over 12 quarters; those gone before the first are dropped.
STRUCTURE_SIZE = {"AI": 76, "ACI": 50, "EI": 38, "ETTI": 92, "OSP": 26}
LONGEST_STAY = 740  # days; people enter that long before the first quarter, so that it opens with a steady stock
INSERTION_KINDS = ("AI", "ACI", "EI", "ETTI")
ID_ALPHABET = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"


@dataclass(frozen=True)
class Window:
    """The reported quarters: labels such as 2025T3 and the ordinals of their first and last days."""

    periods: tuple[str, ...]
    starts: tuple[int, ...]
    ends: tuple[int, ...]

    @property
    def first(self) -> int:
        return self.starts[0]

    @property
    def last(self) -> int:
        return self.ends[-1]


@dataclass(slots=True)
class Structure:
    siret: str
    kind: str
    name: str
    commune: str
    naf: str
    opened: date
    size: int
    worked_hours: float = 0.0
    fte_agreed: float | None = None


@dataclass(slots=True)
class Contract:
    id: str
    parent: str | None
    rank: int
    structure: Structure
    person: str
    type: str
    start: int
    planned: int | None
    end: int | None
    weekly: float | None
    monthly_pay: float
    rome: str
    commune: str
    months: list[tuple]  # (first day of the month, month YYYY-MM, hours, pay, share of a full-time equivalent)


@dataclass(slots=True)
class Mission:
    id: str
    contract: str
    start: int
    end: int | None
    daily_hours: float
    rome: str
    commune: str


@dataclass(slots=True)
class Exit:
    person: str
    structure: Structure
    day: int
    motif: str | None
    job_day: int | None
    new_contract: str | None
    new_months: int | None


@dataclass(slots=True)
class Training:
    person: str
    start: int
    end: int
    hours: int
    certifying: bool


@dataclass(slots=True)
class Activity:
    id: str
    structure: Structure
    title: str
    nature: str
    strategy: str
    need: str
    naf: str
    start: int
    end: int | None
    end_reason: str | None
    commune: str
    fte: float
    yearly_growth: float
    anchored: bool | None
    own_siret: bool
    market: int
    non_market: int
    volunteer_hours: int


@dataclass(slots=True)
class Cooperation:
    id: str
    structure: Structure
    type: str
    title: str
    start: int
    end: int | None
    commune: str
    partners: int
    partner_kinds: str


@dataclass
class Member:
    """One member, its habits when it exports, and everything that happens in its structures."""

    siren: str
    name: str
    kind: str
    department: str
    ges: str | None
    case: str | None  # special deposit this member sends, see returns.py
    structures: list[Structure] = field(default_factory=list)
    employees: dict[str, dict] = field(default_factory=dict)  # id_salarie -> row of `salaries`
    contracts: list[Contract] = field(default_factory=list)
    missions: list[Mission] = field(default_factory=list)
    exits: list[Exit] = field(default_factory=list)
    trainings: list[Training] = field(default_factory=list)
    activities: list[Activity] = field(default_factory=list)
    cooperations: list[Cooperation] = field(default_factory=list)
    habits: dict = field(default_factory=dict)


def quarters_until(last_quarter: str, count: int) -> Window:
    """Window of `count` quarters that ends with `last_quarter` (2025T4)."""
    year, quarter = int(last_quarter[:4]), int(last_quarter[5])
    periods, starts, ends = [], [], []
    for index in range(year * 4 + quarter - count, year * 4 + quarter):
        year, quarter = divmod(index, 4)
        periods.append(f"{year}T{quarter + 1}")
        starts.append(date(year, quarter * 3 + 1, 1).toordinal())
        last_month = quarter * 3 + 3
        ends.append(date(year, last_month, monthrange(year, last_month)[1]).toordinal())
    return Window(tuple(periods), tuple(starts), tuple(ends))


def luhn_key(digits: str) -> str:
    """Digit that completes a number so that it passes the Luhn checksum."""
    total = 0
    for position, digit in enumerate(reversed(digits)):
        value = int(digit) * (2 if position % 2 == 0 else 1)
        total += value - 9 if value > 9 else value
    return str(-total % 10)


class Places:
    """Communes of the region, to draw one near another, by population."""

    def __init__(self) -> None:
        frame = pl.read_parquet(SNAPSHOT).filter(pl.col("code_region") == REGION)
        self.rows = frame.filter(pl.col("population_municipale") > 0).sort("code_commune").to_dicts()
        self.by_code = {row["code_commune"]: row for row in self.rows}
        groups: dict[str, list[dict]] = defaultdict(list)
        for row in self.rows:
            groups[row["code_epci"]].append(row)
            groups[row["code_departement"]].append(row)
        self._draws = {
            key: (
                [row["code_commune"] for row in rows],
                list(accumulate(row["population_municipale"] for row in rows)),
            )
            for key, rows in groups.items()
        }

    def near(self, rng: random.Random, commune: str) -> str:
        """The commune itself, one of its EPCI or one of its département (45, 40, 15 times in a hundred)."""
        chance = rng.random()
        if chance < 0.45:
            return commune
        row = self.by_code[commune]
        codes, weights = self._draws[row["code_epci"] if chance < 0.85 else row["code_departement"]]
        return rng.choices(codes, cum_weights=weights)[0]

    def towns(self, rng: random.Random, department: str) -> list[dict]:
        """Communes of a département in a random order that favours population; big towns come several times."""
        keyed = []
        for row in self.rows:
            population = row["population_municipale"]
            if row["code_departement"] == department and population >= 3000:
                for _ in range(1 + population // 45_000):
                    keyed.append((math.log(1 - rng.random()) / min(population, 60_000), row))
        return [row for _, row in sorted(keyed, key=lambda pair: -pair[0])]


def draw_federation(seed: int, scale: float, window: Window) -> list[Member]:
    """The whole federation: members with their structures, people, contracts and events, ready to be reported."""
    rng = random.Random(seed)
    places = Places()
    members = draw_members(rng, places, scale, window)
    _Population(rng, places, window, members).fill()
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


class _Population:
    """Draws people and what happens to them, member by member, then their moves between structures."""

    def __init__(self, rng: random.Random, places: Places, window: Window, members: list[Member]) -> None:
        self.rng = rng
        self.places = places
        self.window = window
        self.members = members
        self.person_ids: set[str] = set()
        self.passes: set[str] = set()
        self.months = _months(window)

    def fill(self) -> None:
        insertion = [member for member in self.members if member.kind != "OSP"]
        by_department: dict[str, list[Member]] = defaultdict(list)
        for member in insertion:
            by_department[member.department].append(member)
        for member in self.members:
            for structure in member.structures:
                for _ in range(structure.size):
                    entry = self.rng.randint(self.window.first - LONGEST_STAY, self.window.last - 3)
                    employee = self._employee(structure, entry)
                    end = self._pathway(member, structure, employee, entry)
                    if end is not None:
                        near = by_department[member.department]
                        self._leave(member, structure, employee, end, near if len(near) > 1 else insertion)

    def _leave(
        self,
        member: Member,
        structure: Structure,
        employee: dict,
        end: int,
        destinations: list[Member],
    ) -> None:
        """After a pathway ended on `end`: maybe a move to another structure, maybe an exit row."""
        rng, last = self.rng, self.window.last
        moved = None
        chance = rng.random()
        if member.ges and chance < 0.3:
            moved = (member, rng.choice([one for one in member.structures if one is not structure]))
        elif chance < (0.5 if member.ges else 0.2):
            other = rng.choice([one for one in destinations if one is not member])
            moved = (other, rng.choice(other.structures))
        gap = rng.choices(
            (rng.randint(-20, 0), rng.randint(1, 14), rng.randint(15, 110), rng.randint(111, 210)),
            weights=(12, 38, 35, 15),
        )[0]
        if moved and self.window.first <= end + gap <= last - 5:
            start = max(end + gap, self.window.first)
            host, target = moved
            copy = employee
            if host is not member:
                if employee["pass_iae"] is None:
                    employee["pass_iae"] = self._pass()
                copy = {**employee, "id_salarie": self._person_id(), "date_entree_parcours": start}
            second_end = self._pathway(host, target, copy, start)
            if second_end is not None:
                self._exit(host, target, copy, second_end, None)
            self._exit(member, structure, employee, end, gap)
        else:
            self._exit(member, structure, employee, end, None)

    def _exit(self, member: Member, structure: Structure, employee: dict, end: int, gap: int | None) -> None:
        """The exit row of a pathway, unless the member reports none; `gap` days lead to a known next structure."""
        rng, last = self.rng, self.window.last
        if rng.random() < member.habits["undocumented"]:
            return
        day = end if rng.random() < 0.75 else end + rng.randint(1, 15)
        if not self.window.first <= day <= last:
            return
        motif = rng.choices(list(words.MOTIF_WEIGHTS), weights=list(words.MOTIF_WEIGHTS.values()))[0]
        if gap is not None and gap < 60 and rng.random() < 0.6:
            motif = "2"
        elif gap is not None and motif in ("15", "17", "96"):
            motif = "7"
        if motif == "96":  # on the last day of a contract that this quarter lists, before the CDI inclusion begins
            day = end
        documented = rng.random() >= 0.07
        new_contract, new_months, job_day = None, None, None
        if documented and motif in words.NEW_CONTRACTS:
            new_contract, span = words.NEW_CONTRACTS[motif]
            new_months = rng.randint(*span) if span else None
            job_share = 0.3 if motif in ("1", "2") else 0.55
            if rng.random() < job_share:
                job_day = day + rng.choice((0, 1, 1, 2, 3, 5, 7, 10, 14, 21, 30, 45, 60))
        elif documented and motif == "12" and rng.random() < 0.1:
            job_day = day + rng.randint(0, 30)
        member.exits.append(
            Exit(
                employee["id_salarie"],
                structure,
                day,
                motif if documented else None,
                job_day,
                new_contract,
                new_months,
            )
        )
        if motif == "96" and documented and day + 1 <= last:
            self._contract(member, structure, employee, (day + 1, None, None, "CDII", rng.choice((20, 24, 28)), 0))

    def _person_id(self) -> str:
        while True:
            person = "SAL-" + "".join(self.rng.choices(ID_ALPHABET, k=8))
            if person not in self.person_ids:
                self.person_ids.add(person)
                return person

    def _pass(self) -> str:
        while True:
            number = "".join(self.rng.choices(ID_ALPHABET, k=5)) + f"{self.rng.randrange(10**7):07d}"
            if number not in self.passes and not number[:5].isdigit():
                self.passes.add(number)
                return number

    def _employee(self, structure: Structure, entry: int) -> dict:
        """A row of `salaries`, with dates as ordinals."""
        rng = self.rng
        insertion = structure.kind in INSERTION_KINDS
        women = {"AI": 0.62, "ACI": 0.4, "EI": 0.35, "ETTI": 0.24, "OSP": 0.88}[structure.kind]
        age = min(64, max(18, round(rng.gauss(40, 12.5))))
        long_term = insertion and rng.random() < 0.35
        brsa = rng.choices(("NON", "OUI-NM", "OUI-M"), weights=(66, 26, 8))[0] if insertion else "NON"
        return {
            "id_salarie": self._person_id(),
            "pass_iae": self._pass() if insertion and rng.random() < 0.83 else None,
            "annee_naissance": date.fromordinal(entry).year - age,
            "sexe": "F" if rng.random() < women else "H",
            "commune_residence": self.places.near(rng, structure.commune),
            "niveau_formation": rng.choices(list(words.SCHOOLING), weights=list(words.SCHOOLING.values()))[0],
            "date_entree_parcours": entry - rng.choice((0, 0, 0, 3, 7, 15, 30)) if insertion else None,
            "brsa": brsa,
            "ass": insertion and rng.random() < 0.08,
            "aah": rng.random() < 0.04,
            "deld": insertion and (long_term or rng.random() < 0.15),
            "detld": long_term and rng.random() < 0.6,
            "rqth": rng.random() < (0.12 if insertion else 0.05),
            "qpv": rng.random() < 0.18,
            "zrr": rng.random() < 0.14,
        }

    def _pathway(self, member: Member, structure: Structure, employee: dict, entry: int) -> int | None:
        """Contracts of one stay. Returns its last day when it is an insertion pathway that ended inside the window."""
        rng, window = self.rng, self.window
        drafts, insertion = _draft_contracts(rng, structure.kind, entry, member.habits["renewals"])
        kept = [draft for draft in drafts if (draft[2] is None or draft[2] >= window.first) and draft[0] <= window.last]
        if not kept:
            return None
        factor = 1 + (0 if rng.random() < 0.35 else 0.25 * rng.betavariate(1.2, 3.5))
        initial, offset = None, 0
        for start, planned, end, kind, weekly, rank in kept:
            if rank == 0:
                initial, offset = None, 0
            elif initial is None:  # the initial contract ended before the first quarter: this one opens the group
                offset = rank
            parent = initial if rank - offset > 0 else None
            made = self._contract(
                member,
                structure,
                employee,
                (start, planned, end, kind, weekly, rank - offset),
                parent=parent,
                factor=factor,
            )
            if rank - offset == 0:
                initial = made.id
        last_end = max((math.inf if draft[2] is None else draft[2]) for draft in drafts)
        if insertion and rng.random() < 0.16:
            start = rng.randint(kept[0][0], min(kept[-1][0] + 20, window.last))
            hours = rng.choice((7, 14, 14, 21, 35, 35, 70, 105, 140, 300))
            end = start + max(0, math.ceil(hours / 7 * rng.uniform(1, 2)) - 1)
            member.trainings.append(
                Training(employee["id_salarie"], start, end, hours, rng.random() < (0.5 if hours > 60 else 0.2))
            )
        return int(last_end) if insertion and last_end <= window.last else None

    def _contract(
        self,
        member: Member,
        structure: Structure,
        employee: dict,
        draft: tuple,
        *,
        parent: str | None = None,
        factor: float = 1.0,
    ) -> Contract:
        rng = self.rng
        start, planned, end, kind, weekly, rank = draft
        member.employees[employee["id_salarie"]] = employee
        rome = rng.choice(words.ROME[structure.kind])
        months = self._hours(structure, start, end, weekly, factor)
        contract = Contract(
            id=f"C{len(member.contracts) + 1:06d}",
            parent=parent,
            rank=rank,
            structure=structure,
            person=employee["id_salarie"],
            type=kind,
            start=start,
            planned=planned,
            end=end,
            weekly=weekly if structure.kind != "AI" or rng.random() > 0.05 else None,
            monthly_pay=round(weekly * 52 / 12 * words.smic_on(date.fromordinal(start)) * factor, 2),
            rome=rome,
            commune=self.places.near(rng, structure.commune),
            months=months,
        )
        member.contracts.append(contract)
        if structure.kind in ("AI", "ETTI") and end is not None:
            self._missions(member, contract, end, weekly)
        return contract

    def _hours(self, structure: Structure, start: int, end: int | None, weekly: float, factor: float) -> list[tuple]:
        """Worked hours and pay of each month of the window a contract touches; at most 9 hours a calendar day."""
        rng = self.rng
        spread = (0.55, 1.2) if structure.kind in ("AI", "ETTI") else (0.85, 1.03)
        stop = self.window.last if end is None else min(end, self.window.last)
        rows = []
        for first, last, label, smic in self.months:
            if last < start:
                continue
            if first > stop:
                break
            days = min(last, stop) - max(first, start) + 1
            hours = min(days * 9, round(max(weekly * days / 7 * rng.uniform(*spread), 1) * 4) / 4)
            if rng.random() < 0.008:  # a month of absence
                hours = 0.0
            structure.worked_hours += hours
            share = round(min(1.0, hours / 151.67), 4)
            rows.append((first, label, hours, round(hours * smic * factor, 2), share))
        return rows

    def _missions(self, member: Member, contract: Contract, end: int, weekly: float) -> None:
        """One assignment in a temp contract; up to three in a row in a contract of an AI."""
        rng = self.rng
        parts = 1
        if contract.structure.kind == "AI" and end - contract.start >= 10:
            parts = rng.choices((1, 2, 3), weights=(70, 22, 8))[0]
        cuts = sorted(rng.sample(range(contract.start + 1, end + 1), parts - 1)) if parts > 1 else []
        for first, after in zip([contract.start, *cuts], [*cuts, end + 1], strict=True):
            member.missions.append(
                Mission(
                    id=f"M{len(member.missions) + 1:06d}",
                    contract=contract.id,
                    start=first,
                    end=after - 1,
                    daily_hours=min(8.0, weekly / 7 * rng.uniform(0.7, 1.0)),
                    rome=contract.rome if rng.random() < 0.8 else rng.choice(words.ROME[contract.structure.kind]),
                    commune=contract.commune,
                )
            )


def _months(window: Window) -> list[tuple]:
    """(first day, last day, YYYY-MM, hourly SMIC) of each month of the window."""
    months, day = [], date.fromordinal(window.first)
    while day.toordinal() <= window.last:
        last = day.toordinal() + monthrange(day.year, day.month)[1] - 1
        months.append((day.toordinal(), last, f"{day.year}-{day.month:02d}", words.smic_on(day)))
        day = date.fromordinal(last + 1)
    return months


def _draft_contracts(rng: random.Random, kind: str, entry: int, renewals: bool) -> tuple[list[tuple], bool]:
    """Drafts (start, planned end, end, type, weekly hours, rank) of one stay; whether it is an insertion pathway."""
    if kind == "OSP":
        weekly = rng.choice((12, 16, 20, 24, 28, 30, 35))
        if rng.random() < 0.65:
            end = None if rng.random() < 0.6 else entry + round(rng.uniform(90, 1100))
            return [(entry, None, end, rng.choices(("CDI", "CDII"), (95, 5))[0], weekly, 0)], False
        planned = entry + rng.randint(30, 240)
        return [(entry, planned, planned, "CDD", weekly, 0)], False
    chance = rng.random()
    if chance < 0.015:  # a permanent post beside the pathways
        end = None if rng.random() < 0.6 else entry + rng.randint(60, 900)
        return [(entry, None, end, "CDI", rng.choice((24, 28, 35)), 0)], False
    if chance < 0.03:
        planned = entry + 364
        apprentice = rng.choice(("APPRENTISSAGE", "PROFESSIONNALISATION"))
        return [(entry, planned, planned, apprentice, 35, 0)], False
    if kind in ("AI", "ETTI"):
        return _short_contracts(rng, kind, entry, renewals), True
    return _renewed_contracts(rng, kind, entry), True


def _short_contracts(rng: random.Random, kind: str, entry: int, renewals: bool) -> list[tuple]:
    """Many short contracts paid by the hour, with gaps from none to over 200 days; some touch, some overlap."""
    if kind == "AI":
        mean_length, mean_gap = rng.uniform(12, 60), rng.uniform(4, 38)
        leave = entry + min(LONGEST_STAY, max(15, round(rng.lognormvariate(math.log(290), 0.75))))
        weekly = rng.choices((4, 6, 8, 10, 12, 15, 18, 20, 24, 28), (6, 9, 12, 14, 14, 14, 10, 9, 7, 5))[0]
    else:
        mean_length, mean_gap = rng.uniform(5, 26), rng.uniform(3, 24)
        leave = entry + min(LONGEST_STAY, max(10, round(rng.lognormvariate(math.log(190), 0.75))))
        weekly = rng.choice((21, 24, 28, 30, 35, 35, 35))
    drafts, start = [], entry
    while start <= leave:
        hours = max(3, round((weekly * rng.uniform(0.75, 1.25)) * 4) / 4)
        hours = min(hours, 39.0)
        if kind == "AI" and rng.random() < 0.07:
            share = 0.3 if renewals else 0.0
            drafts += _group(rng, start, "CDDI", hours, lengths=(120, 240), renewal_share=share, leave=leave)
        else:
            length = min(170, 1 + int(rng.expovariate(1 / mean_length)))
            planned = start + length - 1
            end = planned
            if length > 5 and rng.random() < 0.07:
                end = start + rng.randint(1, length - 2)
            drafts.append((start, planned, end, "CTT" if kind == "ETTI" else "CDDU", hours, 0))
        last = drafts[-1]
        chance = rng.random()
        if chance < 0.2:
            start = last[2] + 1
        elif chance < 0.28:
            start = rng.randint(last[0] + 1, last[2] + 1)
        elif chance < 0.955:
            start = last[2] + 2 + int(rng.expovariate(1 / mean_gap))
        else:
            start = last[2] + rng.randint(80, 230)
    return drafts


def _renewed_contracts(rng: random.Random, kind: str, entry: int) -> list[tuple]:
    """One group, sometimes two: an initial contract of 4 to 12 months and its renewals, up to two years."""
    leave = entry + rng.choice((180, 240, 300, 365, 365, 450, 540, 730))
    weekly = rng.choice((20, 24, 26, 26, 26, 28, 30, 35)) if kind == "ACI" else rng.choice((28, 30, 33, 35, 35))
    if kind == "ACI":
        contract = rng.choices(("CDDI", "CDDI_PHC", "CDDI_CVG"), (94, 4, 2))[0]
    else:
        contract = rng.choices(("CDDI", "CDD_TREMPLIN"), (95, 5))[0]
    drafts = _group(rng, entry, contract, weekly, lengths=(120, 365), renewal_share=0.8, leave=leave)
    if rng.random() < 0.12:
        start = drafts[-1][2] + rng.randint(15, 200)
        leave += 200
        drafts += _group(rng, start, contract, weekly, lengths=(120, 270), renewal_share=0.5, leave=leave)
    return drafts


def _group(
    rng: random.Random,
    start: int,
    kind: str,
    weekly: float,
    *,
    lengths: tuple[int, int],
    renewal_share: float,
    leave: int,
) -> list[tuple]:
    """An initial contract and its renewals, each starting the day after the previous planned end."""
    drafts = []
    for rank in range(6):
        planned = start + rng.randint(*lengths) - 1
        end = planned if rng.random() > 0.1 else rng.randint(start + 10, planned)
        drafts.append((start, planned, end, kind, weekly, rank))
        if end < planned or planned >= leave or rng.random() > renewal_share:
            break
        start = planned + 1
    return drafts


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
