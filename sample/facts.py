"""What is true in a synthetic federation: the shapes of its members, contracts, events and of the window reported.

Here: dataclasses. Not here: how they are drawn (`federation.py`, `pathways.py`), what a member knew of them at the end
of a quarter (`returns.py`). No person is named: an employee is an identifier and attributes, all invented.

Days are proleptic ordinals (int); hours are hours; pay is gross euros; an end of None means open-ended.
"""

from calendar import monthrange
from dataclasses import dataclass, field
from datetime import date


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
