"""One workbook (.xlsx, .ods) -> its sheets as `Part`s.

Here: what the XML inside may not hold, looked at before the reader takes memory for it, and what the reader leaves
out: errors, formulas without a result, durations. Not here: archives, headers, text files (`formats.py`).
The reader takes memory for every cell between the first and the last one: two cells in opposite corners are enough to
end the process. It resolves no entity and opens nothing outside the file.
"""

import io
import re
import zipfile
from collections.abc import Iterator
from itertools import islice
from xml.parsers import expat

import polars as pl

from contracts.documents import EXPLAINING_SHEETS
from orchestration.returns import formats
from orchestration.returns.formats import Part, Reader, UnreadableError
from orchestration.returns.limits import MAX_CELLS, MAX_LINE, MAX_UNPACKED

_TOO_MANY = "trop_de_lignes"
_ERROR_TEXTS = {
    "Div0": "#DIV/0!", "NA": "#N/A", "Name": "#NAME?", "Null": "#NULL!", "Num": "#NUM!", "Ref": "#REF!",
    "Value": "#VALUE!",
}  # fmt: skip
#: Where a row or a cell says it is.
_PLACE = r"r\s*=\s*[\"']([A-Za-z]*)([0-9]+)"
#: What a sheet of common size, as office software writes it, does not hold: a row from 100,000 on, a column from AA
#: on, a cell that does not begin with its place, a prefix before the names of rows and cells.
_UNCOMMON = r"r\s*=\s*[\"'](?:[A-Za-z]{2,}[0-9]|[A-Za-z]*[0-9]{6})|<c(?:\s+[^r\s]|\s*[>/])|<[^\s<>/]+:(?:row|c)\b"
#: Cells that are errors, or dates as text: the reader makes them empty.
_NO_TEXT = r"t=[\"'][de][\"']"
_CELL, _ROW = r"<(?:[^\s<>/]+:)?c[\s>/]", r"<(?:[^\s<>/]+:)?row[\s>/]"
_EMPTY_CELL = r"<c\s[^<>]*/>|<c\s[^<>/]*></c>"
_EMPTY_ROW = r"<row\s[^<>]*/>|<row\s[^<>/]*>\s*</row>"
_NO_RESULT = re.compile(
    rb"<c\b(?![^<>]*\bt=\"str\")[^<>]*>\s*<f\b[^<>]*(?:/>|>[^<]*</f>)\s*(?:<v\s*/>|<v>\s*</v>)?\s*</c>"
    rb"|<table:table-cell(?=[^<>]*\stable:formula=)(?![^<>]*\soffice:value-type=)[^<>]*>"
)
#: Empty cells at the end of a row, empty rows at the end of a sheet: .ods repeats them up to the last possible one.
_ODS_CELL = r"<table:(?:covered-)?table-cell(?:\s+table:(?:style-name|number-columns-repeated)=\"[^\"<>]*\")*\s*/>"
_ODS_LAST_CELLS = rf"(?:{_ODS_CELL}\s*)+</table:table-row>"
_ODS_LAST_ROWS = r"(?:<table:table-row[^<>]*>\s*</table:table-row>\s*)+</table:table>"
#: Thousands of blanks in one word, and repeats that are no common number.
_ODS_ODD = r"text:c\s*=\s*[\"'](?:[0-9]{5}|[^0-9])|-repeated\s*=\s*[\"'](?:[0-9]*[^0-9\"']|[0-9]{8})"
_ODS_ERROR = re.compile(rb"<table:table-cell\b[^<>]*\scalcext:value-type=\"error\"[^<>]*>")
_CLOCK = r"^(1899-12-3[01]|1900-0[12]-[0-9]{2})[ T]([0-9]{2}):([0-9]{2}):00"
_ISO_CLOCK = re.compile(r"PT(\d+)H(\d+)M(?:0+(?:[.,]0+)?S)?")


