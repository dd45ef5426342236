"""A correction sent back -> the whole return it makes: the original, with the corrected rows laid over it.

Here: what the workbook of a receipt means when it comes back, and which original it is laid over. Not here: how that
workbook is written (`receipts.py`), whether the rows are right now (`judging.py`). A correction is read, laid over
its original and then judged like any return: it replaces the earlier one, and what it does not mention stays as it was.
"""

import logging
import re
from collections.abc import Callable
from dataclasses import replace

import polars as pl

from orchestration.returns import reading as reading_room
from orchestration.returns.deposits import Deposit
from orchestration.returns.reading import CORRECTED_LINE, Problem, Reading

LOG = logging.getLogger("territoires")
#: What stands for a value that a receipt does not show; sent back as it is, it keeps the original's value.
MASK = "•••"
#: Corrections of corrections, one upon the other: each opens all those before it.
LONGEST_CHAIN = 20
#: Wrong lines of one table told in a receipt: beyond, the workbook as a whole is not the one we made.
_TOLD = 20
_RETURN_ID = re.compile(r"\d{8}T\d{12}-[0-9a-f]{12}")
#: What the header alone can break; it is judged again once the header is whole.
_OF_THE_HEADER = {"entete_absente", "version_inconnue", "periode_illisible", "extraction_illisible", "aucune_table"}


class UnavailableError(Exception):
    """The return to correct cannot be had; the message is the rule of `contracts.rules` that says why."""


def corrected_id(reading: Reading) -> str | None:
    """The return that a reading says it corrects, None when it is a return by itself."""
    return reading.header.get("corrige") or None


def _is_to_lay_over(reading: Reading) -> bool:
    return bool(corrected_id(reading)) and not reading.is_whole and not _is_refused(reading)


def apart(pairs: list[tuple[Deposit, Reading]]) -> tuple[list[tuple[Deposit, Reading]], list[Deposit]]:
    """What can be judged together, and what waits: a correction, until what its member sent before it is judged."""
    now: list[tuple[Deposit, Reading]] = []
    later: list[Deposit] = []
    seen: set[str] = set()
    held: set[str] = set()
    for deposit, reading in pairs:
        if deposit.siren in held or (corrected_id(reading) and deposit.siren in seen):
            held.add(deposit.siren)
            later.append(deposit)
        else:
            seen.add(deposit.siren)
            now.append((deposit, reading))
    return now, later


def whole(
    deposit: Deposit,
    reading: Reading,
    opened: Callable[[str, str], Reading],
    kept: Callable[[str], pl.DataFrame],
) -> Reading:
    """The whole return that a deposit makes: `reading` itself, or its original with the correction laid over it.

    `opened(siren, return_id)`: an earlier return as read, or UnavailableError. `kept(siren)`: rows of the
    registry that are retained. Whatever is wrong is in `problems`; nothing is raised for bad input.
    """
    if not _is_to_lay_over(reading):
        return _without_lines(reading)
    try:
        corrects = corrected_id(reading)
        original, chain = _original(deposit.siren, deposit.return_id, corrects, opened, LONGEST_CHAIN)
        reading = _without_forgotten(reading, original)
        made = lay_over(original, reading)
        return made if made.problems else _without_replaced(made, original, chain, deposit, kept(deposit.siren))
    except UnavailableError as error:
        reading.refuse(*error.args)
    except Exception as error:  # one member's file, whatever is in it, must not stop the others
        LOG.exception("unforeseen failure while laying a correction over its original")
        reading.refuse("fichier_illisible", type(error).__name__)
    return _without_lines(reading)


def _original(siren: str, own_id: str, return_id: str, opened, depth: int) -> tuple[Reading, list[str]]:
    """The whole return that `own_id` corrects, and the returns it is made of: itself, and those it corrects in turn."""
    # What came later cannot be corrected by what came before: this also rules out a circle.
    if not re.fullmatch(r"\d{9}", siren) or not _RETURN_ID.fullmatch(return_id) or return_id >= own_id:
        raise UnavailableError("correction_inconnue")
    if depth == 0:
        raise UnavailableError("correction_trop_longue")
    found = opened(siren, return_id)
    if not _is_to_lay_over(found):
        return _without_lines(found), [return_id]
    original, chain = _original(siren, return_id, corrected_id(found), opened, depth - 1)
    return lay_over(original, _without_forgotten(found, original)), [*chain, return_id]


