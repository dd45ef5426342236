"""Code lists and parameters: reads the CSV seeds that hold them and answers "which official code is this text?".

Here: loading and matching. Not here: the lists themselves (their home is `dbt_project/seeds/`, where
the warehouse uses the very same rows), nor rules that combine several columns (`members.py`).
"""

import csv
import unicodedata
from datetime import date
from functools import cache, lru_cache
from pathlib import Path

SEEDS = Path(__file__).parent.parent / "dbt_project" / "seeds"

#: Code lists that have a seed of their own: list -> (seed, column of the code).
_OWN_SEED = {
    "structure_kind": ("codes/structure_kinds", "kind"),
    "contract_type": ("codes/contract_types", "contract_type"),
    "exit_reason": ("codes/exit_reasons", "exit_reason"),
}


class SeedError(ValueError):
    """A row of a seed that cannot stand: the message names file and row."""


@cache
def seed_rows(seed: str) -> tuple[dict[str, str], ...]:
    """Rows of a seed (folder/name), as text; SeedError names a row with more or fewer cells than the header."""
    with (SEEDS / f"{seed}.csv").open(encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file)
        rows = []
        for row in reader:
            if None in row or None in row.values():
                raise SeedError(
                    f"{seed}.csv, line {reader.line_num}, {next(iter(row.values()))!r}: not as many cells as in the "
                    "header; a text with a comma is written between double quotes"
                )
            rows.append(row)
    return tuple(rows)


@cache
def parameter_values(name: str) -> tuple[tuple[date, date, float], ...]:
    """(first day, last day, value) of a parameter that holds for every kind of structure, the latest first."""
    rows = [row for row in seed_rows("parameters/parameters") if row["parameter"] == name and not row["kind"]]
    if not rows:
        raise KeyError(f"unknown parameter: {name}; add it to seeds/parameters/parameters.csv")
    values = (
        (
            date.fromisoformat(row["valid_from"]),
            date.fromisoformat(row["valid_to"] or "9999-12-31"),
            float(row["value"]),
        )
        for row in rows
    )
    return tuple(sorted(values, reverse=True))


def parameter(name: str, on: date | None = None) -> float:
    """Value of a parameter on a day; without a day, the latest."""
    for first, last, value in parameter_values(name):
        if on is None or first <= on <= last:
            return value
    raise KeyError(f"the parameter {name} has no value on {on}; add a row to seeds/parameters/parameters.csv")


@cache
def commune_codes() -> frozenset[str]:
    """Codes that name a place: communes of today and of the past, parts of communes, foreign countries."""
    return frozenset(
        f"{row['first_code'][:2]}{number:03}"
        for row in seed_rows("codes/commune_ranges")
        for number in range(int(row["first_code"][2:]), int(row["last_code"][2:]) + 1)
    )


@cache
def naf_divisions() -> frozenset[str]:
    """First two digits of the activity codes of NAF rév. 2 and of NAF 2025, whose classes differ."""
    return frozenset(row["naf_division"] for row in seed_rows("codes/naf_divisions"))


@cache
def code_labels(code_list: str) -> dict[str, str]:
    """Official codes of a list, with their French labels, in the order of the seed."""
    if code_list in _OWN_SEED:
        seed, column = _OWN_SEED[code_list]
        return {row[column]: row["label_fr"] for row in seed_rows(seed)}
    labels = {row["code"]: row["label_fr"] for row in seed_rows("codes/codes") if row["code_list"] == code_list}
    if not labels:
        raise KeyError(f"unknown code list: {code_list}")
    return labels


def plain(text: str) -> str:
    """Text without accents, case, and runs of punctuation: what people mean rather than how they typed it."""
    return _plain_name(text) if len(text) < 64 else _plain(text)  # names of columns come again with every file


def _plain(text: str) -> str:
    letters = unicodedata.normalize("NFKD", text.casefold().replace("œ", "oe"))
    kept = "".join(c if c.isalnum() else " " for c in letters if not unicodedata.combining(c))
    return " ".join(kept.split())


_plain_name = lru_cache(maxsize=4096)(_plain)


@cache
def _spellings(code_list: str) -> dict[str, str]:
    """Plain spelling (of a code or of its label) -> official code. Ambiguous spellings are left out."""
    found: dict[str, set[str]] = {}
    for code, label in code_labels(code_list).items():
        for spelling in (plain(code), plain(label)):
            found.setdefault(spelling, set()).add(code)
    return {spelling: next(iter(codes)) for spelling, codes in found.items() if len(codes) == 1}


def official_code(code_list: str, text: str) -> str | None:
    """The official code that `text` (a code or its label, any case or accents) stands for, else None."""
    spellings, wanted = _spellings(code_list), plain(text)
    if wanted in spellings:
        return spellings[wanted]
    number = wanted.removesuffix(" 0")
    if number.isdigit():  # 9.0 and 09 are how spreadsheets write 9; 1 and 1.0 are how they write 01
        for spelling in (number, number.lstrip("0"), number.zfill(2)):
            if spelling in spellings:
                return spellings[spelling]
    return None


@cache
def allowed_contract_types() -> frozenset[tuple[str, str]]:
    """Pairs (kind, contract type) that the labour code allows; kinds outside IAE may use any type."""
    pairs = {(row["kind"], row["contract_type"]) for row in seed_rows("codes/contract_types_by_kind")}
    free = [row["kind"] for row in seed_rows("codes/structure_kinds") if row["kind"] not in {k for k, _ in pairs}]
    return frozenset(pairs | {(kind, code) for kind in free for code in code_labels("contract_type")})