def parts(reader: Reader, name: str, content: bytes, entries: list[zipfile.ZipInfo]) -> Iterator[Part]:
    """The sheets of a workbook whose XML has been found harmless."""
    import fastexcel

    content, has_errors, longest = _looked_at(reader, name, content, entries)
    try:
        workbook = fastexcel.read_excel(content)
        if len(workbook.sheet_names) * longest > 4 * MAX_UNPACKED:  # many sheets may be one part, read each time
            raise UnreadableError(f"le classeur {name} répète ses feuilles sans mesure", "archive_piegee")
        for rank, sheet in enumerate(workbook.sheet_names, start=1):
            loaded = workbook.load_sheet(sheet, dtypes="string", header_row=None, skip_rows=0)
            yield _sheet(reader, sheet, rank, loaded, has_errors)
    except fastexcel.FastExcelError as error:
        raise UnreadableError(f"le classeur {name} est abîmé ou incomplet") from error
    except BaseException as error:
        if type(error).__name__ != "PanicException":  # the reader's own failure is no Exception
            raise
        raise UnreadableError(f"le classeur {name} est abîmé") from None


def _looked_at(reader: Reader, name: str, content: bytes, entries: list[zipfile.ZipInfo]) -> tuple[bytes, bool, int]:
    """The workbook to read, whether it has cells that are no text to the reader, and bytes of its longest sheet of
    .xlsx; refuses what is not harmless."""
    names = [entry.filename.casefold() for entry in entries]
    if not {"xl/workbook.xml", "content.xml"} & set(names) or any(n.endswith("workbook.bin") for n in names):
        raise UnreadableError(f"le fichier {name} n'est pas un classeur .xlsx ou .ods")
    if len(set(names)) < len(names):
        raise UnreadableError(f"le classeur {name} contient deux fois la même partie", "archive_piegee")
    has_errors, texts, sheets, readable = False, b"", [], content
    for entry in entries:
        data = reader.unpack(name, content, entry, f"le classeur {name}")
        is_sheet, is_texts = b"sheetData" in data, b"si>" in data
        if is_sheet or entry.filename.casefold().endswith((".xml", ".rels")):
            _refuse_trap(name, data, is_long=is_sheet or is_texts)
        if is_sheet:
            sheets.append(data)
        if is_texts:
            texts += data
        if entry.filename == "content.xml":
            _refuse_repeats(name, data.decode("latin-1"))
            has_errors = b"office:time-value" in data
            readable = _with_errors_as_text(content, entries, data)
        has_formulas = (is_sheet and b"<f" in data) or (entry.filename == "content.xml" and b"table:formula" in data)
        if has_formulas and _NO_RESULT.search(data):
            raise UnreadableError(
                f"le classeur {name} contient des formules dont le résultat n'est pas enregistré ; "
                "ouvrez-le dans un tableur, puis enregistrez-le"
            )
    xmls = pl.Series([sheet.decode("latin-1") for sheet in sheets], dtype=pl.String)
    for xml in xmls.filter(xmls.str.contains(_UNCOMMON)):
        _refuse_extent(name, xml)
    has_errors |= bool(xmls.str.contains(_NO_TEXT).any())
    _refuse_repeated_texts(name, texts, sheets)
    return readable, has_errors, max(map(len, sheets), default=0)


def _refuse_trap(name: str, xml: bytes, is_long: bool) -> None:
    """`is_long`: cells and texts of .xlsx, of which the reader sees the end even where they are cut."""
    if b"\x00" in xml or xml.startswith((b"\xff\xfe", b"\xfe\xff")):  # UTF-16 would hide what is looked for
        raise UnreadableError(f"le classeur {name} est écrit dans un encodage inattendu", "archive_piegee")
    if b"<!DOCTYPE" in xml or b"<!ENTITY" in xml:
        raise UnreadableError(f"le classeur {name} déclare des entités XML", "archive_piegee")
    if not is_long:
        try:  # the reader waits for ever for the end of an .ods that does not end
            expat.ParserCreate().Parse(xml, True)
        except expat.ExpatError:
            raise UnreadableError(f"le classeur {name} est abîmé ou incomplet") from None


