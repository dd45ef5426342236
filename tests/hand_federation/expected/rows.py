"""Rows of `fct_territory_metric` as they are written down by hand: cells, periods, and a function a shape of figure.

Here: how an expected row is written. Not here: the rows (`employment.py`, `transitions.py`, `activities.py`). `None` is
null, `...` is not asserted. Nothing here is read from a warehouse.

Cells. On the basis `structure` one member is one commune, and one kind:
  A    ALPHA    Rouen                    B    BRAVO  Le Havre, also its EPCI
  C    CHARLIE  Sotteville               AC   EPCI of Rouen (Rouen and Sotteville)
  ALL  département 76 and France
Days of 2024 are numbered from 1 (1 January) to 366, those of 2025 from 367; 31 March 2025 is day 456.
"""

from math import sqrt
from types import EllipsisType
from typing import NamedTuple

Figure = float | None | EllipsisType
Code = str | EllipsisType


class Cell(NamedTuple):
    """Where a figure stands. France has one territory, `all` one category: their codes are not asserted."""

    territory_level: str
    territory_code: Code = ...
    basis: str = "structure"
    breakdown: str = "all"
    category: Code = ...


class Row(NamedTuple):
    territory_level: str
    territory_code: Code
    period_type: str
    period: str
    basis: str
    breakdown: str
    category: Code
    metric: str
    numerator: Figure
    denominator: Figure
    value: Figure
    ci_low: Figure
    ci_high: Figure
    people_count: Figure
    structure_count: Figure
    status: str | EllipsisType


Cells = list[Cell]
Period = tuple[str, str]

Q1, Q2, Q3, Q4, Q5 = (("quarter", q) for q in ("2024-Q1", "2024-Q2", "2024-Q3", "2024-Q4", "2025-Q1"))
Y24: Period = ("rolling_year", "2024-Q4")  # 2024: all three members
Y25: Period = ("rolling_year", "2025-Q1")  # April 2024 to March 2025: CHARLIE does not cover it

ROUEN, LE_HAVRE, SOTTEVILLE = (Cell("commune", code) for code in ("76540", "76351", "76681"))
PETIT_QUEVILLY = Cell("commune", "76498")
EPCI_ROUEN, EPCI_LE_HAVRE = Cell("epci", "200023414"), Cell("epci", "200084952")
SEINE_MARITIME, FRANCE = Cell("departement", "76"), Cell("france")


def of_kind(kind: str) -> Cell:
    return Cell("france", breakdown="kind", category=kind)


A: Cells = [ROUEN, of_kind("AI")]
B: Cells = [LE_HAVRE, EPCI_LE_HAVRE, of_kind("ACI")]
C: Cells = [SOTTEVILLE, of_kind("ETTI")]
AC: Cells = [EPCI_ROUEN]
ALL: Cells = [SEINE_MARITIME, FRANCE]


def split(breakdown: str, category: str) -> Cells:
    """One category over the whole federation."""
    return [cell._replace(breakdown=breakdown, category=category) for cell in ALL]


def living_in(level: str, code: str) -> Cells:
    return [Cell(level, code, basis="residence")]


EXPECTED: list[Row] = []


def add(
    cells: Cells,
    period: Period,
    metric: str,
    *figures: Figure,
    people: Figure,
    structures: Figure,
    status: str | EllipsisType,
) -> None:
    """`figures`: numerator, denominator, value, low and high end of the interval."""
    for level, code, basis, breakdown, category in cells:
        key = (level, code, *period, basis, breakdown, category, metric)
        EXPECTED.append(Row(*key, *figures, people, structures, status))


def count(
    cells: Cells, period: Period, metric: str, found: float, *, people: Figure = ..., structures: Figure = ...
) -> None:
    """A count or a sum: what is counted is the value; nothing to count is a true 0."""
    figures = (found, None, found, ..., ...)
    add(cells, period, metric, *figures, people=people, structures=structures, status="published")


def ratio(
    cells: Cells,
    period: Period,
    metric: str,
    numerator: float,
    denominator: float,
    *,
    people: Figure = ...,
    structures: Figure = ...,
    interval: tuple[Figure, Figure] = (..., ...),
) -> None:
    """Numerator over denominator; null and `empty` when there is nothing to divide by."""
    if denominator == 0:
        add(cells, period, metric, 0, 0, None, None, None, people=..., structures=..., status="empty")
    else:
        figures = (numerator, denominator, numerator / denominator, *interval)
        add(cells, period, metric, *figures, people=people, structures=structures, status="published")


def share(
    cells: Cells,
    period: Period,
    metric: str,
    numerator: int,
    denominator: int,
    *,
    people: Figure = ...,
    structures: Figure = ...,
) -> None:
    """A ratio of counts: the Wilson 95 % interval comes with it."""
    interval = wilson(numerator, denominator) if denominator else (None, None)
    counted = {"people": people, "structures": structures}
    ratio(cells, period, metric, numerator, denominator, **counted, interval=interval)


def derived(cells: Cells, period: Period, metric: str, value: Figure) -> None:
    """A figure whose numerator and denominator may be written in more than one way: only its value."""
    status = "published" if value is not None else ...
    add(cells, period, metric, ..., ..., value, ..., ..., people=..., structures=..., status=status)


def survival(
    cells: Cells, period: Period, metric: str, *estimate: Figure, people: Figure = ..., structures: Figure = ...
) -> None:
    """An estimate from survival (value, low, high): no numerator, no denominator; the status of a null is left open."""
    status = ... if estimate[0] is None else "published"
    add(cells, period, metric, None, None, *estimate, people=people, structures=structures, status=status)


def wilson(numerator: int, denominator: int) -> tuple[float, float]:
    """Wilson score interval at 95 %."""
    z, n, p = 1.959963984540054, denominator, numerator / denominator
    middle = (p + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    return middle - half, middle + half
