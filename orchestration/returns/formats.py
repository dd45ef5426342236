"""Bytes of one file -> its `Part`s: sheets of a workbook, files of a zip, one CSV or one fluxIAE export.

Here: formats told by their first bytes, encodings, separators, the row of the header, true line numbers, what an
archive may hold and how much. Not here: what a table is, which data is forbidden (`reading.py`), foreign columns
(`adapters.py`), checks inside a workbook's XML (`workbooks.py`). Nothing is guessed: what cannot be read raises
UnreadableError, never an empty table.
"""

import csv
import io
import re
import stat
import struct
import zipfile
import zlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice, pairwise
from pathlib import PurePosixPath

import polars as pl

from contracts.codes import plain
from contracts.french import agreed
from orchestration.resources import sha256_of
from orchestration.returns.limits import MAX_CELLS, MAX_COLUMNS, MAX_FILES, MAX_LINE, MAX_UNPACKED

#: What `Reader.fit` answers for a row of names that is surely a header.
SURE = 1_000
#: Between the name of a column that a header gives again and its rank: no name that a header gives can hold it.
AGAIN = "\u00a0"
#: The header stands among the first filled rows.
HEADER_WITHIN = 20
_LONGEST_NAME = 200
#: A zip that holds one of these is a workbook: .xlsx the first, .ods the second.
_WORKBOOK_PARTS = {"[Content_Types].xml", "content.xml"}
_ZIP, _ZIP_ENTRY = (b"PK\x03\x04", b"PK\x05\x06"), b"PK\x01\x02"
#: Only these two are in use, and neither needs more memory than what it unpacks.
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
#: What Python's zip reader raises on an archive that is cut short, damaged, or locked with a password.
_DAMAGED = (zipfile.BadZipFile, zlib.error, RuntimeError, EOFError, OSError, ValueError, struct.error)
_FILLED = re.compile(r"\S")
#: First bytes of what members also send -> what it is.
_REFUSED_FORMATS = {
    b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1": "un classeur .xls ancien ou protégé par un mot de passe",
    b"%PDF": "un document PDF",
    b"{\\rtf": "un texte mis en forme (RTF)",
    b"\x1f\x8b": "une archive .gz",
    b"7z\xbc\xaf\x27\x1c": "une archive .7z",
    b"Rar!": "une archive .rar",
}
_WEB_PAGE = re.compile(rb"(?:\xef\xbb\xbf)?\s*<(?:!doctype\s+html|html|head|body|table|meta|style|\?xml)\b", re.I)
_MARKS = {b"\xef\xbb\xbf": "utf-8-sig", b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}
#: Bytes that no text holds on purpose: removed. Tab and ends of lines stay; a NUL says that it is no text at all.
_INVISIBLE = bytes({*range(1, 32), 127} - {9, 10, 13})
#: Characters that no XML, so no receipt in .xlsx, can hold.
_NO_XML = r"[\x00-\x08\x0B\x0C\x0E-\x1F\x7F\uFFFE\uFFFF]"
_FLUX_FIRST = re.compile(r"DEB([A-Za-zÀ-ÿ][A-Za-zÀ-ÿ_]*?)[\s_.:|-]*(\d[\d\s_.:|TZ-]*)?$")
#: The last line of such an export: FIN, the name of its view, a stamp; not a row whose first word begins like it.
_FLUX_LAST = re.compile(r"FIN[A-Z][a-zé][A-Za-zÀ-ÿ_]*[\s_.:|;,-]*\d[\d\s_.:|;,TZ-]*$")
_FLUX_COUNT = re.compile(r"(?:[|=:]|\s)\s*(\d{1,7})\s*\|?$")


class UnreadableError(Exception):
    """The file cannot or must not be read: a rule of `contracts.rules`, and what the member is told (French)."""

    def __init__(self, about: str, rule: str = "fichier_illisible"):
        super().__init__(about)
        self.rule = rule


