"""Bytes of a published file -> frames of columns named as its contract names them.

Here: sheets, header rows, separators, encodings, columns that carry a year or are rows, marks instead of figures, and
files too long to be held, which come as many frames.
Not here: whether a value is right (`contracts`), where the file comes from (`connectors.py`). A file whose header is
not the one expected is refused by name: a moved column is never read as another one.
"""

import csv
import json
import lzma
import re
import textwrap
import zipfile
import zlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatch
from pathlib import Path

import polars as pl

from contracts import FIELDS, Contract
from contracts.open_data import ABSENCES
from contracts.parsing import polars_type
from orchestration.http import SourceError

#: Rows of a long file held at a time.
BATCH = 250_000
#: Bytes of a member of an archive that is read whole; a greater one is no file of the kinds that are.
LARGEST = 2 << 30
#: What is told of a file that its library cannot open.
_BROKEN = "a damaged {} (cut short, or another kind of file)"
#: Files whose rows are many -> how DuckDB scans them.
_LONG = {
    "parquet": "read_parquet($path)",
    "long_csv": "read_csv($path, delim = $separator, header = true, all_varchar = true, nullstr = '')",
}
#: The header of one as its only row; a parquet file has no two columns of one name.
_LONG_HEADER = "select * from read_csv($path, delim = $separator, header = false, all_varchar = true) limit 1"


@dataclass(frozen=True)
class Unfold:
    """Columns that carry their period in their name, turned into rows.

    `pattern`: a regular expression with a group named as the contract's column of the period, and `value`, which tells
    the column of the contract through `values`. `period`: how the group is rewritten.
    """

    pattern: str
    values: dict[str, str]
    period: tuple[str, str] = (r"(.*)", r"\1")


@dataclass(frozen=True)
class Fold:
    """Rows that are one figure each, turned into columns. `named`: column that tells which figure, `value`: the figure.

    `columns`: contract column -> what `named` says; other figures are left.
    """

    named: str
    value: str
    columns: dict[str, str]


