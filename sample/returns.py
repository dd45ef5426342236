"""What one member's return of one quarter lists, and the returns that are wrong on purpose.

What belongs here: the choice of rows (what was true in the quarter, known at its end), the rows of each table in the
order of the layouts, and the deliberate mistakes. What does not: the facts themselves (federation.py), file formats
(deposits.py).

A row is a tuple in the column order of vocabulary.TABLE_COLUMNS, with dates as `date`, numbers as int or float, yes/no
as bool, text as str, nothing as None; how these are written depends on the layout.
"""

import random
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta

from sample import vocabulary as words
from sample.facts import Activity, Contract, Exit, Member, Structure, Window

OPEN_ENDED = date(2099, 1, 1)
MODEL_VERSION = 1


@dataclass(frozen=True)
class WrongRow:
    """A row that must be quarantined: table, key as written, column at fault, what is wrong with it."""

    table: str
    key: str
    column: str
    problem: str


@dataclass
class Return:
    """One return: table -> rows, still free of any file format. Hours in hours, pay in euros."""

    member: Member
    period: str
    extracted: date
    tables: dict[str, list[tuple]]
    suffix: str = ""  # appended to the file name: a correction, a copy
    case: str | None = None
    verdict: str = "accepted"
    wrong: list[WrongRow] = field(default_factory=list)

    def summary(self) -> list[tuple]:
        """Rows (champ, valeur) of the table `remontee`; control totals are those of the rows as written."""
        habits = self.member.habits
        rows: list[tuple] = [
            ("siren_adherent", self.member.siren),
            ("periode", self.period),
            ("version_modele", MODEL_VERSION),
            ("date_extraction", self.extracted),
        ]
        if habits["row_totals"]:
            rows += [(f"lignes_{table}", len(lines)) for table, lines in self.tables.items()]
        if habits["hour_total"]:
            rows.append(("heures_total", round(sum(row[2] for row in self.tables["heures"]), 2)))
        return rows