@dataclass(frozen=True)
class Part:
    """One sheet or file of a deposit: its name, its cells as text (with their `ligne`), and the same as one text.

    `above`: cells of the lines above the header, which are in `text` but in no row. `shown`: what a receipt calls it.
    """

    name: str
    frame: pl.DataFrame
    text: str
    above: tuple[str, ...] = ()
    shown: str = ""


@dataclass
class Reader:
    """Reads the files of one deposit; what is left of the limits is counted over all of them.

    `shown`: what a receipt may call a file of that name and rank. `fit`: how well a set of plain names fits a header,
    `SURE` when it is one. `notes`: French sentences for the receipt about what was left aside.
    """

    shown: Callable[[str, int], str]
    fit: Callable[[set[str]], int]
    notes: list[str] = field(default_factory=list)
    unpacked: int = MAX_UNPACKED
    cells: int = MAX_CELLS
    seen: set[str] = field(default_factory=set)

    def parts(self, name: str, rank: int, content: bytes, inside: str | None = None) -> Iterator[Part]:
        """The sheets or files inside one file; what it is is told by its first bytes, whatever its name says.

        `inside`: the archive that holds it.
        """
        shown = self.shown(name, rank)
        if content and (fingerprint := sha256_of(content)) in self.seen:
            self.notes.append(f"Le fichier {shown} est là deux fois, à l'identique : lu une seule fois.")
            return
        if content:
            self.seen.add(fingerprint)
        if content.startswith(_ZIP):
            yield from self._packed(shown, content, inside)
            return
        for mark, kind in _REFUSED_FORMATS.items():
            if content.startswith(mark):
                raise UnreadableError(f"le fichier {shown} est {kind}")
        if _WEB_PAGE.match(content[:4096]):
            raise UnreadableError(
                f"le fichier {shown} est une page web (HTML ou XML) sous un autre nom, comme en font certains "
                "logiciels ; ouvrez-le dans un tableur avant de l'enregistrer"
            )
        yield _text_part(self, shown, content)

    def _packed(self, name: str, content: bytes, inside: str | None) -> Iterator[Part]:
        if content.count(_ZIP_ENTRY) > MAX_FILES:
            raise UnreadableError(f"l'archive {name} : plus de {MAX_FILES}", "trop_de_fichiers")
        try:
            entries = zipfile.ZipFile(io.BytesIO(content)).infolist()
        except _DAMAGED:
            raise UnreadableError(f"l'archive {name} est abîmée ou incomplète") from None
        if _WORKBOOK_PARTS & {entry.filename for entry in entries}:
            from orchestration.returns import workbooks

            yield from workbooks.parts(self, name, content, entries)
            return
        if inside:
            raise UnreadableError(f"l'archive {inside} contient une autre archive", "archive_piegee")
        files = [e for e in entries if not e.is_dir() and not e.filename.startswith("__MACOSX/")]
        for rank, entry in enumerate(files, start=1):
            # The name only says which table it may be: nothing is ever written under it.
            short = PurePosixPath(entry.filename.replace("\\", "/")).name
            if stat.S_ISLNK(entry.external_attr >> 16):
                raise UnreadableError(f"l'archive {name} contient un lien symbolique", "archive_piegee")
            data = self.unpack(name, content, entry, f"le fichier {self.shown(short, rank)}, dans l'archive {name},")
            yield from self.parts(short, rank, data, inside=name)

    def unpack(self, name: str, content: bytes, entry: zipfile.ZipInfo, what: str) -> bytes:
        """The bytes of an entry: exactly as many as it declares, within what is left of the deposit's limit."""
        if entry.flag_bits & 1 or entry.compress_type not in _METHODS:
            raise UnreadableError(f"{what} est protégé par un mot de passe ou comprimé d'une façon inconnue")
        if entry.file_size > self.unpacked:
            raise UnreadableError(f"{name} dépasse {MAX_UNPACKED // 1_000_000} Mo une fois ouvert", "fichier_trop_gros")
        self.unpacked -= entry.file_size
        damaged = UnreadableError(f"{what} est abîmé")
        start = entry.header_offset + 30
        if content[entry.header_offset : start][:4] != _ZIP[0] or len(content) < start:
            raise damaged
        start += sum(struct.unpack_from("<HH", content, entry.header_offset + 26))
        packed = memoryview(content)[start : start + entry.compress_size]
        if entry.compress_type == zipfile.ZIP_STORED:
            data, is_whole = bytes(packed), True
        else:
            inflating = zlib.decompressobj(-15)
            try:
                data = inflating.decompress(packed, entry.file_size + 1)
            except zlib.error:
                raise damaged from None
            if len(data) > entry.file_size:
                raise UnreadableError(f"{what} est plus gros qu'il ne l'annonce", "archive_piegee")
            is_whole = inflating.eof
        if not is_whole or len(data) != entry.file_size or zlib.crc32(data) != entry.CRC:
            raise damaged
        return data

    def count_cells(self, name: str, rows: int, columns: int) -> None:
        """Takes a sheet's or a file's extent from what is left, before memory is taken for it."""
        self.cells -= rows * columns
        if self.cells < 0:
            limit = f"{MAX_CELLS:,}".replace(",", " ")
            raise UnreadableError(f"{name} : plus de {limit} cellules", "trop_de_lignes")


