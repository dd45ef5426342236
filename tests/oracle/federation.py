"""What is true of a set of returns, and what is counted in a period: rows in force, spells, transitions, groups, exits.

Here: every parameter restated by hand. Not here: what a metric divides by what (`figures.py`).
"""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from fractions import Fraction
from math import asin, cos, dist, radians, sin
from typing import NamedTuple

from .births import Births, section

Row = dict[str, str]
OPEN = date.max
DAY = timedelta(days=1)

SMIC = (  # from this day on, in cents
    (date(2022, 1, 1), 1057), (date(2022, 5, 1), 1085), (date(2022, 8, 1), 1107), (date(2023, 1, 1), 1127),
    (date(2023, 5, 1), 1152), (date(2024, 1, 1), 1165), (date(2024, 11, 1), 1188), (date(2026, 1, 1), 1202),
)  # fmt: skip
EARTH_KM = 6371.0088
MONTHLY_HOURS = Fraction(15167, 100)
ANNUAL_HOURS = defaultdict(lambda: 1607, ACI=1820, EI=1505, EITI=1505, ETTI=1600)
MONTHS_A_DAY, LEAST_MONTHS, LEAST_HOURS_A_YEAR = Fraction(328767, 10**7), Fraction(265, 100), 150
UNDOCUMENTED_AFTER = 180
SENTINELS = {date(2040, 1, 1), date(2099, 1, 1)}
STABLE = {"CDI", "CDII"}
REASONS = {"durable": "1 3 4 9 11 13", "transition": "10 14", "positive": "2 5 12", "other": "6 7 8",
           "retrait": "15 16 17 18 19 20 21 22", "apart": "96"}  # fmt: skip
TRAINING_REASONS = {"5"}
CATEGORY = {code: category for category, codes in REASONS.items() for code in codes.split()}
KEYS = {
    "structures": ("siret", "type_structure"), "salaries": ("id_salarie",), "contrats": ("id_contrat",),
    "heures": ("id_contrat", "mois"), "sorties": ("id_salarie", "siret", "type_structure"),
    "formations": ("id_salarie", "date_debut"), "activites": ("id_activite",), "cooperations": ("id_action",),
    "annexes_financieres": ("numero_annexe",),
}  # fmt: skip


class Return(NamedTuple):
    """Accepted rows of one member for one quarter; a table that it does not name was not sent."""

    siren: str
    quarter: str  # 2024T1
    tables: dict[str, list[Row]]


class Period(NamedTuple):
    type: str
    name: str
    first: date
    last: date
    quarters: tuple[str, ...]

    @property
    def years(self) -> Fraction:
        return Fraction(len(self.quarters), 4)

    def __contains__(self, day: object) -> bool:
        return isinstance(day, date) and self.first <= day <= self.last


