"""Births of establishments and how long they last, from the rows of the stocks of Sirene.

Here: what a birth is, its section, its state some months later. Not here: activities, what is divided by what
(`figures.py`).
"""

from datetime import date, timedelta
from functools import cached_property
from typing import NamedTuple

SINCE = date(2012, 1, 1)
SUCCESSION = timedelta(days=31)
SECTIONS = {
    "A": (1, 3), "B": (5, 9), "C": (10, 33), "D": (35, 35), "E": (36, 39), "F": (41, 43), "G": (45, 47), "H": (49, 53),
    "I": (55, 56), "J": (58, 63), "K": (64, 66), "L": (68, 68), "M": (69, 75), "N": (77, 82), "O": (84, 84),
    "P": (85, 85), "Q": (86, 88), "R": (90, 93), "S": (94, 96), "T": (97, 98), "U": (99, 99),
}  # fmt: skip


class Establishment(NamedTuple):
    """Its row of the stock: the state it is in, and since when."""

    siret: str
    commune: str | None
    activity: str
    nomenclature: str
    created: date | None
    state: str  # A, or F: closed
    since: date | None


class Spell(NamedTuple):
    """A row of the history: a state that is over."""

    siret: str
    first: date
    last: date
    state: str


class Link(NamedTuple):
    predecessor: str
    successor: str
    day: date


class Birth(NamedTuple):
    commune: str | None
    section: str | None
    day: date
    turns: list[tuple[date, str]] | None  # from when on in which state; None: closed, nobody knows since when


def section(activity: str | None) -> str | None:
    if not activity:
        return None
    division = int(activity[:2])
    return next(letter for letter, (first, last) in SECTIONS.items() if first <= division <= last)


def months_after(day: date, months: int) -> date:
    """The same day of the month, else its last."""
    count = day.year * 12 + day.month - 1 + months
    for number in range(day.day, 27, -1):
        try:
            return date(count // 12, count % 12 + 1, number)
        except ValueError:
            continue
    return date(count // 12, count % 12 + 1, day.day)


class Sirene(NamedTuple):
    """The stocks of one month; they say nothing from `until` on."""

    until: date
    establishments: list[Establishment]
    history: list[Spell]
    links: list[Link]


class Births:
    def __init__(self, sirene: Sirene) -> None:
        self.sirene = sirene

    @cached_property
    def created(self) -> list[Establishment]:
        return [e for e in self.sirene.establishments if e.created and SINCE <= e.created < self.sirene.until]

    @cached_property
    def all(self) -> list[Birth]:
        found = []
        for e in self.created:
            heirs = [k.day for k in self.sirene.links if k.successor == e.siret and k.predecessor != e.siret]
            if any(day <= e.created + SUCCESSION for day in heirs):
                continue
            past = [(s.first, s.state) for s in self.sirene.history if s.siret == e.siret]
            turns = None if e.state == "F" and e.since is None else sorted([*past, (e.since or e.created, e.state)])
            named = section(e.activity) if e.nomenclature == "NAFRev2" else None
            found.append(Birth(e.commune, named, e.created, turns))
        return found

    def speak_for(self, first: date, last: date) -> bool:
        """From the first quarter with a creation to the last one that is over."""
        begins = min((e.created for e in self.created), default=None)
        quarter = begins and date(begins.year, (begins.month - 1) // 3 * 3 + 1, 1)
        return quarter is not None and quarter <= first and last < self.sirene.until

    def is_active(self, birth: Birth, months: int) -> bool | None:
        """Whether it is there after so many months; None when it cannot be known."""
        then = months_after(birth.day, months)
        if then > self.sirene.until or birth.turns is None:
            return None
        states = ["A", *(state for first, state in birth.turns if first <= then)]
        return states[-1] == "A"
