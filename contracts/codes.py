"""Code lists: reads the CSV seeds that hold them and answers "which official code is this text?".

Here: loading and matching. Not here: the lists themselves (their home is `dbt_project/seeds/`, where
the warehouse uses the very same rows), nor rules that combine several columns (`members.py`).
"""

import csv
import unicodedata
from functools import cache
from pathlib import Path

SEEDS = Path(__file__).parent.parent / "dbt_project" / "seeds"

#: Code lists that have a seed of their own: list -> (seed, column of the code).
_OWN_SEED = {
    "structure_kind": ("codes/structure_kinds", "kind"),
    "contract_type": ("codes/contract_types", "contract_type"),
    "exit_reason": ("codes/exit_reasons", "exit_reason"),
}


@cache
def seed_rows(seed: str) -> tuple[dict[str, str], ...]:
    """Rows of a seed (folder/name), as text."""
    with (SEEDS / f"{seed}.csv").open(encoding="utf-8", newline="") as file:
        return tuple(csv.DictReader(file))


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
    letters = unicodedata.normalize("NFKD", text.casefold().replace("œ", "oe"))
    kept = "".join(c if c.isalnum() else " " for c in letters if not unicodedata.combining(c))
    return " ".join(kept.split())


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