@dataclass(frozen=True)
class Reader:
    """How a file is laid out. `columns`: contract column -> name in the file (a regular expression).

    `kind`: csv, xlsx, json (a list of objects), geojson (its properties) or ndjson, read whole, what lies deeper in an
    object named by its path (centre.coordinates.0); parquet or long_csv, read piece by piece. `member`: pattern of the
    file inside a zip. `header_row`: its number, from 1. `pad`: contract column -> width of codes whose leading zeros a
    spreadsheet may have eaten, and how many at most. `only`: column in the file -> what its cell must be (both regular
    expressions), where the file also holds totals and cuts that are not wanted; csv only.
    """

    kind: str
    columns: dict[str, str]
    separator: str = ";"
    encoding: str = "utf-8"
    sheet: str | None = None
    header_row: int = 1
    member: str | None = None
    unfold: Unfold | None = None
    pad: dict[str, tuple[int, int]] = field(default_factory=dict)
    only: dict[str, str] = field(default_factory=dict)
    fold: Fold | None = None

    def read(self, path: Path, contract: Contract) -> pl.DataFrame:
        """The whole file as one frame: see `frames`."""
        return pl.concat(self.frames(path, contract))

    def frames(self, path: Path, contract: Contract, restored: Counter[str] | None = None) -> Iterator[pl.DataFrame]:
        """Columns of `contract` (but for `edition`), with the reasons of absent figures where it has them; one frame at
        least, and none of more than BATCH rows when the file is of a long kind. Columns are text, but for those of a
        parquet file that have their contract's type already. `restored`: column -> cells that got zeros back."""
        restored, codes = Counter() if restored is None else restored, {}
        for piece in self._pieces(path) if self.kind in _LONG else [self._raw(path)]:
            raw = self._folded(piece, path) if self.fold else piece
            found = {name: pl.col(_named(raw.columns, pattern, path)) for name, pattern in self.columns.items()}
            frame = self._unfolded(raw, found, path) if self.unfold else raw.select(**found)
            frame = frame.filter(pl.any_horizontal(pl.all().is_not_null()))
            try:
                text = _in_text(frame)
            except pl.exceptions.PolarsError as error:
                raise SourceError(f"{path.name}: a column of a type that is no text: {error}") from error
            yield _with_absences(self._padded(text, codes, restored, path), contract)

    def _pieces(self, path: Path) -> Iterator[pl.DataFrame]:
        """The columns asked for, BATCH rows at a time, in the file's order."""
        import duckdb

        scan, given = _LONG[self.kind], {"path": str(path)}
        if "$separator" in scan:
            given["separator"] = self.separator
        try:
            with duckdb.connect(config={"memory_limit": "512MB"}) as db:
                if self.kind == "long_csv":
                    self._must_not_repeat(db.execute(_LONG_HEADER, given).fetchone() or (), path)
                names = [row[0] for row in db.execute(f"describe select * from {scan}", given).fetchall()]
                wanted = names if self.unfold else {_named(names, one, path) for one in self.columns.values()}
                listed = ", ".join('"' + name.replace('"', '""') + '"' for name in names if name in wanted)
                pieces = db.execute(f"select {listed} from {scan}", given).to_arrow_reader(BATCH)
                yield pl.from_arrow(pieces.schema.empty_table())
                for piece in pieces:
                    yield pl.from_arrow(piece)
        except duckdb.OutOfMemoryException:  # says nothing of the file
            raise
        except duckdb.Error as error:  # after its first line: our own query, or cells of the file
            raise SourceError(f"{path.name}: {str(error).splitlines()[0]}") from error

    def _raw(self, path: Path) -> pl.DataFrame:
        content = self._content(path)
        if self.kind == "xlsx":
            import fastexcel

            try:
                book = fastexcel.read_excel(content)
                sheet = book.load_sheet(self.sheet or 0, header_row=self.header_row - 1, dtypes="string")
                header = book.load_sheet(
                    self.sheet or 0, header_row=None, skip_rows=self.header_row - 1, n_rows=1, dtypes="string"
                )
            except fastexcel.FastExcelError as error:
                # What follows the first line is how the library came there.
                raise SourceError(f"{path.name}: {_BROKEN.format('workbook')}: {str(error).splitlines()[0]}") from error
            self._must_not_repeat([name for row in header.to_polars().rows() for name in row], path)
            return sheet.to_polars().with_columns(pl.all().str.strip_chars().replace("", None))
        if self.kind in _ROWS:
            return _objects(content, _ROWS[self.kind], self.kind, path)
        try:
            text = content.decode(self.encoding)
        except UnicodeDecodeError as error:
            raise SourceError(f"{path.name}: not {self.encoding}: {error.reason} at byte {error.start}") from error
        try:
            table = text.removeprefix("\ufeff").encode()
            layout = {"separator": self.separator, "infer_schema": False, "skip_rows": self.header_row - 1}
            self._must_not_repeat(pl.read_csv(table, has_header=False, n_rows=1, **layout).row(0), path)
            # Lazily: of a file of millions of rows, only the wanted ones are ever held as a frame.
            rows = pl.scan_csv(table, **layout)
            names = rows.collect_schema().names()
            wanted = [pl.col(_named(names, n, path)).str.contains(f"^(?:{cell})$") for n, cell in self.only.items()]
            self._must_end(text, path)
            frame = rows.filter(*wanted).collect() if wanted else rows.collect()
        except pl.exceptions.PolarsError as error:
            raise SourceError(f"{path.name}: {error}") from error
        return frame.with_columns(pl.all().str.strip_chars().replace("", None))

    def _must_not_repeat(self, header: Sequence[str | None], path: Path) -> None:
        """Refuses a header that has a column asked for twice: which of the two is meant, nobody can tell, and whoever
        reads the file takes the first and gives the other a name of its own."""
        asked = [*self.columns.values(), *self.only]
        asked += [self.unfold.pattern] if self.unfold else []
        asked += [self.fold.named, self.fold.value] if self.fold else []
        many = [name for name, times in Counter(name.strip() for name in header if name).items() if times > 1]
        if twice := [name for name in many if any(re.fullmatch(pattern, name) for pattern in asked)]:
            raise SourceError(
                f"{path.name}: several columns are named {', '.join(map(repr, twice))}: only one is expected"
            )

    def _must_end(self, text: str, path: Path) -> None:
        """A last line without its end, of fewer cells than the one before, is where a copy or a download stopped."""
        *_, before, last = ["", *text.rsplit("\n", 2)]
        if not last or last.endswith("\r"):
            return
        try:
            cells = [len(row) for row in csv.reader([before, last], delimiter=self.separator)]
        except csv.Error as error:  # a cell longer than any is, or lines that end as those of no system of today
            raise SourceError(f"{path.name}: its end is no line of a csv file: {error}") from error
        if len(cells) == 2 and cells[1] < cells[0]:
            raise SourceError(f"{path.name}: cut short: it ends in the middle of a line: {last[-60:]!r}")

    def _content(self, path: Path) -> bytes:
        """The file's bytes, or those of its member in a zip."""
        if self.member is None:
            return path.read_bytes()
        try:
            with zipfile.ZipFile(path) as archive:
                named = [name for name in archive.namelist() if fnmatch(name, self.member)]
                if len(named) != 1:
                    listed = ", ".join(archive.namelist()[:30])
                    raise SourceError(f"{path.name}: {len(named)} files like {self.member} in the archive: {listed}")
                if (size := archive.getinfo(named[0]).file_size) > LARGEST:
                    raise SourceError(f"{path.name}: {named[0]} has {size} bytes, at most {LARGEST} are read")
                return archive.read(named[0])
        # A method that is unknown, a password, a place before the beginning: each has its own exception.
        except (zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, RuntimeError, ValueError, OSError) as error:
            raise SourceError(f"{path.name}: {_BROKEN.format('archive')}: {error}") from error

    def _folded(self, raw: pl.DataFrame, path: Path) -> pl.DataFrame:
        """One row for each combination of the columns asked for, one column for each figure that is folded."""
        fold = self.fold
        keys = [_named(raw.columns, pattern, path) for n, pattern in self.columns.items() if n not in fold.columns]
        named, value = (pl.col(_named(raw.columns, pattern, path)) for pattern in (fold.named, fold.value))
        if missing := set(fold.columns.values()) - set(raw.select(named).to_series()):
            raise SourceError(f"{path.name}: no {fold.named} is {', '.join(sorted(missing))}")
        wanted = raw.filter(named.is_in(list(fold.columns.values())))
        twice = wanted.group_by(*keys, named).agg(value.n_unique().alias("times")).filter(pl.col("times") > 1)
        if twice.height:  # another dimension, say a year: none of its figures is more right than the others
            shown = ", ".join(map(str, twice.sort(pl.all()).row(0)[:-1]))
            raise SourceError(f"{path.name}: {twice.height} figures are given twice and differ, the first: {shown}")
        return raw.group_by(*keys, maintain_order=True).agg(
            value.filter(named == code).first().alias(column) for column, code in fold.columns.items()
        )

    def _unfolded(self, raw: pl.DataFrame, found: dict[str, pl.Expr], path: Path) -> pl.DataFrame:
        matches = [match for name in raw.columns if (match := re.fullmatch(self.unfold.pattern, name))]
        if not matches:
            raise SourceError(
                f"{path.name}: no column like {self.unfold.pattern}; the file has: {_listed(raw.columns)}"
            )
        period = next(name for name in matches[0].groupdict() if name != "value")
        many = len(self.unfold.values) > 1
        periods = dict.fromkeys(match[period] for match in matches)
        rows = []
        nothing = {column: pl.lit(None, pl.String) for column in self.unfold.values.values()}
        for one in periods:
            of_period = [m for m in matches if m[period] == one]
            cells = {self.unfold.values[m["value"] if many else ""]: pl.col(m.string) for m in of_period}
            if len(cells) < len(of_period):
                shown = ", ".join(m.string for m in of_period)
                raise SourceError(f"{path.name}: several columns give one figure of {one}: {shown}")
            label = re.sub(*self.unfold.period, one)
            rows.append(raw.select(**found, **{period: pl.lit(label)}, **(nothing | cells)))
        frame = pl.concat(rows)
        return frame.filter(pl.any_horizontal(pl.col(c).is_not_null() for c in self.unfold.values.values()))

    def _padded(
        self, frame: pl.DataFrame, codes: dict[tuple[str, str], str], restored: Counter[str], path: Path
    ) -> pl.DataFrame:
        """Zeros put back where there is no doubt, or a refusal. `codes`: column and code -> how the file writes it."""
        for name, (width, most) in self.pad.items():
            given = frame[name]
            code = pl.when(given.str.contains("^[0-9]+$")).then(given.str.zfill(width)).otherwise(given)
            made = frame.select(code.alias("code"), given.alias("given"))
            # Only a code that begins with a zero can have lost one: few of a long file are remembered.
            counted = made.filter(pl.col("code").str.starts_with("0")).group_by("code", "given").len().sort("given")
            for one, written, cells in counted.iter_rows():
                lost = len(one) - len(written)
                if lost > most:
                    raise SourceError(
                        f"{path.name}: {name} {written!r} is too short: {lost} digits of {width} are missing, "
                        f"and a spreadsheet eats {most} leading zero(s) at most"
                    )
                if (other := codes.setdefault((name, one), written)) != written:
                    raise SourceError(f"{path.name}: {name} {other!r} and {written!r} would both become {one!r}")
                restored[name] += cells if lost else 0
            frame = frame.with_columns(made["code"].alias(name))
        return frame