def _without_forgotten(correction: Reading, original: Reading) -> Reading:
    """`correction` without the rows that it lays over those of persons erased since; nor does the vault keep them."""
    tables = {
        table: rows if CORRECTED_LINE not in rows.columns or not (lines := original.missing_lines(table))
        else rows.filter(~_said_line().is_in(lines).fill_null(False))
        for table, rows in correction.tables.items()
    }  # fmt: skip
    if all(tables[table].height == rows.height for table, rows in correction.tables.items()):
        return correction
    made = replace(correction, tables=tables)
    return replace(made, instead=made.copy())


def _is_refused(reading: Reading) -> bool:
    return any(problem.rule not in _OF_THE_HEADER for problem in reading.problems)


def _without_replaced(
    made: Reading, original: Reading, chain: list[str], deposit: Deposit, kept: pl.DataFrame
) -> Reading:
    """`made` but for the tables that a return outside the chain of corrections has replaced since it began.

    To correct a table that has been replaced would undo what replaced it. The same file sent again is no other.
    """
    since = pl.col("id_remontee").is_between(pl.lit(chain[0]), pl.lit(deposit.return_id), "none")
    same = [*(return_id[-12:] for return_id in chain), deposit.sha256[:12]]
    last = kept.filter(since, pl.col("periode") == made.period.text).sort("id_remontee").group_by("nom_table").last()
    others = last.filter(~pl.col("empreinte").str.head(12).is_in(same), pl.col("nom_table").is_in(list(made.tables)))
    replaced = dict(others.sort("nom_table").select("nom_table", "id_remontee").iter_rows())
    for table, by in replaced.items():
        is_changed = table not in original.tables or not made.tables[table].equals(original.tables[table])
        if is_changed or len(replaced) == len(made.tables):
            raise UnavailableError("correction_depassee", by)
    notes = [f"Table {t} : remplacée depuis par la remontée {i}, qui reste en vigueur." for t, i in replaced.items()]
    tables = {table: rows for table, rows in made.tables.items() if table not in replaced}
    return replace(made, tables=tables, notes=[*made.notes, *notes])


def lay_over(original: Reading, correction: Reading) -> Reading:
    """The original with the rows of the correction: changed cell by cell, emptied rows removed, rows added.

    Rows keep the lines they have in the original; added ones are numbered after the last. A masked cell keeps the
    original's value. A correction that does not fit is returned by itself, with the reasons.
    """
    if _is_refused(original):
        return replace(_without_lines(correction), problems=[*original.problems])
    reasons: list[Problem] = []
    if original.period and correction.period and original.period != correction.period:
        reasons.append(Problem("correction_autre_periode", original.period.text))
    tables, told = dict(original.tables), []
    for table, sent in correction.tables.items():
        old, rows = original.tables.get(table, pl.DataFrame(schema={"ligne": pl.Int64})), _with_lines(sent)
        reasons += _misfits(table, old, rows)
        if not reasons:
            last = max([old["ligne"].max() or 1, *original.missing_lines(table)])
            tables[table], counts = _overlaid(old, rows, last)
            told.append(f"{table} ({counts})")
    if reasons:
        return replace(_without_lines(correction), problems=reasons)
    totals = [name for name in original.header if name.startswith("lignes_") or name == "heures_total"]
    notes = [f"Correction de la remontée {corrected_id(correction)} : {', '.join(told) or 'aucune ligne'}."]
    notes.append("Les numéros de ligne sont ceux de la remontée d'origine ; les lignes ajoutées viennent après.")
    if totals:
        notes.append("Les totaux de contrôle de la remontée d'origine ne valent plus : ils ne sont pas vérifiés.")
    header = {name: text for name, text in original.header.items() if name not in totals} | correction.header
    made = replace(
        original, tables=tables, header=header, problems=[], notes=[*notes, *original.notes, *correction.notes],
        period=None, extracted_on=None, instead=correction.instead,
        erased={t: [*original.erased.get(t, []), *correction.erased.get(t, [])]
                for t in {**original.erased, **correction.erased}},
    )  # fmt: skip
    reading_room.understand_header(made)
    if not made.tables and not made.problems:
        made.refuse("aucune_table")
    return made