def draw_returns(rng: random.Random, window: Window, member: Member) -> Iterator[Return]:
    """Every return of a member, oldest first; a corrected return follows the one it replaces."""
    drafts = [
        _list_period(rng, window, member, index, rows)
        for index, rows in enumerate(_spread_over_periods(window, member))
    ]
    index = {"refused": len(drafts) // 2, "correction": max(0, len(drafts) - 3), "repeat": len(drafts) - 1}
    chosen = index.get(member.case or "")
    if member.case == "partial":  # the quarter with most exits: one wrong row stays under the budget of the table
        chosen = max(range(len(drafts)), key=lambda one: len(drafts[one].tables["sorties"]))
    for position, draft in enumerate(drafts):
        if position != chosen:
            yield draft
        elif member.case == "partial":
            yield spoil_some(draft)
        elif member.case == "refused":
            yield spoil_most(draft)
        elif member.case == "correction":
            yield from correct(rng, window.ends[position], draft)
        else:
            yield draft
            yield Return(member, draft.period, draft.extracted, draft.tables, "_copie", "repeat", "repeat", draft.wrong)


def _spread_over_periods(window: Window, member: Member) -> list[dict[str, list]]:
    """For each quarter, the facts it touches, by table. One pass over the facts, not one a quarter."""
    spread: list[dict[str, list]] = [
        {name: [] for name in ("contrats", "missions", "sorties", "formations", "activites", "cooperations")}
        for _ in window.periods
    ]

    def place(table: str, fact: object, start: int, end: int | None) -> None:
        low = bisect_left(window.ends, start)
        high = len(window.periods) if end is None else bisect_right(window.starts, end)
        for index in range(low, high):
            spread[index][table].append(fact)

    for contract in member.contracts:
        place("contrats", contract, contract.start, contract.end)
    for mission in member.missions:
        place("missions", mission, mission.start, mission.end)
    for leaving in member.exits:
        place("sorties", leaving, leaving.day, leaving.day)
    for training in member.trainings:
        place("formations", training, training.start, training.end)
    for activity in member.activities:
        place("activites", activity, activity.start, activity.end)
    for action in member.cooperations:
        place("cooperations", action, action.start, action.end)
    return spread


def _day(ordinal: int | None) -> date | None:
    return None if ordinal is None else date.fromordinal(ordinal)


def _known(ordinal: int | None, until: int) -> date | None:
    """An end date as it stood on a day: empty while it lies ahead."""
    return None if ordinal is None or ordinal > until else date.fromordinal(ordinal)


def _list_period(rng: random.Random, window: Window, member: Member, index: int, facts: dict[str, list]) -> Return:
    """The return of quarter `index`: nothing in it was known later than its extraction."""
    first, last = window.starts[index], window.ends[index]
    extracted = last + rng.randint(1, 20)
    habits = member.habits
    tables: dict[str, list[tuple]] = {name: [] for name in words.TABLE_COLUMNS}
    people: set[str] = set()

    for contract in facts["contrats"]:
        people.add(contract.person)
        tables["contrats"].append(_contract_row(contract, last, habits))
        for day, month, hours, pay, share in contract.months:
            if first <= day <= last:
                tables["heures"].append((contract.id, month, hours, pay, share if habits["fte_share"] else None))
    for mission in facts["missions"]:
        stop = last if mission.end is None else min(mission.end, last)
        hours = max(0.5, round((stop - mission.start + 1) * mission.daily_hours * 4) / 4)
        tables["missions"].append(
            (
                mission.id,
                mission.contract,
                _day(mission.start),
                _known(mission.end, last),
                hours,
                mission.rome,
                mission.commune,
            )
        )
    for leaving in facts["sorties"]:
        people.add(leaving.person)
        tables["sorties"].append(_exit_row(rng, leaving, extracted, habits))
    for training in facts["formations"]:
        people.add(training.person)
        elapsed = (min(training.end, last) - training.start + 1) / (training.end - training.start + 1)
        tables["formations"].append(
            (
                training.person,
                _day(training.start),
                _known(training.end, last),
                max(1, round(training.hours * elapsed)),
                training.certifying,
            )
        )
    for activity in facts["activites"]:
        tables["activites"].append(_activity_row(activity, last, habits))
    for action in facts["cooperations"]:
        tables["cooperations"].append(
            (
                action.id,
                action.structure.siret,
                action.structure.kind,
                action.type,
                action.title,
                _day(action.start),
                _known(action.end, last),
                action.commune,
                action.partners,
                action.partner_kinds,
            )
        )
    tables["salaries"] = [_employee_row(row) for person, row in member.employees.items() if person in people]
    tables["structures"] = [
        (
            one.siret,
            one.kind,
            one.name,
            one.commune,
            _naf(one.naf, habits),
            one.opened,
            None,
            one.fte_agreed,
            member.ges,
        )
        for one in member.structures
    ]
    year = date.fromordinal(first).year
    under_annex = [one for one in member.structures if one.kind in words.EXIT_TARGETS]
    tables["annexes_financieres"] = [_annex_row(one, year) for one in under_annex]
    return Return(member, window.periods[index], date.fromordinal(extracted), tables)


def _annex_row(structure: Structure, year: int) -> tuple:
    """What a structure agreed with the State for a year: around what its kind usually does, the same every quarter."""
    own = int(structure.siret[:9])
    number = f"{structure.kind}0{structure.commune[:2]}{year % 100:02}{own % 10_000:04}"
    dynamic = words.EXIT_TARGETS[structure.kind] + own % 3 * 5 - 5
    durable, transition = dynamic * 2 // 5, dynamic // 4
    targets = (dynamic, durable, transition, dynamic - durable - transition)
    dates = (date(year, 1, 1), date(year, 12, 31))
    return (number, structure.siret, structure.kind, *dates, structure.fte_agreed, *targets)


def _naf(code: str, habits: dict) -> str:
    return code if habits["naf_dot"] else code.replace(".", "")


def _employee_row(employee: dict) -> tuple:
    row = {**employee, "date_entree_parcours": _day(employee["date_entree_parcours"])}
    return tuple(row[column] for column in words.TABLE_COLUMNS["salaries"])


def _contract_row(contract: Contract, last: int, habits: dict) -> tuple:
    planned = _day(contract.planned)
    if planned is None and habits["sentinel"]:
        planned = OPEN_ENDED
    return (
        contract.id,
        contract.parent if habits["parent_ids"] else None,
        contract.rank,
        contract.structure.siret,
        contract.structure.kind,
        contract.person,
        contract.type,
        _day(contract.start),
        planned,
        _known(contract.end, last),
        contract.weekly,
        contract.monthly_pay,
        contract.rome,
        contract.commune,
    )


def _exit_row(rng: random.Random, leaving: Exit, extracted: int, habits: dict) -> tuple:
    motif = leaving.motif
    if motif and (habits["motif"] == "label" or (habits["motif"] == "mixed" and rng.random() < 0.5)):
        motif = words.MOTIF_LABELS[motif]
    after_three_months = None
    if leaving.day + 92 <= extracted and rng.random() < 0.6:
        after_three_months = "EMPLOI" if leaving.new_contract else rng.choice(("CHOMAGE", "INACTIF", "FORMATION"))
    return (
        leaving.person,
        leaving.structure.siret,
        leaving.structure.kind,
        _day(leaving.day),
        motif,
        _known(leaving.job_day, extracted),
        leaving.new_contract,
        leaving.new_months,
        after_three_months,
        None,
    )


def _activity_row(activity: Activity, last: int, habits: dict) -> tuple:
    until = last if activity.end is None else min(last, activity.end)
    years = max(0, until - activity.start) // 91 / 4  # grows by steps of a quarter
    growth = (1 + activity.yearly_growth) ** years
    ended = activity.end is not None and activity.end <= last
    return (
        activity.id,
        activity.structure.siret,
        activity.structure.kind,
        activity.title,
        activity.nature,
        activity.strategy,
        activity.need,
        _naf(activity.naf, habits),
        _day(activity.start),
        _known(activity.end, last),
        activity.end_reason if ended else None,
        activity.commune,
        activity.fte,
        round(activity.fte * growth, 2),
        activity.anchored,
        activity.structure.siret if activity.own_siret else None,
        round(activity.market * growth, -1),
        round(activity.non_market * growth, -1),
        activity.volunteer_hours,
    )


def spoil_some(draft: Return) -> Return:
    """Partial: four wrong rows, in three tables. Nothing refers to them: the wrong contracts are added ones."""
    contracts, hours, exits = draft.tables["contrats"], draft.tables["heures"], draft.tables["sorties"]
    columns = words.TABLE_COLUMNS["contrats"]
    model = dict(zip(columns, next(row for row in contracts if row[6] == "CDDU"), strict=True))
    model |= {"id_contrat_parent": None, "rang": 0}
    backwards = model | {"id_contrat": "C900001", "date_fin_reelle": model["date_debut"] - timedelta(days=10)}
    unknown = model | {"id_contrat": "C900002", "type_contrat": "CDXX"}
    contracts += [tuple(row[column] for column in columns) for row in (backwards, unknown)]
    contract, month, *rest = hours[len(hours) // 2]
    hours[len(hours) // 2] = (contract, month, 800.0, *rest[1:])
    draft.wrong = [
        WrongRow("contrats", "C900001", "date_fin_reelle", "end before start"),
        WrongRow("contrats", "C900002", "type_contrat", "unknown contract type"),
        WrongRow("heures", f"{contract} {month}", "heures_travaillees", "more than 24 hours a day"),
    ]
    if len(exits) > 10:
        exits[0] = (*exits[0][:4], "Z9", *exits[0][5:])
        draft.wrong.append(WrongRow("sorties", " ".join(exits[0][:3]), "motif", "unknown exit reason"))
    draft.case, draft.verdict = "partial", "partial"
    return draft


def spoil_most(draft: Return) -> Return:
    """Refused: four contracts and four months of hours in five are wrong."""
    contracts, hours = draft.tables["contrats"], draft.tables["heures"]
    for index, row in enumerate(contracts):
        if index % 5:
            contracts[index] = (*row[:9], row[7] - timedelta(days=7), *row[10:])
            draft.wrong.append(WrongRow("contrats", row[0], "date_fin_reelle", "end before start"))
    for index, row in enumerate(hours):
        if index % 5:
            hours[index] = (*row[:2], 900.0 + index, *row[3:])
            draft.wrong.append(
                WrongRow("heures", f"{row[0]} {row[1]}", "heures_travaillees", "more than 24 hours a day")
            )
    draft.case, draft.verdict = "refused", "refused"
    return draft


def correct(rng: random.Random, period_end: int, draft: Return) -> Iterator[Return]:
    """A valid return with half as many weekly hours again, then the right one, extracted later."""
    early = date.fromordinal(period_end + rng.randint(1, 8))
    wrong = dict(draft.tables)
    wrong["contrats"] = [
        (*row[:10], None if row[10] is None else min(59.0, round(row[10] * 1.5, 2)), *row[11:])
        for row in draft.tables["contrats"]
    ]
    wrong["sorties"] = [  # what was not known yet on the earlier day
        (*row[:5], None if row[5] is None or row[5] > early else row[5], *row[6:8], None, None)
        for row in draft.tables["sorties"]
    ]
    yield Return(draft.member, draft.period, early, wrong, "", "superseded")
    late = max(draft.extracted, date.fromordinal(period_end + rng.randint(12, 20)))
    yield Return(draft.member, draft.period, late, draft.tables, "_correction", "correction")