#: Kinds of JSON -> the objects that are rows.
_ROWS = {
    "json": json.loads,
    "geojson": lambda text: [feature["properties"] for feature in json.loads(text)["features"]],
    "ndjson": lambda text: [json.loads(line) for line in text.splitlines()],
}


def _objects(content: bytes, rows_of: Callable[[bytes], list[dict]], kind: str, path: Path) -> pl.DataFrame:
    """Objects as rows of text; what has no value is null."""
    try:
        rows = [dict(_cells(row.items())) for row in rows_of(content)]
        names = dict.fromkeys(name for row in rows for name in row)
        texts = {n: [None if row.get(n) in (None, "") else str(row[n]).strip() for row in rows] for n in names}
        return pl.DataFrame(texts, schema=dict.fromkeys(names, pl.String))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise SourceError(f"{path.name}: not {kind}: {error!r}") from error


def _cells(pairs: Iterable[tuple[str, object]], above: str = "") -> Iterator[tuple[str, object]]:
    """Members of an object, those inside members by their path: centre.type, centre.coordinates.0."""
    for name, value in pairs:
        if isinstance(value, dict):
            yield from _cells(value.items(), f"{above}{name}.")
        elif isinstance(value, list) and not any(isinstance(one, dict | list) for one in value):
            yield from ((f"{above}{name}.{place}", one) for place, one in enumerate(value))
        else:
            yield f"{above}{name}", value


