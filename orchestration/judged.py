"""One received file judged by its contract: its rows a bounded number at a time, its keys over the whole of it.

Here: the one way to judge a file of open data, be it of ten rows or of forty millions; when a file as a whole is
suspicious. Not here: what a valid row is (`contracts`), how a file is laid out (`readers.py`), what becomes of the
outcome (`open_data.py`).

The contract judges every frame but for its key: a key may come again anywhere in the file, so DuckDB, which spills to
disk, looks for repeats among the accepted rows.
"""

from array import array
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

import duckdb
import polars as pl
import pyarrow.parquet as pq

from contracts import CONTRACTS, Contract, validate
from orchestration.connectors import is_page
from orchestration.http import SourceError
from orchestration.readers import Reader
from orchestration.sources import Source

#: A version with a greater share of wrong rows is refused.
WRONG_SHARE = 0.02
#: A version with fewer rows than this share of the edition before it is suspicious, and refused.
KEPT_SHARE = 0.90
#: What DuckDB may hold while it looks for keys that come again; the rest is on disk.
_MEMORY = "256MB"


@dataclass(frozen=True)
class Judged:
    """Files made by `judge`, and how many rows each has. `wrong`: rows as received, their position from 1, `regles`.

    `restored`: cells whose leading zeros are put back.
    """

    accepted: Path
    rows: int
    wrong: Path
    quarantined: int
    restored: int = 0


def judge(source: Source, edition: str, reader: Reader, file: Path, rows_before: int, folder: Path) -> Judged:
    """Judges `file`; what it makes is in `folder`. SourceError when the file as a whole is suspicious.

    `rows_before`: rows of the edition before, 0 when there is none.
    """
    with file.open("rb") as opened:
        if is_page(opened.read(512)):
            raise SourceError("a web page instead of data (a wrong address, or a server's error)")
    contract = CONTRACTS[source.key]
    of_year = None if source.geography is None else str(int(edition[:4]) + source.geography)
    accepted, wrong = _Rows(folder / "accepted.parquet"), _Rows(folder / "wrong.parquet")
    broken: Counter[tuple[str, str]] = Counter()
    restored: Counter[str] = Counter()
    total, bad = 0, array("q")
    for part in reader.frames(file, contract, restored):
        frame = part.with_columns(edition=pl.lit(edition), geographie=pl.lit(of_year, pl.String))
        verdict = validate(frame, replace(contract, key=()))
        broken.update(dict(((c, r), n) for c, r, n in verdict.failures.group_by("colonne", "regle").len().iter_rows()))
        aside = frame.with_row_index("row").join(_rules(verdict.failures), on="row", maintain_order="left")
        bad.extend(aside["row"] + total)
        wrong.add(aside.with_columns(row=pl.col("row").cast(pl.Int64) + total + 1))
        accepted.add(verdict.accepted)
        total += frame.height
    accepted.close()
    doubled, kept = _repeats(accepted.path, contract, folder)
    if doubled.height:
        shown = next(name for name in contract.key if name != "edition")
        broken[shown, "cle_en_double"] += doubled.height
        rule = pl.format("{} : cle_en_double ({})", pl.lit(shown), pl.col(shown).cast(pl.String))
        at = pl.Series(_positions(doubled["rank"], bad))
        wrong.add(doubled.with_columns(regles=rule.fill_null("cle_en_double"), row=at))
    wrong.close()
    if wrong.height > WRONG_SHARE * total:
        listed = ", ".join(f"{column}: {rule} × {count}" for (column, rule), count in broken.most_common(3))
        raise SourceError(f"{wrong.height} of {total} rows are wrong ({listed})")
    least = max(source.minimum_rows, int(KEPT_SHARE * rows_before))
    if kept < least:
        raise SourceError(f"{kept} rows where at least {least} are expected")
    return Judged(accepted.path, kept, wrong.path, wrong.height, restored.total())


class _Rows:
    """A parquet file that grows frame by frame; later frames take the columns and types of the first."""

    def __init__(self, path: Path) -> None:
        self.path, self.height = path, 0
        self._schema: pl.Schema | None = None
        self._writer: pq.ParquetWriter | None = None

    def add(self, frame: pl.DataFrame) -> None:
        if self._schema is None or self._writer is None:
            table = frame.to_arrow(compat_level=pl.CompatLevel.oldest())
            self._schema, self._writer = frame.schema, pq.ParquetWriter(self.path, table.schema, compression="zstd")
        shaped = frame.select(pl.col(name).cast(dtype) for name, dtype in self._schema.items())
        if shaped.height:
            self._writer.write_table(shaped.to_arrow(compat_level=pl.CompatLevel.oldest()))
        self.height += frame.height

    def close(self) -> None:
        if self._writer is not None:
            self._writer.close()


def _rules(failures: pl.DataFrame) -> pl.DataFrame:
    """One text a row: the rules it breaks."""
    return failures.group_by("row").agg(
        regles=pl.format("{} : {} ({})", "colonne", "regle", pl.col("valeur").fill_null("")).str.join(" | ")
    )


def _repeats(path: Path, contract: Contract, folder: Path) -> tuple[pl.DataFrame, int]:
    """Rows whose key another row contradicts, with their `rank` in `path`, and how many rows `path` keeps.

    Those, and exact repeats but for the first, are taken out of `path`.
    """
    key = ", ".join(contract.key)
    content = ", ".join(contract.polars_schema)
    spill = {"memory_limit": _MEMORY, "temp_directory": str(folder), "threads": 2}
    with duckdb.connect(config=spill) as db:
        (rows,) = db.execute("select count(*) from read_parquet($1)", [str(path)]).fetchone()
        # Numbers instead of texts: many fit in little memory. Two keys of one number are told apart below.
        db.execute(
            f"create table suspects as select hash({key}) as h from read_parquet($1) group by h having count(*) > 1",
            [str(path)],
        )
        if db.execute("select count(*) from suspects").fetchone() == (0,):
            return pl.DataFrame(), rows
        db.execute(
            f"""create table shared as
            select
                *, count(*) over (partition by {key}) = count(*) over (partition by {content}) as is_exact,
                count(*) over (partition by {key}) as times,
                row_number() over (partition by {key} order by file_row_number) as nth
            from read_parquet($1, file_row_number = true) where hash({key}) in (select h from suspects)""",
            [str(path)],
        )
        out = "select file_row_number from shared where times > 1 and (not is_exact or nth > 1)"
        rest = path.with_name("rest.parquet")
        db.execute(
            f"""copy (
                select {content} from read_parquet($1, file_row_number = true) where file_row_number not in ({out})
                order by file_row_number
            ) to '{str(rest).replace("'", "''")}' (format parquet, compression zstd)""",
            [str(path)],
        )
        (kept,) = db.execute("select count(*) from read_parquet($1)", [str(rest)]).fetchone()
        doubled = db.sql(
            "select * exclude (is_exact, times, nth, file_row_number), file_row_number as rank from shared "
            "where not is_exact order by file_row_number"
        ).pl()
    rest.replace(path)
    return doubled, kept


def _positions(ranks: Iterable[int], bad: Iterable[int]) -> list[int]:
    """Positions in the file, from 1, of rows known by their rank among those that are not `bad` (sorted, from 0)."""
    accepted_before = [position - nth for nth, position in enumerate(bad)]
    return [rank + bisect_right(accepted_before, rank) + 1 for rank in ranks]
