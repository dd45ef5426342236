"""What a return covers: a quarter or a month.

Here: the text of a period, its days, the smallest period that holds given months. Not here: which return covers what.
"""

import calendar
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True)
class Period:
    """What a return covers: `text` as normalised, first and last day."""

    text: str
    start: date
    end: date

    @classmethod
    def parse(cls, text: str) -> "Period | None":
        """2025T3 (also -T3, Q3) or 2025-09 (also as the date a spreadsheet makes of it); None when it is neither."""
        text = re.sub(r"^(\d{4}-\d{2})-01( 00:00:00)?$", r"\1", text.strip())
        if found := re.fullmatch(r"([12]\d{3})[ -]?[TtQq]([1-4])", text):
            year, last = int(found[1]), 3 * int(found[2])
            return cls(f"{year}T{found[2]}", date(year, last - 2, 1), _month_end(year, last))
        if (found := re.fullmatch(r"([12]\d{3})-(\d{2})", text)) and 1 <= int(found[2]) <= 12:
            year, month = int(found[1]), int(found[2])
            return cls(f"{year}-{month:02}", date(year, month, 1), _month_end(year, month))
        return None

    @classmethod
    def holding(cls, months: Iterable[date]) -> "Period | None":
        """The month, else the quarter, that holds every one of `months`; None when none does."""
        found = {(day.year, day.month) for day in months}
        quarters = {(year, (month + 2) // 3) for year, month in found}
        if len(found) == 1:
            return cls.parse("{}-{:02}".format(*found.pop()))
        return cls.parse("{}T{}".format(*quarters.pop())) if len(quarters) == 1 else None


def _month_end(year: int, month: int) -> date:
    return date(year, month, calendar.monthrange(year, month)[1])