def _named(names: Sequence[str], pattern: str, path: Path) -> str:
    """The one column whose name is like `pattern`."""
    found = [name for name in names if re.fullmatch(pattern, name)]
    if len(found) != 1:
        raise SourceError(f"{path.name}: {len(found) or 'no'} column like {pattern}; the file has: {_listed(names)}")
    return found[0]


def _listed(names: Sequence[str]) -> str:
    """As many names as a line of a message can bear."""
    return textwrap.shorten(", ".join(names), 400, placeholder=" …")


def _in_text(frame: pl.DataFrame) -> pl.DataFrame:
    """Types that a column has already are kept where they are those of its contract."""
    return frame.with_columns(
        pl.col(name).cast(pl.String) for name, dtype in frame.schema.items() if dtype != polars_type(FIELDS[name])
    )


def _with_absences(frame: pl.DataFrame, contract: Contract) -> pl.DataFrame:
    """`x_absence` beside each figure `x` that may be secret: the mark becomes null with its reason, never zero."""
    for name in [c.removesuffix("_absence") for c in contract.columns if c.endswith("_absence")]:
        mark = pl.col(name).cast(pl.String).str.to_lowercase()
        reason = mark.replace_strict(list(ABSENCES), list(ABSENCES.values()), default=None, return_dtype=pl.String)
        frame = frame.with_columns(
            pl.when(pl.col(name).is_null()).then(pl.lit("vide")).otherwise(reason).alias(f"{name}_absence"),
            pl.when(reason.is_null()).then(pl.col(name)).alias(name),
        )
    return frame
