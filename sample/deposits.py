"""Writing a return in the layout its member uses.

What belongs here: workbooks, archives and folders of CSV files, encodings, separators, how dates, decimals and yes/no
are typed. What does not: what a return lists (returns.py). The same return gives the same bytes: no clock is read.
"""

import csv
import io
import os
import zipfile
from collections.abc import Callable
from datetime import UTC, date, datetime, time
from pathlib import Path

import xlsxwriter

from sample.returns import Return
from sample.vocabulary import TABLE_COLUMNS

SUMMARY_COLUMNS = ("champ", "valeur")
# CSV layouts: (encoding, separator, end of line, date format, decimal mark)
CSV_LAYOUTS = {
    "zip_cp1252": ("cp1252", ";", "\r\n", "%d/%m/%Y", ","),
    "zip_utf8": ("utf-8", ",", "\n", "%Y-%m-%d", "."),
    "zip_utf8_bom": ("utf-8-sig", ";", "\r\n", "%Y-%m-%d", "."),
    "folder": ("utf-8", ";", "\n", "%Y-%m-%d", "."),
}
EXTENSION = {"xlsx": ".xlsx", "folder": ""}


def write_return(landing: Path, ret: Return) -> Path:
    """Write a return under landing/<siren>/ and return the path of the file or folder. Its time is the extraction's."""
    layout = ret.member.habits["layout"]
    folder = landing / ret.member.siren
    target = folder / f"{ret.period}{ret.suffix}{EXTENSION.get(layout, '.zip')}"
    moment = datetime.combine(ret.extracted, time(9 if not ret.suffix else 10), UTC).timestamp()
    if layout == "folder":
        for name, content in _csv_files(ret, layout):
            _put(target / name, content, moment)
    else:
        content = _workbook(ret) if layout == "xlsx" else _archive(_csv_files(ret, layout))
        _put(target, content, moment)
    return target


def _put(path: Path, content: bytes, moment: float) -> None:
    """Write beside, then rename: a watcher never sees half a file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.part")
    beside.write_bytes(content)
    os.utime(beside, (moment, moment))
    beside.replace(path)


def _sheets(ret: Return) -> list[tuple[str, tuple[str, ...], list[tuple]]]:
    """(name, columns, rows) of every table of a return, `remontee` first."""
    return [
        ("remontee", SUMMARY_COLUMNS, ret.summary()),
        *((table, columns, ret.tables[table]) for table, columns in TABLE_COLUMNS.items()),
    ]


def _csv_files(ret: Return, layout: str) -> list[tuple[str, bytes]]:
    encoding, separator, line_end, date_format, decimal = CSV_LAYOUTS[layout]
    yes, no = ret.member.habits["yes_no"]
    write: dict[type, Callable] = {
        str: str,
        int: str,
        float: lambda value: f"{value:.4f}".rstrip("0").rstrip(".").replace(".", decimal),
        date: lambda value: value.strftime(date_format),
        bool: lambda value: yes if value else no,
        type(None): lambda value: "",
    }
    files = []
    for name, columns, rows in _sheets(ret):
        text = io.StringIO(newline="")
        writer = csv.writer(text, delimiter=separator, lineterminator=line_end)
        writer.writerow(columns)
        writer.writerows([write[type(value)](value) for value in row] for row in rows)
        files.append((f"{name}.csv", text.getvalue().encode(encoding)))
    return files


def _archive(files: list[tuple[str, bytes]]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in files:
            entry = zipfile.ZipInfo(name)  # dated 1980: no clock
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, content, compresslevel=6)
    return buffer.getvalue()


def _workbook(ret: Return) -> bytes:
    """One sheet a table: identifiers and codes are text cells, numbers are numbers, dates follow the member's habit."""
    habits = ret.member.habits
    yes, no = habits["yes_no"]
    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer, {"in_memory": True})
    book.set_properties({"created": datetime(2024, 1, 1), "author": "", "comments": "Données fictives"})
    day = book.add_format({"num_format": "dd/mm/yyyy"})
    bold = book.add_format({"bold": True})
    for name, columns, rows in _sheets(ret):
        sheet = book.add_worksheet(name)
        sheet.write_row(0, 0, columns, bold)
        text, number, moment = sheet.write_string, sheet.write_number, sheet.write_datetime
        for line, row in enumerate(rows, start=1):
            for column, value in enumerate(row):
                kind = type(value)
                if kind is str:
                    text(line, column, value)
                elif kind is int or kind is float:
                    number(line, column, value)
                elif kind is date:
                    if habits["date_as_text"]:
                        text(line, column, value.strftime("%d/%m/%Y"))
                    else:
                        moment(line, column, value, day)
                elif kind is bool:
                    text(line, column, yes if value else no)
    book.close()
    return buffer.getvalue()