def period(kind: str, name: str) -> Period:
    """`2024-Q3`, or the four quarters that end with it."""
    count = int(name[:4]) * 4 + int(name[-1]) - 1
    numbers = range(count - (3 if kind == "rolling_year" else 0), count + 1)
    first, after = (date(n // 4, n % 4 * 3 + 1, 1) for n in (numbers[0], count + 1))
    return Period(kind, name, first, after - DAY, tuple(f"{n // 4}T{n % 4 + 1}" for n in numbers))


@dataclass
class Fact:
    """One thing counted: how much, of whom, where; for a duration, whether its end was seen."""

    measure: str
    amount: Fraction | int
    member: str
    structure: tuple[str, str]
    person: object = None
    residence: str | None = None
    place: str | None = None
    split: dict[str, str] = field(default_factory=dict)
    days: float = 0  # or another value of a distribution
    seen: bool = True
    cause: str | None = None
    month: date | None = None
    section: str | None = None


@dataclass
class Contract:
    row: Row
    member: str
    person: object
    structure: tuple[str, str]
    start: date
    end: date  # OPEN when it has none

    def touches(self, first: date, last: date) -> bool:
        return self.start <= last and self.end >= first


@dataclass
class Transition:
    last: Contract
    ended: date
    outcome: str  # event, censored, undated
    days: int = 0
    cause: str | None = None


# --- reading cells ----------------------------------------------------------------------------------------------------


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def _end(*texts: str | None) -> date:
    """The first end that is stated; a sentinel states that there is none."""
    for text in texts:
        if text:
            return OPEN if date.fromisoformat(text) in SENTINELS else date.fromisoformat(text)
    return OPEN


def _number(text: str | None) -> Fraction | None:
    return Fraction(text) if text else None


def smic(day: date) -> Fraction:
    return Fraction(SMIC[bisect_right([first for first, _ in SMIC], day) - 1][1], 100)


def six_months_less_a_day(start: date) -> date:
    """start + 6 calendar months (31 August + 6 months is the last of February), less a day."""
    year, month = start.year + (start.month > 6), (start.month + 5) % 12 + 1
    for number in range(start.day, 0, -1):
        try:
            return date(year, month, number) - DAY
        except ValueError:
            continue
    raise AssertionError


def _age_band(born: str, day: date) -> str:
    age = day.year - int(born)
    return "under_26" if age < 26 else "26_49" if age < 50 else "50_plus"


def _on_the_globe(east: float, north: float) -> tuple[float, float, float]:
    """The point of a globe of radius 1."""
    return cos(radians(north)) * cos(radians(east)), cos(radians(north)) * sin(radians(east)), sin(radians(north))


def _with_domain(fact: Fact, c: Contract) -> Fact:
    """The same fact, which is also told by the first letter of the contract's ROME code."""
    return replace(fact, split=fact.split | {"rome_domain": _domain(c)})


def _domain(c: Contract) -> str:
    return c.row["code_rome"][0] if c.row.get("code_rome") else "unknown"


# --- the federation ---------------------------------------------------------------------------------------------------


class Federation:
    """Everything that follows from `returns`, in the order in which they were received."""

    def __init__(
        self,
        returns: Iterable[Return],
        communes: dict[str, tuple[str | None, int | None]],
        centres: dict[str, tuple[float, float]],
        births: Births | None = None,
    ) -> None:
        """`communes`: EPCI and population of each, as the geography states them. `centres`: longitude and latitude in
        degrees of those that have a centre. `births`: what Sirene says."""
        self.communes, self.centres, self.births = communes, centres, births
        kept = {}
        self.sent: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
        for number, one in enumerate(returns):
            for table, rows in one.tables.items():
                kept[one.siren, table, one.quarter] = (number, rows)
                self.sent[one.siren][table].add(one.quarter)
        current: dict[str, dict[tuple, Row]] = defaultdict(dict)
        for (siren, table, _), (_, rows) in sorted(kept.items(), key=lambda item: item[0]):  # a later quarter wins
            for row in rows:
                current[table][siren, *(row[column] for column in KEYS[table])] = row
        self.rows = current
        self.structures = {key[1:]: (key[0], row) for key, row in current["structures"].items()}
        self.contracts = self._contracts()
        self.by_id = {(c.member, c.row["id_contrat"]): c for c in self.contracts}
        self.hours = [
            (self.by_id[siren, contract], row)
            for (siren, contract, _), row in current["heures"].items()
            if (siren, contract) in self.by_id
        ]
        self.exits = [
            (siren, self._person(siren, person), (siret, kind), row)
            for (siren, person, siret, kind), row in current["sorties"].items()
            if (siren, person) in current["salaries"] and (siret, kind) in self.structures
        ]
        self.groups = self._groups()
        self.spells = self._spells()
        self.transitions = self._transitions()
        self._counted: dict[Period, dict[str, list[Fact]]] = {}

    def horizon(self, siren: str, table: str) -> date | None:
        sent = self.sent[siren][table]
        return period("quarter", max(sent).replace("T", "-Q")).last if sent else None

    def covers(self, siren: str, tables: Iterable[str], when: Period) -> bool:
        return all(set(when.quarters) <= self.sent[siren][table] for table in tables)

    def _person(self, siren: str, number: str) -> object:
        return self.rows["salaries"][siren, number].get("pass_iae") or (siren, number)

    def _stated(self, contract: Contract) -> Row:
        return self.rows["salaries"][contract.member, contract.row["id_salarie"]]

    def _entry(self, member: str, person: object) -> date | None:
        """The earliest that the member states under one of its numbers of the person."""
        stated = [
            row["date_entree_parcours"] for (siren, number), row in self.rows["salaries"].items()
            if siren == member and self._person(siren, number) == person and row.get("date_entree_parcours")
        ]  # fmt: skip
        return date.fromisoformat(min(stated)) if stated else None

    def _contracts(self) -> list[Contract]:
        found = []
        for (siren, _), row in self.rows["contrats"].items():
            place = (row["siret"], row["type_structure"])
            if (siren, row["id_salarie"]) in self.rows["salaries"] and place in self.structures:
                end = _end(row.get("date_fin_reelle"), row.get("date_fin_prevue"))
                person = self._person(siren, row["id_salarie"])
                found.append(Contract(row, siren, person, place, date.fromisoformat(row["date_debut"]), end))
        return found

    def _groups(self) -> list[list[Contract]]:
        """An initial contract and its renewals, by parent, else by rank among those of the person and structure."""
        groups: dict[tuple, list[Contract]] = {}
        opened: dict[tuple, tuple] = {}
        group_of: dict[tuple, tuple] = {}

        def rank(c: Contract) -> int:
            return int(c.row.get("rang") or 0)

        for c in sorted(self.contracts, key=lambda c: (c.start, rank(c), c.end)):
            number = (c.member, c.row["id_contrat"])
            place = (c.member, c.person, c.structure)
            parent = (c.member, c.row.get("id_contrat_parent"))
            if parent in group_of:
                mine = group_of[parent]
            elif rank(c) > 0 and place in opened:
                mine = opened[place]
            else:
                mine = opened[place] = number
            group_of[number] = mine
            groups.setdefault(mine, []).append(c)
        return list(groups.values())

    def _spells(self) -> dict[object, list[list[Contract]]]:
        by_person: dict[object, list[list[Contract]]] = defaultdict(list)
        for c in sorted(self.contracts, key=lambda c: (c.start, c.end, c.structure, int(c.row.get("rang") or 0))):
            spells = by_person[c.person]
            if spells and (until := max(x.end for x in spells[-1])) and (until == OPEN or c.start <= until + DAY):
                spells[-1].append(c)
            else:
                spells.append([c])
        return by_person

    def _transitions(self) -> list[Transition]:
        exits = defaultdict(list)
        for _, person, _, row in self.exits:
            exits[person].append(row)
        found = []
        for person, spells in self.spells.items():
            for spell, following in zip(spells, [*spells[1:], None], strict=True):
                last = max(sorted(spell, key=lambda c: c.structure), key=lambda c: (c.end, c.start))
                horizon = self.horizon(last.member, "contrats")
                if last.end < horizon:
                    opens = following[0] if following else None
                    found.append(self._outcome(last, spell[0].start, opens, horizon, exits[person]))
        return found

    @staticmethod
    def _outcome(last: Contract, began: date, opens: Contract | None, horizon: date, exits: list[Row]) -> Transition:
        ended, starts = last.end, opens.start if opens else OPEN
        candidates = []  # day, event first, duration, what it is
        if opens and starts <= horizon:
            where = "same_structure" if opens.structure == last.structure else "other_structure"
            candidates.append((starts, 0, (starts - ended).days - 1, where))
        for row in exits:
            left, job = date.fromisoformat(row["date_sortie"]), _day(row.get("date_nouvel_emploi"))
            category = CATEGORY.get(row.get("motif") or "")
            if category in ("durable", "transition") and job is None and began <= left < starts:
                return Transition(last, ended, "undated")
            if job and ended < job < starts and job <= horizon:
                where = "training" if row.get("motif") in TRAINING_REASONS else "outside_job"
                candidates.append((job, 0, (job - ended).days - 1, where))
            if category == "retrait" and ended <= left < starts and left <= horizon:
                candidates.append((left, 1, (left - ended).days, None))
        if not candidates:
            return Transition(last, ended, "censored", (horizon - ended).days)
        _, censored, days, cause = min(candidates, key=lambda found: (*found[:3], found[3] or ""))
        return Transition(last, ended, "censored" if censored else "event", days, cause)

    # --- what is counted in a period ----------------------------------------------------------------------------------

    def facts(self, when: Period) -> dict[str, list[Fact]]:
        if when not in self._counted:
            found: dict[str, list[Fact]] = defaultdict(list)
            for source in (self._of_structures, self._of_contracts, self._of_trainings, self._of_hours,
                           self._of_exits, self._of_pathways, self._of_transitions, self._of_activities,
                           self._of_cooperations):  # fmt: skip
                for fact in source(when):
                    found[fact.measure].append(fact)
            self._counted[when] = found
        return self._counted[when]

    def commune_of(self, structure: tuple[str, str], own: str | None = None) -> str | None:
        return own or self.structures[structure][1].get("commune_insee") or None

    def _maker(self, c: Contract, day: date) -> Callable[..., Fact]:
        """Facts about a contract, a person's age taken on `day`."""
        stated = self._stated(c)
        split = {"kind": c.structure[1], "sex": stated["sexe"], "age_band": _age_band(stated["annee_naissance"], day)}
        common = (c.member, c.structure, c.person, stated["commune_residence"], self.commune_of(c.structure), split)
        return lambda measure, amount=1, **more: Fact(measure, amount, *common, **more)

    def _of_structures(self, when: Period) -> Iterable[Fact]:
        worked = defaultdict(Fraction)
        for c, row in self.hours:
            if date.fromisoformat(f"{row['mois']}-01") in when:
                worked[c.structure] += _number(row["heures_travaillees"])
        for structure, (member, row) in self.structures.items():
            if date.fromisoformat(row["date_debut"]) > when.last or _end(row.get("date_fin")) < when.first:
                continue
            common = {"place": self.commune_of(structure), "split": {"kind": structure[1]}}
            yield Fact("members", 1, member, structure, **common)
            yield Fact("structures", 1, member, structure, **common)
            if agreed := _number(row.get("etp_conventionnes")):
                yield Fact("agreed_fte", agreed, member, structure, **common)
                fte = worked[structure] / ANNUAL_HOURS[structure[1]] / when.years
                yield Fact("fte_under_agreement", fte, member, structure, **common)

    def _of_contracts(self, when: Period) -> Iterable[Fact]:
        trained = {  # by the member that says so; without an end a training is its first day
            (siren, self._person(siren, person))
            for (siren, person, start), row in self.rows["formations"].items()
            if (siren, person) in self.rows["salaries"] and (_number(row.get("heures")) or 0) > 0
            and start <= when.last.isoformat() and (row.get("date_fin") or start) >= when.first.isoformat()
        }  # fmt: skip
        for c in self.contracts:
            of = self._maker(c, when.last)
            if c.touches(when.first, when.last):
                yield of("people")
                if (c.member, c.person) in trained:
                    yield of("trained")
            if c.touches(when.last, when.last):
                yield _with_domain(of("in_force"), c)
                if (apart := self._home_to_work(c)) is not None:
                    yield of("home_to_work", days=apart)
                if c.row["type_contrat"] in STABLE:
                    yield of("stable")
                if (weekly := _number(c.row.get("duree_hebdo"))) is not None:
                    yield of("stating_hours")
                    yield of("weekly_hours", weekly)
                    yield of("full_time", int(weekly >= 35))
                    yield of("under_15h", int(weekly < 15))
        for group in self.groups:
            first, last = group[0], group[-1]
            if first.start in when and int(first.row.get("rang") or 0) == 0:
                of = self._maker(first, first.start)
                yield _with_domain(of("hires"), first)
                stable = first.row["type_contrat"] in STABLE
                planned = _end(first.row.get("date_fin_prevue"))
                if stable or planned != OPEN:
                    yield of("hires_of_known_length")
                    yield of("long_hires", int(stable or planned >= six_months_less_a_day(first.start)))
                spell = next(s for s in self.spells[first.person] if first in s)
                if first is not spell[0] and spell[0] not in group:
                    yield of("moves")
                    yield of("moves_and_transitions")
            if last.end in when and last.end <= self.horizon(last.member, "contrats"):
                yield self._maker(last, last.end)("group_days", days=(last.end - first.start).days + 1)

    def _home_to_work(self, c: Contract) -> float | None:
        """Kilometres, by the straight line through the Earth."""
        work = c.row.get("commune_travail") or self.commune_of(c.structure)
        home = self._stated(c)["commune_residence"]
        if home not in self.centres or work not in self.centres:
            return None
        return 2 * EARTH_KM * asin(dist(_on_the_globe(*self.centres[home]), _on_the_globe(*self.centres[work])) / 2)

    def _of_trainings(self, when: Period) -> Iterable[Fact]:
        for (siren, number, day), row in self.rows["formations"].items():
            start = date.fromisoformat(day)
            hours = _number(row.get("heures"))
            if start not in when or not hours or (siren, number) not in self.rows["salaries"]:
                continue
            person = self._person(siren, number)
            mine = sorted((c for c in self.contracts if (c.member, c.person) == (siren, person)),
                          key=lambda c: (c.structure, _domain(c)))  # fmt: skip
            there = [c for c in mine if c.touches(start, start)] or [c for c in mine if c.start <= start]
            if there:
                chosen = max(there, key=lambda c: c.start)  # the first structure of those that start last
            elif mine:
                chosen = min(mine, key=lambda c: c.start)
            else:
                continue
            yield _with_domain(self._maker(chosen, start)("training_hours", hours), chosen)

    def _of_hours(self, when: Period) -> Iterable[Fact]:
        months: dict[tuple, dict[tuple, list]] = defaultdict(lambda: defaultdict(list))
        for c, row in self.hours:
            month = date.fromisoformat(f"{row['mois']}-01")
            if month not in when:
                continue
            hours, pay = _number(row["heures_travaillees"]), _number(row.get("salaire_brut"))
            of = self._maker(c, month)
            yield of("month_hours", hours, month=month)
            if hours:  # a month without hours counts nobody
                yield of("hours", hours)
                yield of("fte", hours / ANNUAL_HOURS[c.structure[1]])
                yield of("fte_a_year", hours / ANNUAL_HOURS[c.structure[1]] / when.years)
                yield of("years", when.years)
            if pay and hours:
                yield of("pay", pay)
                yield of("smic_pay", hours * smic(month))
            if pay:
                months[c.person, month][c.structure].append((pay, of))
        for (_, month), structures in months.items():
            paid = {structure: sum(pay for pay, _ in rows) for structure, rows in structures.items()}
            of = structures[min(paid, key=lambda s: (-paid[s], s))][0][1]
            yield of("paid_months")
            yield of("below_smic", int(sum(paid.values()) < MONTHLY_HOURS * smic(month)))

    def _of_exits(self, when: Period) -> Iterable[Fact]:
        there: dict[tuple, list[Contract]] = defaultdict(list)
        for c in self.contracts:
            there[c.member, c.person, c.structure].append(c)
        ends = [
            ((member, person, structure), date.fromisoformat(row["date_sortie"]), row.get("motif"), row["id_salarie"])
            for member, person, structure, row in self.exits
        ]
        left = {}
        for pathway, day, *_ in ends:
            left[pathway] = max(day, left.get(pathway, day))
        for pathway, contracts in there.items():
            if pathway in left and left[pathway] >= max(c.start for c in contracts):
                continue  # else they left before they came again
            last = max(contracts, key=lambda c: (c.end, c.start))
            known = [
                self.horizon(last.member, table) for table in ("contrats", "sorties")
            ]  # both must speak for the day
            if last.end < OPEN and None not in known and (min(known) - last.end).days >= UNDOCUMENTED_AFTER:
                ends.append((pathway, last.end, None, last.row["id_salarie"]))
        for pathway, day, reason, number in ends:
            member, _, structure = pathway
            contracts = there[pathway]
            category = CATEGORY[reason] if reason else "undocumented"
            if day not in when or category in ("retrait", "apart") or not self._was_present(pathway, contracts, day):
                continue
            stated = self.rows["salaries"][member, number]
            split = {"kind": structure[1], "sex": stated["sexe"], "age_band": _age_band(stated["annee_naissance"], day)}
            common = (member, structure, self._person(member, number), stated["commune_residence"],
                      self.commune_of(structure), split)  # fmt: skip
            measures = ["exits", category]
            if category != "undocumented":
                measures.append("documented")
            if category in ("durable", "transition", "positive"):
                measures.append("dynamic")
            for measure in measures:
                yield Fact(measure, 1, *common)
            if "documented" in measures and (target := self._target(structure, day)) is not None:
                yield Fact("with_target", 1, *common)
                yield Fact("over_target", int("dynamic" in measures) - target, *common)

    def _target(self, structure: tuple[str, str], day: date) -> Fraction | None:
        """Share of dynamic exits of the annexe in force that begins last, then has the greatest number."""
        asked = [
            (row["date_debut"], number, Fraction(row["taux_prev_sorties_dynamiques"]) / 100)
            for (_, number), row in self.rows["annexes_financieres"].items()
            if (row["siret"], row["type_structure"]) == structure and row["taux_prev_sorties_dynamiques"]
            and row["date_debut"] <= day.isoformat() <= row["date_fin"]
        ]  # fmt: skip
        return max(asked)[2] if asked else None

    def _of_pathways(self, when: Period) -> Iterable[Fact]:
        there: dict[tuple, list[Contract]] = defaultdict(list)
        for c in self.contracts:
            there[c.member, c.person].append(c)
        for (member, person), contracts in there.items():
            first = min(contracts, key=lambda c: (c.start, c.end, c.structure))
            entry = self._entry(member, person) or first.start
            known = [self.horizon(member, table) for table in ("contrats", "sorties")]
            if None in known or entry > min(known) or entry not in when:
                continue
            horizon = min(known)
            turns = [(c.start, 0) for c in contracts if c.row["type_contrat"] == "CDI"]
            for siren, who, _, row in self.exits:
                category = CATEGORY.get(row.get("motif") or "")
                if (siren, who) == (member, person) and category in ("durable", "retrait"):
                    turns.append((date.fromisoformat(row["date_sortie"]), int(category == "retrait")))
            day, censored = min((t for t in turns if entry <= t[0] <= horizon), default=(horizon, 1))
            yield self._maker(first, entry)("pathways", days=(day - entry).days, seen=not censored)

    def _was_present(self, pathway: tuple, contracts: list[Contract], day: date) -> bool:
        member, person, (_, kind) = pathway
        mine = {id(c) for c in contracts}
        worked = [(r["mois"], _number(r["heures_travaillees"])) for c, r in self.hours if id(c) in mine]
        total = sum(hours for _, hours in worked)
        if kind in ("AI", "ETTI"):
            return sum(hours for month, hours in worked if month[:4] == str(day.year)) >= LEAST_HOURS_A_YEAR
        if kind in ("ACI", "EI"):
            entry = self._entry(member, person)
            if entry is None or entry > day:  # it is that of another pathway
                entry = min((c.start for c in contracts), default=None)
            return entry is not None and (day - entry).days * MONTHS_A_DAY > LEAST_MONTHS and total >= 1
        return total >= 1 if kind == "EITI" else True

    def _of_transitions(self, when: Period) -> Iterable[Fact]:
        for one in self.transitions:
            if one.ended not in when:
                continue
            of = self._maker(one.last, one.ended)
            yield of("opened")
            yield of("moves_and_transitions")
            if one.outcome == "undated":
                yield of("undated")
                continue
            yield of("at_risk", days=one.days, seen=one.outcome == "event", cause=one.cause)
            yield of("censored", int(one.outcome == "censored"))
            yield of("followed", int(bool(self._stated(one.last).get("pass_iae"))))

    def _of_activities(self, when: Period) -> Iterable[Fact]:
        for (member, _), row in self.rows["activites"].items():
            structure = (row["siret"], row["type_structure"])
            split = {"kind": structure[1], "strategy": row.get("strategie") or "unknown",
                     "need": row.get("besoin") or "unknown"}  # fmt: skip
            place = self.commune_of(structure, row.get("commune"))

            def of(measure, amount=1, m=member, s=structure, p=place, b=split, **more):
                return Fact(measure, amount, m, s, place=p, split=b, **more)

            start, end = date.fromisoformat(row["date_debut"]), _end(row.get("date_fin"))
            horizon = self.horizon(member, "activites")
            if start in when:
                seen = end <= horizon
                days = ((end if seen else horizon) - start).days
                yield of("started", days=days, seen=seen, section=section(row.get("naf")))
                yield of("net", 1)
                yield of("taken_over", int(row.get("nature") == "reprise"))
                yield of("fte_start", _number(row.get("etp_initial")) or 0)
            if end in when:
                yield of("ended")
                yield of("net", -1)
            if start <= when.last <= end:
                yield of("stock")
                yield of("fte_now", _number(row.get("etp_actuel")) or 0)
                if row.get("non_delocalisable"):
                    yield of("stating_roots")
                    yield of("rooted", int(row["non_delocalisable"] == "oui"))
                market = _number(row.get("ressources_marchandes_eur")) or 0
                other = _number(row.get("ressources_non_marchandes_eur")) or 0
                unpaid = (_number(row.get("benevolat_heures")) or 0) * smic(when.last)
                parts = {"market": market, "non_market": other, "volunteer": unpaid}
                if not any(parts.values()):
                    continue  # who has none is not in the denominator
                for measure, amount in (parts | {"resources": market + other + unpaid}).items():
                    yield of(measure, amount)

    def _of_cooperations(self, when: Period) -> Iterable[Fact]:
        for (member, _), row in self.rows["cooperations"].items():
            structure = (row["siret"], row["type_structure"])
            place = self.commune_of(structure, row.get("commune"))
            start, end = date.fromisoformat(row["date_debut"]), _end(row.get("date_fin"))
            common = {"place": place, "split": {"kind": structure[1], "action_type": row["type"]}}
            if start in when:
                yield Fact("begun", 1, member, structure, **common)
                yield Fact("partners", int(row.get("nb_partenaires") or 0), member, structure, **common)
            if row["type"] == "instance" and start <= when.last <= end:
                yield Fact("seats", 1, member, structure, **common)
            if start <= when.last and end >= when.first:
                yield Fact("active", 1, member, structure, **common)