def _refuse_extent(name: str, xml: str) -> None:
    """Refuses a sheet of .xlsx whose first and last filled cells are too far apart. Never lower than the truth."""
    sheet = pl.Series([xml])
    filled = sheet.str.replace_all(_EMPTY_CELL, "").str.replace_all(_EMPTY_ROW, "")
    rows, columns = _extent(filled)
    cells, lines = filled.str.count_matches(_CELL)[0], filled.str.count_matches(_ROW)[0]
    if filled.str.count_matches(rf"<(?:c|row)\s+{_PLACE}")[0] < cells + lines:  # some do not say where they are
        in_a_row = pl.Series(xml.split("</row>")).str.count_matches(_CELL).max()
        rows, columns = _extent(sheet)
        rows, columns = rows + sheet.str.count_matches(_ROW)[0], columns + in_a_row
    if rows * columns > MAX_CELLS:
        raise UnreadableError(f"le classeur {name} : {_spaced(rows)} lignes × {_spaced(columns)} colonnes", _TOO_MANY)


def _extent(sheet: pl.Series) -> tuple[int, int]:
    """Last row and last column that are named anywhere."""
    places = sheet.str.extract_all(_PLACE).explode().drop_nulls()
    if places.is_empty():
        return 0, 0
    rows = places.str.extract(_PLACE, 2).cast(pl.UInt64, strict=False).fill_null(MAX_CELLS + 1).max()
    letters = places.str.extract(_PLACE, 1).unique()
    if letters.str.len_bytes().max() > 3:
        return rows, MAX_CELLS + 1
    return rows, max(_column(name.upper()) for name in letters)


def _column(letters: str) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - ord("A") + 1
    return number


def _refuse_repeats(name: str, xml: str) -> None:
    """Refuses a sheet of .ods that a few repeated cells or rows would make too big."""
    trap = UnreadableError(f"le classeur {name} répète des cellules sans mesure", "archive_piegee")
    whole = pl.Series([xml])
    if whole.str.contains(_ODS_ODD)[0]:
        raise trap
    if "-repeated" not in xml:
        return
    for pattern, end in (
        (r"<table:table-column[^<>]*>", ""),
        (_ODS_LAST_CELLS, "</table:table-row>"),
        (_ODS_LAST_ROWS, "</table:table>"),
    ):
        whole = whole.str.replace_all(pattern, end)
    for sheet in whole[0].split("<table:table "):
        rows = pl.Series(sheet.split("</table:table-row>"))
        heights = rows.str.count_matches("<table:table-row") + _repeats(rows, "rows")
        widths = rows.str.count_matches("<table:(?:covered-)?table-cell") + _repeats(rows, "columns")
        if heights.sum() * widths.max() > MAX_CELLS:
            raise trap


def _repeats(rows: pl.Series, what: str) -> pl.Series:
    found = rows.str.extract_all(rf"number-{what}-repeated\s*=\s*[\"'][0-9]+")
    return found.list.eval(pl.element().str.extract("([0-9]+)$", 1).cast(pl.UInt64)).list.sum()


def _refuse_repeated_texts(name: str, texts: bytes, sheets: list[bytes]) -> None:
    """Refuses a workbook whose cells, all together, repeat shared texts into more than may be unpacked."""
    cells = sum(sheet.count(b"<v") + sheet.count(b":v>") for sheet in sheets)
    longest = pl.Series([texts.decode("latin-1")]).str.split("</si>").explode().str.len_bytes().max()
    if longest * cells <= MAX_UNPACKED:
        return
    lengths = [len(text) for text in re.split(rb"</(?:\w+:)?si>", texts)]
    per_text = pl.DataFrame({"text": pl.int_range(len(lengths), dtype=pl.UInt64, eager=True), "length": lengths})
    total = 0
    for sheet in sheets:  # numbers that are no text count too: never lower than the truth
        values = pl.Series([sheet.decode("latin-1")]).str.extract_all(r"<(?:[^\s<>/]+:)?v[^<>]*>\s*[0-9]+").explode()
        numbers = values.str.extract("([0-9]+)$", 1).cast(pl.UInt64, strict=False).alias("text").to_frame()
        total += numbers.join(per_text, on="text")["length"].sum()
    if max(lengths) > MAX_LINE or total > MAX_UNPACKED:
        raise UnreadableError(f"le classeur {name} répète des textes sans mesure", "archive_piegee")


