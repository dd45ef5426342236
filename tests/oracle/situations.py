"""Situations in which figures easily go wrong, and how often a federation is in each.

Here: what must be drawn for the comparison to be worth something. Not here: how it is drawn (`cases.py`), figures.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import date
from itertools import combinations, pairwise

from .federation import CATEGORY, DAY, MONTHLY_HOURS, OPEN, Federation, Period, Return, period, smic
from .figures import DISTRIBUTIONS, GAPS, RATIOS, Cell

PAIRS = ("contracts overlap", "contracts share one day", "contracts touch", "one day between contracts",
         "contracts begin the same day", "a contract inside another")  # fmt: skip
ENDS = (
    "open end",
    "sentinel",
    "sentinel for a real end",
    "end on the horizon",
    "end the day before the horizon",
    "end after the horizon",
)
RETURNS = ("correction at once", "correction last of all", "a quarter missing", "a table left out")
PEOPLE = (
    "followed at two members", "not followed at two members", "hired at a member under two numbers",
    "hired in a structure under two numbers", "left under two numbers", "two entries stated", "two communes of hours",
    "26 that year", "50 that year", "a month's pay just at the SMIC",
)  # fmt: skip
WAITS = (
    "same_structure", "other_structure", "outside_job", "training", "undated", "censored by a withdrawal",
    "censored at the horizon", "next start on the horizon", "next start after the horizon", "job after the horizon",
    "job on the day of a withdrawal", "job on the last day of work", "job or start of the same wait",
    "last ends in two structures", "undated exit on the next start",
    *(f"waited {days} days" for days in (0, 7, 30, 90, 180)),
)  # fmt: skip
STRATA = (
    "risk set of one", "risk set of several", "several days of events", "several causes", "last known on day 180",
    "last known on day 179", "all gone before 180", "not known at 180",
)  # fmt: skip
PATHWAYS = ("stated entry", "durable on the entry's day", "durable exit first", "CDI first", "withdrawn first",
            "CDII begun", "turn after the horizon", "contract before the entry", "pathways with a band")  # fmt: skip
EXITS = (
    "gone for 180 days", "gone for 179 days", "left again without an exit", "entry after the exit",
    "too short a presence", "undocumented exit", "withdrawn exit", "one annexe in force", "two annexes in force",
    "the later annexe states nothing", "exit without annexe",
)  # fmt: skip
TRAININGS = ("training in a contract", "training between contracts", "training before the first",
             "training on a contract's last day", "training in two contracts", "training without hours")  # fmt: skip
ACTIVITIES = ("activity in progress", "activity ended on the horizon", "activity ended before the horizon")
DENOMINATORS = tuple(
    f"{what} of {metric}"
    for metric, (*_, tables, _) in RATIOS.items()
    for what in ("zero", "value")
    if not (what == "zero" and metric in ("fte_realised",))
)
SITUATIONS = (*PAIRS, *ENDS, *RETURNS, *PEOPLE, *WAITS, *STRATA, *PATHWAYS, *EXITS, *TRAININGS, *ACTIVITIES,
              *DENOMINATORS,
              *(f"gap of {metric}" for metric in GAPS),
              *(f"value of {metric}" for metric in DISTRIBUTIONS))  # fmt: skip


def situations(federation: Federation, sent: list[Return], communes: tuple[str, ...]) -> Counter:
    found = Counter(_of_contracts(federation))
    for part in (_of_returns(sent), _of_waits(federation), _of_pathways(federation), _of_exits(federation),
                 _of_trainings(federation), _of_activities(federation), _of_people(federation)):  # fmt: skip
        found.update(part)
    for quarter in sorted({one.quarter for one in sent}):
        for kind in ("quarter", "rolling_year"):
            for commune in communes:
                found.update(_of_cell(federation, period(kind, quarter.replace("T", "-Q")), commune))
    return found


def _of_contracts(federation: Federation) -> Iterator[str]:
    by_person = defaultdict(list)
    for c in federation.contracts:
        by_person[c.person].append(c)
        horizon = federation.horizon(c.member, "contrats")
        yield from ["open end"] * (c.end == OPEN)
        real = c.row["date_fin_reelle"]
        yield from ["sentinel"] * (c.end == OPEN and not real and bool(c.row["date_fin_prevue"]))
        yield from ["sentinel for a real end"] * (c.end == OPEN and bool(real))
        yield from ["end on the horizon"] * (c.end == horizon)
        yield from ["end the day before the horizon"] * (c.end < OPEN and c.end + DAY == horizon)
        yield from ["end after the horizon"] * (horizon < c.end < OPEN)
    for mine in by_person.values():
        for one, other in combinations(sorted(mine, key=lambda c: (c.start, c.end)), 2):
            yield from ["contracts begin the same day"] * (one.start == other.start)
            if one.end == OPEN:
                continue
            yield from ["contracts overlap"] * (one.start < other.start < one.end)
            yield from ["contracts share one day"] * (one.start < other.start == one.end)
            yield from ["contracts touch"] * (other.start == one.end + DAY)
            yield from ["one day between contracts"] * (other.start == one.end + 2 * DAY)
            yield from ["a contract inside another"] * (one.start < other.start and other.end < one.end)


def _of_returns(sent: list[Return]) -> Iterator[str]:
    last: dict[tuple[str, str], int] = {}
    for number, one in enumerate(sent):
        earlier = last.get((one.siren, one.quarter))
        if earlier is not None and sent[earlier].tables != one.tables:
            yield "correction at once" if earlier == number - 1 else "correction last of all"
        last[one.siren, one.quarter] = number
        yield from ["a table left out"] * (len(one.tables) < 9)
    for siren in {one.siren for one in sent}:
        numbers = sorted({int(q[:4]) * 4 + int(q[-1]) for s, q in last if s == siren})
        yield from ["a quarter missing"] * any(b > a + 1 for a, b in pairwise(numbers))


def _of_people(federation: Federation) -> Iterator[str]:
    at, numbers = defaultdict(set), defaultdict(set)
    for c in federation.contracts:
        (at if federation._stated(c).get("pass_iae") else numbers)[c.row["id_salarie"]].add(c.member)
        for year, age in ((26, "26 that year"), (50, "50 that year")):
            born = int(federation._stated(c)["annee_naissance"])
            yield from [age] * any(c.touches(date(y, 1, 1), date(y, 12, 31)) for y in (2024, 2025) if y - born == year)
    yield from ["followed at two members"] * sum(len(members) > 1 for members in at.values())
    yield from ["not followed at two members"] * sum(len(members) > 1 for members in numbers.values())
    hired, stayed, left, entries = (defaultdict(set) for _ in range(4))
    for c in federation.contracts:
        hired[c.member, c.person].add(c.row["id_salarie"])
        stayed[c.person, c.structure].add(c.row["id_salarie"])
        entries[c.member, c.person].add(federation._stated(c).get("date_entree_parcours") or None)
    for _, person, structure, row in federation.exits:
        left[person, structure].add(row["id_salarie"])
    for what, numbers in {"hired at a member": hired, "hired in a structure": stayed, "left": left}.items():
        yield from [f"{what} under two numbers"] * any(len(some) > 1 for some in numbers.values())
    yield from ["two entries stated"] * any(len(some - {None}) > 1 for some in entries.values())
    communes = defaultdict(set)
    for c, row in federation.hours:
        communes[c.person].add(federation.commune_of(c.structure))
        least = MONTHLY_HOURS * smic(date.fromisoformat(f"{row['mois']}-01"))
        close = row.get("salaire_brut") and abs(int(float(row["salaire_brut"])) - least) <= 2
        yield from ["a month's pay just at the SMIC"] * bool(close)
    yield from ["two communes of hours"] * sum(len(some) > 1 for some in communes.values())


def _of_waits(federation: Federation) -> Iterator[str]:
    for one in federation.transitions:
        horizon = federation.horizon(one.last.member, "contrats")
        starts = [c.start for c in federation.contracts if c.person == one.last.person and c.start > one.ended]
        jobs = [
            row["date_nouvel_emploi"]
            for _, person, _, row in federation.exits
            if person == one.last.person and row.get("date_nouvel_emploi")
        ]
        if one.outcome == "censored":
            early = one.ended + one.days * DAY < horizon
            yield "censored by a withdrawal" if early else "censored at the horizon"
        else:
            yield one.cause or one.outcome
        yield f"waited {one.days} days"
        ending = {(c.start, c.structure) for c in federation.contracts
                  if c.person == one.last.person and c.end == one.ended}  # fmt: skip
        yield from ["last ends in two structures"] * (len(dict(ending)) > 1 and len({s for _, s in ending}) > 1)
        yield from ["next start on the horizon"] * (min(starts, default=None) == horizon)
        yield from ["next start after the horizon"] * (min(starts, default=horizon) > horizon)
        yield from ["job after the horizon"] * any(job > horizon.isoformat() for job in jobs if not starts)
        yield from ["job on the day of a withdrawal"] * (one.outcome == "event" and any(
            CATEGORY.get(row.get("motif") or "") == "retrait" and person == one.last.person
            and row["date_sortie"] == (one.ended + (one.days + 1) * DAY).isoformat()
            for _, person, _, row in federation.exits))  # fmt: skip
        yield from ["undated exit on the next start"] * (one.outcome != "undated" and any(
            CATEGORY.get(row.get("motif") or "") in ("durable", "transition") and not row.get("date_nouvel_emploi")
            and person == one.last.person and row["date_sortie"] == min(starts, default=OPEN).isoformat()
            for _, person, _, row in federation.exits))  # fmt: skip
        yield from ["job on the last day of work"] * (one.ended.isoformat() in jobs)
        yield from ["job or start of the same wait"] * any(one.ended.isoformat() < job for job in jobs if starts)


def _of_pathways(federation: Federation) -> Iterator[str]:
    there = defaultdict(list)
    for c in federation.contracts:
        there[c.member, c.person].append(c)
    for (member, person), mine in there.items():
        stated = [row["date_entree_parcours"] for (siren, number), row in federation.rows["salaries"].items()
                  if siren == member and federation._person(siren, number) == person]  # fmt: skip
        first = min(c.start for c in mine)
        entry = date.fromisoformat(max(stated)) if any(stated) else first
        horizon = min(federation.horizon(member, t) or date.min for t in ("contrats", "sorties"))
        turns = [(c.start, "CDI first") for c in mine if c.row["type_contrat"] == "CDI"]
        for siren, who, _, row in federation.exits:
            category = CATEGORY.get(row.get("motif") or "")
            if (siren, who) == (member, person) and category in ("durable", "retrait"):
                what = "durable exit first" if category == "durable" else "withdrawn first"
                turns.append((date.fromisoformat(row["date_sortie"]), what))
        turns = sorted(turn for turn in turns if turn[0] >= entry)
        yield from ["stated entry"] * any(stated)
        yield from ["contract before the entry"] * (first < entry)
        yield from ["CDII begun"] * any(c.row["type_contrat"] == "CDII" for c in mine)
        if turns:
            yield turns[0][1] if turns[0][0] <= horizon else "turn after the horizon"
            yield from ["durable on the entry's day"] * (turns[0][0] == entry and turns[0][1] != "withdrawn first")


def _of_exits(federation: Federation) -> Iterator[str]:
    told = defaultdict(str)
    for siren, person, structure, row in federation.exits:
        told[siren, person, structure] = max(told[siren, person, structure], row["date_sortie"])
    gone: dict[tuple, date] = defaultdict(lambda: date.min)
    last_start: dict[tuple, date] = defaultdict(lambda: date.min)
    for c in federation.contracts:
        pathway = (c.member, c.person, c.structure)
        gone[pathway], last_start[pathway] = max(gone[pathway], c.end), max(last_start[pathway], c.start)
    for pathway, day in gone.items():
        is_told = told[pathway] >= last_start[pathway].isoformat()
        silently = bool(told[pathway]) and not is_told
        horizon = min(federation.horizon(pathway[0], table) or date.min for table in ("contrats", "sorties"))
        for days in (179, 180):
            yield from [f"gone for {days} days"] * (not is_told and (horizon - day).days == days)
        yield from ["left again without an exit"] * (silently and (horizon - day).days >= 180)
    for siren, person, structure, row in federation.exits:
        day, category = row["date_sortie"], CATEGORY.get(row.get("motif") or "")
        pathway = (siren, person, structure)
        mine = [c for c in federation.contracts if (c.member, c.person, c.structure) == pathway]
        entry = federation._entry(siren, person)
        yield from ["entry after the exit"] * (entry is not None and entry.isoformat() > day)
        yield from ["undocumented exit"] * (category is None)
        yield from ["withdrawn exit"] * (category == "retrait")
        yield from ["too short a presence"] * (not federation._was_present(pathway, mine, date.fromisoformat(day)))
        annexes = sorted(
            (asked["date_debut"], asked["taux_prev_sorties_dynamiques"])
            for asked in federation.rows["annexes_financieres"].values()
            if (asked["siret"], asked["type_structure"]) == structure
            and asked["date_debut"] <= day <= asked["date_fin"]
        )
        if not annexes:
            yield "exit without annexe"
        else:
            yield "one annexe in force" if len(annexes) == 1 else "two annexes in force"
            yield from ["the later annexe states nothing"] * (len(annexes) > 1 and not annexes[-1][1])


def _of_trainings(federation: Federation) -> Iterator[str]:
    for (siren, number, day), row in federation.rows["formations"].items():
        start, person = date.fromisoformat(day), federation._person(siren, number)
        mine = [c for c in federation.contracts if (c.member, c.person) == (siren, person)]
        there = [c for c in mine if c.touches(start, start)]
        if not row["heures"] or float(row["heures"]) == 0:
            yield "training without hours"
        elif there:
            yield "training in two contracts" if len(there) > 1 else "training in a contract"
            yield from ["training on a contract's last day"] * any(c.end == start for c in there)
        elif mine:
            yield "training between contracts" if min(c.start for c in mine) < start else "training before the first"


def _of_activities(federation: Federation) -> Iterator[str]:
    for (siren, _), row in federation.rows["activites"].items():
        horizon, end = federation.horizon(siren, "activites"), row.get("date_fin")
        if horizon is None or not end or end > horizon.isoformat():
            yield "activity in progress"
        else:
            yield f"activity ended {'on' if end == horizon.isoformat() else 'before'} the horizon"


def _of_cell(federation: Federation, when: Period, commune: str) -> Iterator[str]:
    cell = Cell(federation, when, {commune}, "structure", "all", "all")
    risk = cell.facts("at_risk", ("contrats",))
    if risk:
        longest, last = max(fact.days for fact in risk), max(risk, key=lambda fact: (fact.days, not fact.seen))
        yield "risk set of one" if len(risk) == 1 else "risk set of several"
        yield from ["several days of events"] * (len({fact.days for fact in risk if fact.seen}) > 1)
        yield from ["several causes"] * (len({fact.cause for fact in risk if fact.seen}) > 1)
        yield from [f"last known on day {longest}"] * (longest in (179, 180) and not last.seen)
        yield from [("all gone before 180" if last.seen else "not known at 180")] * (longest < 180)
    yield from ["pathways with a band"] * (cell.figure("first_durable_days_p50").ci_low is not None)
    for metric in RATIOS:
        figure = cell.figure(metric)
        yield from [f"zero of {metric}"] * (figure.denominator == 0)
        yield from [f"value of {metric}"] * (figure.value is not None)
    for metric in DISTRIBUTIONS:
        if metric != "transition_incidence_180d":
            yield from [f"value of {metric}"] * (cell.figure(metric).value is not None)
    for cause in ("same_structure", "other_structure", "outside_job", "training"):
        share = Cell(federation, when, {commune}, "structure", "destination", cause)
        yield from ["value of transition_incidence_180d"] * bool(share.figure("transition_incidence_180d").value)
    for metric in GAPS:
        yield from [f"gap of {metric}"] * bool(cell.figure(metric).value)