# --- header and columns, of sheets and files alike -----------------------------------------------------------------


def plain_names(cells: Iterable[str | None]) -> set[str]:
    """Cells as names of columns: without accents, case and punctuation."""
    named = islice((cell for cell in cells if cell and len(cell) < _LONGEST_NAME), MAX_COLUMNS)
    return {plain(cell).replace(" ", "_") for cell in named} - {""}


def header_of(rows: Iterable[tuple[int, Iterable[str | None]]], fit: Callable[[set[str]], int]) -> int | None:
    """The place of the header among (place, cells): the first that surely is one, else the one that fits best."""
    best, found = 1, None
    for place, cells in rows:
        score = fit(plain_names(cells))
        if score >= SURE:
            return place
        if score > best:
            best, found = score, place
    return found


def framed(name: str, rows: pl.DataFrame, header: Iterable[str | None], lines: int | pl.Series) -> pl.DataFrame:
    """`rows` of text under the cells of `header`, with the number of each line of the file as `ligne`.

    `lines`: those numbers, or the first of numbers without gaps. Columns without a name that hold nothing are
    dropped; a column that the file itself calls `ligne` gives way.
    """
    # Formulas, quotes and open documents make cells of empty text: they hold nothing.
    rows = rows.with_columns(pl.when(pl.col(rows.columns) != "").then(pl.col(rows.columns)).name.keep())
    cells = [" ".join((cell or "").split()) for cell in header]
    named = zip(rows.columns, cells, strict=True)
    kept = [(column, cell) for column, cell in named if cell or rows[column].null_count() < rows.height]
    if len(kept) > MAX_COLUMNS:
        raise UnreadableError(f"{name} : {len(kept)} colonnes, {MAX_COLUMNS} au plus", "trop_de_colonnes")
    taken = {"ligne": 1}
    names = []
    for place, (_, cell) in enumerate(kept, start=1):
        wanted = free = cell or f"sans nom {place}"
        while free in taken:
            taken[wanted] += 1
            free = f"{wanted}{AGAIN}{taken[wanted]}"
        taken[free] = 1
        names.append(free)
    if not kept:
        return pl.DataFrame(schema={"ligne": pl.UInt32})
    found = rows[[column for column, _ in kept]]
    found.columns = names
    if isinstance(lines, int):
        return found.with_row_index("ligne", offset=lines)
    return found.insert_column(0, lines.alias("ligne"))


def noted_above(reader: Reader, name: str, lines: int) -> None:
    """Says that lines above the header were set aside."""
    if lines:
        reader.notes.append(f"{name} : {agreed(lines, 'ligne(s) au-dessus des noms de colonnes, laissée(s) de côté.')}")