def _with_errors_as_text(content: bytes, entries: list[zipfile.ZipInfo], xml: bytes) -> bytes:
    """The .ods with the text of each error (#N/A) as the value of its cell: the reader would make it empty, or 0."""
    if not _ODS_ERROR.search(xml):
        return content

    def as_text(found: re.Match) -> bytes:
        tag = re.sub(rb"\soffice:[\w-]+=\"[^\"]*\"", b"", found[0])
        return tag.replace(b"<table:table-cell", b'<table:table-cell office:value-type="string"', 1)

    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(made, "w") as new:
        for entry in entries:
            data = _ODS_ERROR.sub(as_text, xml) if entry.filename == "content.xml" else old.read(entry)
            new.writestr(zipfile.ZipInfo(entry.filename), data)
    return made.getvalue()


def _sheet(reader: Reader, sheet: str, rank: int, loaded, has_errors: bool) -> Part:
    shown = f"Feuille {reader.shown(sheet, rank)}"
    reader.count_cells(shown, loaded.total_height, loaded.width)
    if not loaded.width:
        return Part(sheet, pl.DataFrame(), "")
    if has_errors:
        batch, errors = loaded.to_arrow_with_errors()
        grid = _with_errors(pl.from_arrow(batch), errors.errors if errors else [])
    else:
        grid = loaded.to_polars()
    grid, text = formats.without_invisible(reader, shown, grid, grid.write_csv(include_header=False))
    if "1899-12-3" in text or "1900-0" in text:
        grid = grid.with_columns(_clock(column) for column in grid.columns)
    head = list(islice(_filled_rows(grid), formats.HEADER_WITHIN))
    if not head:
        return Part(sheet, pl.DataFrame(), "")
    found = formats.header_of(head, reader.fit)
    place = head[0][0] if found is None else found
    titles = [row for above, row in head if above < place]
    if sheet not in EXPLAINING_SHEETS:  # of our own words nothing need be said
        formats.noted_above(reader, shown, len(titles))
        if loaded.visible != "visible" and found is not None:
            reader.notes.append(f"{shown} : masquée dans le classeur, lue quand même.")
    rows = grid.slice(place + 1)
    frame = formats.framed(shown, rows, grid.row(place), place + 2)
    above = tuple(cell for row in titles for cell in row if cell)
    return Part(sheet, formats.without_apostrophes(frame, text), text, above, reader.shown(sheet, rank))


def _filled_rows(grid: pl.DataFrame) -> Iterator[tuple[int, tuple]]:
    for start in range(0, grid.height, 100):
        for place, row in enumerate(grid.slice(start, 100).rows(), start=start):
            if any(cell is not None for cell in row):
                yield place, row


def _with_errors(grid: pl.DataFrame, errors: list) -> pl.DataFrame:
    """What is no text to the reader, in its place: the sign of an error, so that no rule takes it for an empty cell."""
    found: dict[int, dict[int, str]] = {}
    for error in errors:
        row, column = error.position
        told = re.search(r"(\w+)\((.*)\)", error.detail)
        kind, value = (told[1], told[2].strip('"')) if told else ("", "")
        if clock := _ISO_CLOCK.fullmatch(value):
            value = f"{int(clock[1])}:{clock[2]}"
        elif kind == "Error":
            value = _ERROR_TEXTS.get(value, "#ERREUR!")
        found.setdefault(column, {})[row] = value
    return grid.with_columns(
        grid.to_series(column).cast(pl.String).scatter(list(cells), list(cells.values()))
        for column, cells in found.items()
    )


def _clock(column: str) -> pl.Expr:
    """Hours and minutes of a cell that a spreadsheet keeps as a date at the beginning of 1900: 26:30."""
    text = pl.col(column)
    days = (text.str.extract(_CLOCK, 1).str.to_date(strict=False) - pl.date(1899, 12, 31)).dt.total_days()
    hours = days * 24 + text.str.extract(_CLOCK, 2).cast(pl.Int64)
    return pl.coalesce(pl.format("{}:{}", hours, text.str.extract(_CLOCK, 3)), text)


def _spaced(number: int) -> str:
    return f"{number:,}".replace(",", " ")