def _without_lines(reading: Reading) -> Reading:
    tables = {table: rows.drop(CORRECTED_LINE, strict=False) for table, rows in reading.tables.items()}
    return replace(reading, tables=tables)


def _cells(rows: pl.DataFrame) -> list[str]:
    return [c for c in rows.columns if c not in ("ligne", CORRECTED_LINE)]


def _with_lines(rows: pl.DataFrame) -> pl.DataFrame:
    """Rows of a correction that say something, as clean text; CORRECTED_LINE is null on an added row, -1 when it is no
    number."""
    lines = _said_line() if CORRECTED_LINE in rows.columns else pl.lit(None, pl.Int64)
    clean = [pl.col(c).cast(pl.String).str.strip_chars().replace("", None) for c in _cells(rows)]
    return rows.with_columns(*clean, lines.alias(CORRECTED_LINE)).filter(
        pl.any_horizontal(pl.col(c).is_not_null() for c in (CORRECTED_LINE, *_cells(rows)))
    )


def _said_line() -> pl.Expr:
    said = pl.col(CORRECTED_LINE).cast(pl.String).str.strip_chars().str.replace(r"[.,]0+$", "").replace("", None)
    return pl.when(said.is_not_null()).then(said.cast(pl.Int64, strict=False).fill_null(-1))


def _misfits(table: str, old: pl.DataFrame, rows: pl.DataFrame) -> list[Problem]:
    """Rows that cannot be laid over; the line told is that of the workbook."""
    said = pl.col(CORRECTED_LINE)
    unknown = rows.filter(said.is_not_null() & ~said.is_in(old["ligne"].implode()))
    known = rows.filter(said.is_in(old["ligne"].implode()))
    twice = known.filter(said.is_duplicated())
    found = [Problem("correction_ligne_inconnue", "", table, line) for line in unknown["ligne"].head(_TOLD)]
    found += [Problem("correction_ligne_en_double", "", table, line) for line in twice["ligne"].head(_TOLD)]
    for name in _cells(rows):
        masked = rows.filter(said.is_null() & (pl.col(name) == MASK))
        found += [Problem("correction_masquee", "", table, line, name, MASK) for line in masked["ligne"].head(_TOLD)]
    return found


def _overlaid(old: pl.DataFrame, rows: pl.DataFrame, last: int) -> tuple[pl.DataFrame, str]:
    """One table laid over, and how many rows were changed, removed and added (these after line `last`)."""
    cells = [c for c in _cells(rows) if c in old.columns or rows[c].null_count() < rows.height]
    # Where columns are missing from the workbook, a row without cells there is not an emptied row.
    is_emptied = pl.lit(set(_cells(old)) <= set(cells)) & pl.all_horizontal(pl.col(c).is_null() for c in cells)
    patch = rows.filter(pl.col(CORRECTED_LINE).is_not_null()).select(
        pl.col(CORRECTED_LINE).alias("ligne"), *(pl.col(c).alias(f"new {c}") for c in cells), is_removed=is_emptied
    )
    before = old.with_columns(pl.lit(None, pl.String).alias(c) for c in cells if c not in old.columns)
    beside = before.join(patch, on="ligne", how="left", maintain_order="left")
    is_patched = pl.col("is_removed").is_not_null()
    taken = {c: is_patched & pl.col(f"new {c}").ne_missing(pl.lit(MASK)) for c in cells}
    differs = [taken[c] & pl.col(f"new {c}").ne_missing(pl.col(c)) for c in cells]
    after = beside.with_columns(
        *(pl.when(taken[c]).then(f"new {c}").otherwise(c).alias(c) for c in cells),
        is_changed=pl.any_horizontal(pl.lit(False), *differs),
    )
    stays = after.filter(~pl.col("is_removed").fill_null(False))
    added = rows.filter(pl.col(CORRECTED_LINE).is_null()).select(
        pl.int_range(last + 1, last + 1 + pl.len(), dtype=pl.Int64).alias("ligne"), *cells
    )
    counted = {"corrigée": stays["is_changed"].sum(), "retirée": after.height - stays.height, "ajoutée": added.height}
    told = [f"{n} {word}{'s' if n > 1 else ''}" for word, n in counted.items() if n]
    made = pl.concat([stays.select(before.columns), added], how="diagonal")
    return made, ", ".join(told) or "rien de changé"