def without_apostrophes(frame: pl.DataFrame, text: str) -> pl.DataFrame:
    """Text that a spreadsheet marked as text with a leading apostrophe, without it."""
    return frame.with_columns(pl.col(pl.String).str.replace(r"^'([0-9])", "${1}")) if "'" in text else frame


def without_invisible(reader: Reader, name: str, frame: pl.DataFrame, text: str) -> tuple[pl.DataFrame, str]:
    """A sheet without the characters that no receipt could hold."""
    raw = text.encode()
    if len(raw.translate(None, b"\x00" + _INVISIBLE)) < len(raw) or "\ufffe" in text or "\uffff" in text:
        _note_invisible(reader, name)
        frame = frame.with_columns(pl.col(pl.String).str.replace_all(_NO_XML, ""))
        text = frame.write_csv(include_header=False)
    return frame, text


def _note_invisible(reader: Reader, name: str) -> None:
    reader.notes.append(f"{name} : des caractères de contrôle, invisibles, ont été retirés.")


# --- CSV -----------------------------------------------------------------------------------------------------------


def _text_part(reader: Reader, name: str, content: bytes) -> Part:
    text = _decoded(reader, name, content)
    head = _head(name, text)
    stem = PurePosixPath(name).stem
    if not head:
        return Part(stem, pl.DataFrame(), "")
    if view := _flux_view(head):
        return _flux(reader, name, view, text)
    if _FLUX_LAST.match(text.rstrip()[-200:].rpartition("\n")[2]):
        raise UnreadableError(
            f"le fichier {name} finit comme un export de l'ASP, par une ligne FIN…, mais sa première ligne, DEB…, "
            "manque ; déposez l'export entier, tel qu'il est sorti"
        )
    separator, place = _layout(reader, head)
    number, start, first = head[place]
    above = tuple(cell for _, _, line in head[:place] for cell in _cells(line, separator))
    frame, cells = _table_of(reader, name, text[start:], first, separator)
    noted_above(reader, f"Fichier {name}", place)
    lines = _line_numbers(frame, number, '"' in text)
    frame = framed(f"le fichier {name}", frame, cells, lines)
    return Part(stem, without_apostrophes(frame, text), text, above, name)


def _decoded(reader: Reader, name: str, content: bytes) -> str:
    """UTF-8 when it is valid UTF-8, UTF-16 when its mark says so, else cp1252, which French office software writes."""
    mark = next((mark for mark in _MARKS if content.startswith(mark)), b"")
    try:
        if _MARKS.get(mark) == "utf-16":
            content = content.decode("utf-16").encode()
        if b"\x00" in content:
            raise UnreadableError(f"le fichier {name} n'est ni un classeur, ni une archive, ni un fichier CSV")
        kept = content.translate(None, _INVISIBLE)
        try:
            text = kept.decode("utf-8-sig")
        except UnicodeDecodeError:
            text = kept.decode("cp1252")
    except UnicodeDecodeError:
        raise UnreadableError(f"l'encodage du fichier {name} n'est ni UTF-8 ni Windows-1252") from None
    if "\ufffe" in text or "\uffff" in text:
        text, kept = text.replace("\ufffe", "").replace("\uffff", ""), b""
    if len(kept) != len(content):
        _note_invisible(reader, f"Fichier {name}")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _head(name: str, text: str) -> list[tuple[int, int, str]]:
    """(number, where it starts, line) of the first lines that hold something."""
    head, start, number = [], 0, 1
    while len(head) < HEADER_WITHIN and (filled := _FILLED.search(text, start)):
        number += text.count("\n", start, filled.start())  # blank lines cost nothing, be there millions
        start = text.rfind("\n", 0, filled.start()) + 1
        end = text.find("\n", start)
        end = len(text) if end < 0 else end
        if end - start > MAX_LINE:
            raise UnreadableError(f"le fichier {name} : une ligne d'un million de caractères", "trop_de_colonnes")
        head.append((number, start, text[start:end]))
        start, number = end + 1, number + 1
    return head


def _cells(line: str, separator: str) -> list[str]:
    try:
        return next(csv.reader([line], delimiter=separator), [])
    except csv.Error:  # a cell longer than any name of a column
        return line.split(separator)


def _layout(reader: Reader, head: list[tuple[int, int, str]]) -> tuple[str, int]:
    """Separator and place of the header: what makes a header recognisable, else the most regular separator.

    A decimal comma or a title with semicolons must not decide.
    """
    guesses = [
        ((separator, place), [cell for cell in _cells(line, separator) if cell.strip()])
        for place, (_, _, line) in enumerate(head)
        for separator in sorted(";\t|,", key=line.count, reverse=True)
    ]
    if found := header_of(guesses, reader.fit):
        return found
    regular = {}
    for separator in ";\t|,":
        (count, lines), *_ = Counter(line.count(separator) for _, _, line in head).most_common(1)
        regular[separator] = (bool(count), lines, count)
    separator = max(regular, key=regular.get)
    return separator, next((place for place, (_, _, line) in enumerate(head) if line.strip(f"{separator} \t")), 0)


def _table_of(reader: Reader, name: str, body: str, first: str, separator: str) -> tuple[pl.DataFrame, list[str]]:
    """Rows below the header `first`, and the header's cells."""
    width = first.count(separator) + 1
    if width > MAX_COLUMNS:  # spreadsheets may write an empty cell for each of their 16,384 columns
        bar = re.escape(separator)
        body = re.sub(rf"(?<!{bar}){bar}+$", "", body, flags=re.M)
        width = body.partition("\n")[0].count(separator) + 1
        if width > MAX_COLUMNS:
            raise UnreadableError(f"le fichier {name} : {width} colonnes, {MAX_COLUMNS} au plus", "trop_de_colonnes")
    reader.count_cells(f"le fichier {name}", body.count("\n") + 1, width)
    try:
        frame = pl.read_csv(body.encode(), separator=separator, infer_schema=False, encoding="utf8")
    except pl.exceptions.PolarsError as error:
        raise UnreadableError(f"les lignes du fichier {name} n'ont pas toutes le même nombre de colonnes") from error
    # A quote that is opened and closed lines later swallows the rows between, and nobody would know.
    swallowed = pl.col(pl.String).str.contains("\n") & pl.col(pl.String).str.contains(separator, literal=True)
    if '"' in body and frame.select(pl.any_horizontal(swallowed.any())).to_series().any():
        raise UnreadableError(f"un guillemet du fichier {name} n'est pas fermé sur sa ligne")
    cells = _cells(body.partition("\n")[0], separator)
    return frame, cells if len(cells) == frame.width else frame.columns


def _line_numbers(frame: pl.DataFrame, header_line: int, may_be_quoted: bool) -> int | pl.Series:
    """Number in the file of the first line of each row; a quoted cell may hold ends of lines."""
    first = header_line + 1 + sum(column.count("\n") for column in frame.columns)
    if not may_be_quoted or not frame.width:
        return first
    broken = frame.select(pl.sum_horizontal(pl.all().str.count_matches("\n").fill_null(0)).cum_sum()).to_series()
    return pl.int_range(first, first + frame.height, dtype=pl.UInt32, eager=True) + broken.shift(1, fill_value=0)


# --- fluxIAE: text exports of the ASP ------------------------------------------------------------------------------


def _flux_view(head: list[tuple[int, int, str]]) -> str | None:
    """The view that the first line announces: DEB, its name, a stamp; None when it is no such export.

    A header whose first column is DEBUT is none: a stamp of digits follows, or columns between bars on the next line.
    """
    found = _FLUX_FIRST.match(head[0][2].strip().rstrip(";,")[:200])  # a spreadsheet fills the line up
    if not found:
        return None
    is_stamped = len(re.sub(r"\D", "", found[2] or "")) >= 6
    return found[1].strip("_") if is_stamped or any("|" in line for _, _, line in head[1:2]) else None


def _flux(reader: Reader, name: str, view: str, text: str) -> Part:
    """`|` between columns, no quotes: a record ends when it has as many bars as the header, be it lines later."""
    if text.count("\n") > MAX_CELLS:
        raise UnreadableError(f"le fichier {name} : {text.count(chr(10))} lignes", "trop_de_lignes")
    lines = text.split("\n")
    while lines and not lines[-1].strip():
        lines.pop()
    if not lines[-1].lstrip().startswith("FIN"):
        raise UnreadableError(f"le fichier {name} est coupé : sa dernière ligne, FIN{view}…, manque")
    top = next(place for place, line in enumerate(lines) if line.strip())
    body = [(place, line) for place, line in enumerate(lines[top + 1 : -1], start=top + 2) if line.strip()]
    if not body:
        raise UnreadableError(f"le fichier {name} n'a pas de ligne de noms de colonnes")
    follows = pairwise(body)
    if any(end.startswith("FIN") and _flux_view([(0, 0, begin)]) for (_, end), (_, begin) in follows):
        raise UnreadableError(f"le fichier {name} contient plusieurs vues l'une après l'autre ; un fichier par vue")
    header = body[0][1].split("|")
    if len(header) == 1 and (other := next((mark for mark in ";,\t" if mark in header[0]), "")):
        shown = {"\t": "des tabulations"}.get(other, f"« {other} »")
        raise UnreadableError(
            f"le fichier {name} est un export de l'ASP (vue {view}) dont les colonnes sont séparées par {shown} et non "
            "par des barres « | », sans doute enregistré par un tableur ; déposez l'export tel qu'il est sorti"
        )
    if len(header) > MAX_COLUMNS:
        about = f"le fichier {name} : {len(header)} colonnes, {MAX_COLUMNS} au plus"
        raise UnreadableError(about, "trop_de_colonnes")
    reader.count_cells(f"le fichier {name}", len(body), len(header))
    numbers, records = _records(name, body[1:], len(header) - 1)
    announced = _FLUX_COUNT.search(lines[-1].strip()[-100:])
    repeats_stamp = re.sub(r"\D", "", lines[-1]) == re.sub(r"\D", "", lines[top])
    if announced and not repeats_stamp and int(announced[1]) != len(records):
        raise UnreadableError(
            f"le fichier {name} est coupé : sa dernière ligne annonce "
            f"{agreed(int(announced[1]), 'enregistrement(s)')}, il en a {len(records)}"
        )
    columns = [f"column_{place}" for place in range(len(header))]
    split = pl.Series("r", records, dtype=pl.String).str.split_exact("|", len(header) - 1)
    frame = split.struct.rename_fields(columns).struct.unnest().with_columns(pl.all().replace("", None))
    found = pl.Series(numbers, dtype=pl.UInt32)
    return Part(view, framed(f"le fichier {name}", frame, header, found), text, shown=name)


def _records(name: str, lines: list[tuple[int, str]], bars: int) -> tuple[list[int], list[str]]:
    """(first line, text) of each record of `bars` bars."""
    numbers: list[int] = []
    records: list[list[str]] = []
    begun: list[str] = []
    first = found = 0
    for number, line in lines:
        more = line.count("|")
        if begun and not found and more == bars:  # what was begun is the end of a last field that broke over lines
            if not records:
                raise UnreadableError(f"la ligne {first} du fichier {name} n'est pas un enregistrement")
            records[-1] += begun
            begun = []
        first = first if begun else number
        found = found + more if begun else more
        begun.append(line)
        if found > bars:
            raise UnreadableError(f"la ligne {number} du fichier {name} a plus de colonnes que ses noms de colonnes")
        if found == bars:
            numbers.append(first)
            records.append(begun)
            begun = []
    if begun and (found or not records):
        raise UnreadableError(f"la ligne {first} du fichier {name} a moins de colonnes que ses noms de colonnes")
    if begun:
        records[-1] += begun
    return numbers, ["\n".join(record) for record in records]
