"""Files made to do harm, too big, or not what they seem: refused in plain words, at little cost, others unharmed.

Here: archives, workbooks and texts. Not here: what may lie in a landing folder (`test_hostile_folders.py`).
"""

import io
import os
import stat
import struct
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

import fastexcel
import pytest
from intake import (
    OTHER_SIREN,
    PEOPLE,
    SIREN,
    a_return,
    as_open_document,
    as_workbook,
    as_zip,
    counts,
    csv_bytes,
    deposit,
    landed,
    places_of,
    rules,
    take_in,
    tree,
)

from orchestration.resources import PROJECT, Keyring
from orchestration.returns import limits, publishing, reading

_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_DOC = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"


# --- archives and workbooks made by hand ---------------------------------------------------------------------------


def packed(*entries: tuple[str | zipfile.ZipInfo, bytes]) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name, data in entries:
            archive.writestr(name, data)
    return made.getvalue()


def workbook(rows: str, before: str = "", texts: str = "", more: tuple[tuple[str, bytes], ...] = ()) -> bytes:
    """A minimal .xlsx with one sheet, `heures`, of those XML rows."""

    def related(*kinds: tuple[str, str]) -> bytes:
        links = "".join(
            f'<Relationship Id="rId{i}" Type="{_DOC}/{kind}" Target="{target}"/>'
            for i, (kind, target) in enumerate(kinds, start=1)
        )
        return f'<?xml version="1.0"?><Relationships xmlns="{_PACKAGE}">{links}</Relationships>'.encode()

    sheets = f'<sheets><sheet name="heures" sheetId="1" xmlns:r="{_DOC}" r:id="rId1"/></sheets>'
    names = f'xmlns="{_MAIN}" xmlns:x="{_MAIN}"'
    sheet = f'<?xml version="1.0"?>{before}<worksheet {names}><sheetData>{rows}</sheetData></worksheet>'
    return packed(
        ("[Content_Types].xml", b"<Types/>"),
        ("_rels/.rels", related(("officeDocument", "xl/workbook.xml"))),
        ("xl/workbook.xml", f'<workbook xmlns="{_MAIN}">{sheets}</workbook>'.encode()),
        (
            "xl/_rels/workbook.xml.rels",
            related(("worksheet", "worksheets/sheet1.xml"), ("sharedStrings", "sharedStrings.xml")),
        ),
        ("xl/worksheets/sheet1.xml", sheet.encode()),
        ("xl/sharedStrings.xml", f'<sst xmlns="{_MAIN}">{texts}</sst>'.encode()),
        *more,
    )


def cell(place: str, text: str = "1") -> str:
    return f'<c r="{place}"><v>{text}</v></c>'


def document(rows: str, before: str = "") -> bytes:
    """A minimal .ods with one sheet, `heures`."""
    with zipfile.ZipFile(io.BytesIO(as_open_document({"heures": [{"x": "1"}]}))) as old:
        parts = {name: old.read(name) for name in old.namelist()}
    start, end = parts["content.xml"].split(b"<table:table-row>", 1)[0], b"</table:table>"
    tail = end + parts["content.xml"].split(end, 1)[1]
    parts["content.xml"] = before.encode() + start + rows.encode() + tail
    return packed(*((zipfile.ZipInfo(name), data) for name, data in parts.items()))


def ods_row(cells: str, times: int = 1) -> str:
    return f'<table:table-row table:number-rows-repeated="{times}">{cells}</table:table-row>'


def ods_cell(text: str = "x", times: int = 1, inside: str = "") -> str:
    return (
        f'<table:table-cell office:value-type="string" table:number-columns-repeated="{times}">'
        f"<text:p>{text}{inside}</text:p></table:table-cell>"
    )


def lying(data: bytes, says: int) -> bytes:
    """The archive whose first entry declares another size, in both places."""
    made = bytearray(data)
    for mark, offset in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        struct.pack_into("<I", made, made.find(mark) + offset, says)
    return bytes(made)


def linked(name: str, target: str) -> bytes:
    entry = zipfile.ZipInfo(name)
    entry.create_system, entry.external_attr = 3, (stat.S_IFLNK | 0o777) << 16
    return packed((entry, target.encode()))


_ENTITIES = '<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;"><!ENTITY f SYSTEM "file:///etc/passwd">]>'
_WIDE = ";".join(f"c{i}" for i in range(16_384))

HOSTILE: dict[str, tuple[Callable[[], bytes | dict[str, bytes]], str]] = {
    "an archive that unpacks to too much": (
        lambda: packed(("heures.csv", bytes(limits.MAX_UNPACKED + 1))), "fichier_trop_gros"),
    "files that are too much together": (
        lambda: packed(*((f"{i}.csv", b"a;b\n" + (b"%d" % i + bytes([120]) * 899_998 + b"\n") * 84) for i in range(5))),
        "fichier_trop_gros"),
    "an archive that unpacks to more than it says": (
        lambda: lying(packed(("heures.csv", bytes(10_000_000))), 1000), "archive_piegee"),
    "an archive that unpacks to less than it says": (
        lambda: lying(packed(("heures.csv", b"a;b\n" * 9)), 10_000_000), "fichier_illisible"),
    "a workbook that unpacks to more than it says": (
        lambda: lying(packed(("xl/workbook.xml", bytes(10_000_000)), ("[Content_Types].xml", b"")), 1000),
        "archive_piegee"),
    "an archive in an archive": (lambda: packed(("a.zip", as_zip(a_return()))), "archive_piegee"),
    "too many entries": (
        lambda: packed(*((f"{i}.csv", b"") for i in range(limits.MAX_FILES + 1))), "trop_de_fichiers"),
    "a symbolic link in an archive": (lambda: linked("heures.csv", "/etc/passwd"), "archive_piegee"),
    "entities in a workbook": (
        lambda: workbook(f'<row r="1">{cell("A1", "&f;")}</row>', _ENTITIES), "archive_piegee"),
    "entities in an open document": (lambda: document(ods_row(ods_cell("&b;")), _ENTITIES), "archive_piegee"),
    "a workbook in UTF-16": (
        lambda: workbook("", more=(("xl/theme.xml", "<!DOCTYPE x>".encode("utf-16")),)), "archive_piegee"),
    "the same part twice in a workbook": (
        lambda: workbook("", more=(("XL/worksheets/Sheet1.xml", b"<worksheet/>"),)), "archive_piegee"),
    "two cells in opposite corners": (
        lambda: workbook(f'<row r="1">{cell("A1")}</row><row r="1048576">{cell("XFD1048576")}</row>'),
        "trop_de_lignes"),
    "two cells in opposite corners, in other words": (
        lambda: workbook(f"<x:row r = '1'>{cell('a1')}</x:row>"
                         "<x:row><x:c s='1' r='xfd1048576'><x:v>1</x:v></x:c></x:row>"),
        "trop_de_lignes"),
    "cells that do not say where they are": (
        lambda: workbook(f'<row r="1"><c><v>1</v></c></row><row r="900000">{"<c><v>1</v></c>" * 30}</row>'),
        "trop_de_lignes"),
    "columns beyond any sheet": (
        lambda: workbook(f'<row r="1">{cell("A1")}{cell("ZZZZZZ1")}</row>'), "trop_de_lignes"),
    "rows beyond any sheet": (
        lambda: workbook(f'<row r="1">{cell("A1")}{cell("B99999999999999999999")}</row>'), "trop_de_lignes"),
    "a long text repeated in every cell": (
        lambda: workbook(
            "".join(f'<row r="{i}"><c r="A{i}" t="s"><v>0</v></c></row>' for i in range(1, 20_001)),
            texts=f"<si><t>{'x' * 30_000}</t></si>"),
        "archive_piegee"),
    "a filled cell repeated to the corners": (
        lambda: document(ods_row(ods_cell(times=16_384), 1_048_576)), "archive_piegee"),
    "an empty cell repeated before a filled one": (
        lambda: document(ods_row('<table:table-cell table:number-columns-repeated="16000"/>' + ods_cell())
                         + ods_row("", 1_000_000) + ods_row(ods_cell())), "archive_piegee"),
    "a repeat that is no number": (
        lambda: document(ods_row(ods_cell()).replace('"1"', '"&#57;999999"')), "archive_piegee"),
    "blanks by the billion": (
        lambda: document(ods_row(ods_cell(inside='<text:s text:c="2000000000"/>'))), "archive_piegee"),
    "a binary workbook": (
        lambda: packed(("[Content_Types].xml", b""), ("xl/workbook.bin", b"")), "fichier_illisible"),
    "a letter of an office suite": (
        lambda: packed(("[Content_Types].xml", b""), ("word/document.xml", b"")), "fichier_illisible"),
    "an unknown compression": (
        lambda: packed(("heures.csv", b"a")).replace(b"\x08\x00", b"\x0e\x00"), "fichier_illisible"),
    "16,384 named columns": (lambda: {"heures.csv": f"{_WIDE}\n".encode()}, "trop_de_colonnes"),
    "16,384 named columns of a sheet": (
        lambda: as_workbook({"heures": [{f"c{i}": "x" for i in range(16_384)}]}), "trop_de_colonnes"),
    "a line without end": (lambda: {"heures.csv": b"x" * 3_000_000}, "trop_de_colonnes"),
    "more cells than memory should hold": (
        lambda: {"heures.csv": b"id_contrat;mois;heures_travaillees" + b";x" * 900 + b"\n" * 20_000}, "trop_de_lignes"),
    "more rows than memory should hold": (
        lambda: workbook(f'<row r="1">{cell("A1")}{cell("L1")}</row><row r="1048576">{cell("A1048576")}</row>'),
        "trop_de_lignes"),
    "an unending run of separators": (
        lambda: {"heures.csv": _WIDE.encode() + b"\n" + b";" * 3_000_000 + b"x"}, "trop_de_colonnes"),
    "an export that begins with an unending name": (
        lambda: {"a.txt": b"DEBa" + b"_" * 900_000 + b"\n1|2\n"}, "fichier_illisible"),
    "an export without a bar in a million lines": (
        lambda: {"a.txt": b"DEBStructure20250930\na|b\n" + b"x\n" * 1_000_000 + b"FIN" + b" " * 900_000 + b"x"},
        "fichier_illisible"),
    "a workbook of tags that never end": (
        lambda: workbook("<c <f " * 300_000), "fichier_illisible"),
    "a document of tags that never end": (
        lambda: document('<table:table-cell calcext:value-type="error"' * 300_000), "fichier_illisible"),
    "a NUL in a text": (lambda: {"heures.csv": csv_bytes(a_return()["heures"]) + b"C\x00;;"}, "fichier_illisible"),
}  # fmt: skip


@pytest.mark.parametrize("case", HOSTILE)
def test_a_hostile_file_is_refused_in_plain_words_and_disturbs_nobody(home, case):
    make, rule = HOSTILE[case]
    deposit(home, make())
    deposit(home, a_return(OTHER_SIREN), OTHER_SIREN)
    begun = time.process_time()
    refused, accepted = take_in(home)
    assert time.process_time() - begun < 60, "bounded, not fast: a shared machine is slow"
    assert (refused["siren"], refused["verdict"]) == (SIREN, "refused")
    assert rules(refused) == {rule}, refused["failures"]
    assert (accepted["siren"], accepted["verdict"]) == (OTHER_SIREN, "accepted")
    assert not landed(home) and not places_of(home, "root:x:0")
    is_kept = rule not in ("fichier_trop_gros", "trop_de_fichiers")
    assert bool(list(home.vault.glob(f"{SIREN}/*.sealed"))) == is_kept


def _spoiled_sheets(old: bytes, new: bytes, only: bytes = b".xml") -> bytes:
    with zipfile.ZipFile(io.BytesIO(as_workbook(a_return()))) as archive:
        parts = [(name, archive.read(name)) for name in archive.namelist()]
    return packed(
        *((n, d.replace(old, new) if n.startswith("xl/worksheets") and n.encode().endswith(only) else d)
          for n, d in parts)
    )  # fmt: skip


def _to_the_corner() -> bytes:
    with zipfile.ZipFile(io.BytesIO(as_open_document(a_return()))) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    blank = b'<table:table-cell table:style-name="ce1" table:number-columns-repeated="16360"/>'
    rows = b'<table:table-row table:number-rows-repeated="1048500">' + blank + b"</table:table-row></table:table>"
    content = parts["content.xml"].replace(b"</table:table-row>", blank + b"</table:table-row>")
    parts["content.xml"] = content.replace(b"</table:table>", rows)
    return packed(*((zipfile.ZipInfo(name), data) for name, data in parts.items()))


HARMLESS: dict[str, Callable[[], bytes | dict[str, bytes]]] = {
    "names that climb out of an archive": lambda: packed(
        *((f"../../../tmp/{t}.csv" if i % 2 else f"/etc/{t}.csv", csv_bytes(r))
          for i, (t, r) in enumerate(a_return().items()))),
    "names with the separators of another system": lambda: packed(
        *((f"C:\\Windows\\..\\{t}.csv", csv_bytes(r)) for t, r in a_return().items())),
    "16,000 columns without a name": lambda: {
        f"{t}.csv": csv_bytes(r).replace(b"\r\n", b";" * 16_000 + b"\r\n") for t, r in a_return().items()},
    "a dimension that is not true": lambda: _spoiled_sheets(
        b"<sheetData>", b'<dimension ref="A1:XFD1048576"/><sheetData>'),
    "a million empty rows with a format": lambda: _spoiled_sheets(
        b"</sheetData>", b"".join(b'<row r="%d"><c r="A%d" s="0"/><c r="AB%d" s="0"/></row>' % (i, i, i)
                                  for i in range(100, 1_048_577)) + b"</sheetData>", only=b"sheet6.xml"),
    "a formula shared by every cell": lambda: _spoiled_sheets(
        b'<c r="C2"><v>', b'<c r="C2"><f t="shared" ref="A1:XFD1048576" si="0">A1</f><v>'),
    "empty cells up to the last of a document": _to_the_corner,
}  # fmt: skip


@pytest.mark.parametrize("case", HARMLESS)
def test_what_only_looks_hostile_is_read(home, case):
    before = set(Path("/tmp").glob("*.csv")) | set(Path("/etc").glob("*.csv"))
    (receipt,) = take_in(home, HARMLESS[case]())
    assert receipt["verdict"] == "accepted", receipt["failures"]
    assert counts(receipt, "heures") == (PEOPLE, PEOPLE, 0, 0)
    assert set(Path("/tmp").glob("*.csv")) | set(Path("/etc").glob("*.csv")) == before
    assert all(path.resolve().is_relative_to(home.home.resolve()) for path in home.home.rglob("*"))


@pytest.mark.slow
def test_the_worst_that_is_still_read_and_every_hostile_file_fit_in_bounded_memory(tmp_path):
    """One process reads them one after the other; its peak says what the worst of them took."""
    for number, case in enumerate(HOSTILE):
        made = HOSTILE[case][0]()
        (tmp_path / f"{number}").write_bytes(made if isinstance(made, bytes) else next(iter(made.values())))
    names = [f"{chr(ord('A') + i)}" for i in range(20)]
    rows = "".join(f'<row r="{r}">{"".join(cell(f"{n}{r}", str(r)) for n in names)}</row>' for r in range(1, 90_001))
    (tmp_path / "full.xlsx").write_bytes(workbook(rows))
    line = b";".join(b"C%d" % i for i in range(20)) + b"\n"
    (tmp_path / "full.csv").write_bytes(b";".join(b"c%d" % i for i in range(20)) + b"\n" + line * 490_000)
    code = (
        "import resource, sys, pathlib\n"
        "from orchestration.returns import reading\n"
        "for path in sorted(pathlib.Path(sys.argv[1]).iterdir()):\n"
        "    reading.read([(path.name, path.read_bytes())])\n"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)\n"
    )
    run = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)],
        capture_output=True, text=True, check=True, cwd=PROJECT, env=os.environ | {"PYTHONPATH": str(PROJECT)},
    )  # fmt: skip
    peak_mb = int(run.stdout.split()[-1])
    assert peak_mb < 3_000


def test_check_of_a_hostile_file_says_the_same_and_stores_nothing(home, tmp_path):
    file = tmp_path / "remontee.xlsx"
    file.write_bytes(HOSTILE["two cells in opposite corners"][0]())
    before = tree(home)
    judgement = publishing.judge_only(home, [file], SIREN)
    assert judgement.verdict == "refused" and judgement.failures["regle"].to_list() == ["trop_de_lignes"]
    assert tree(home) == before and file.exists()
    Keyring.open(home, remember=False)


def test_the_reader_of_workbooks_expands_no_entity_even_when_nobody_looks():
    row = '<row r="1"><c r="A1" t="str"><v>&b;</v></c></row>'
    with pytest.raises(fastexcel.FastExcelError, match="entity"):
        fastexcel.read_excel(workbook(row, _ENTITIES)).load_sheet(0, dtypes="string", header_row=None)


def test_reading_the_same_bytes_twice_says_the_same():
    for make, _ in list(HOSTILE.values())[2:12]:
        made = make()
        contents = [("a", made)] if isinstance(made, bytes) else list(made.items())
        assert reading.read(contents).problems == reading.read(contents).problems


@pytest.mark.parametrize("header", ["*;**", "^.*$;^.+$"])
def test_names_of_columns_stand_for_no_other_column(home, header):
    tables = a_return()
    hours = csv_bytes(tables["heures"], end="\n").decode().split("\n")
    hours = [f"{hours[0]};{header}", *(f"{line};a;b" for line in hours[1:] if line)]
    files = {f"{table}.csv": csv_bytes(rows) for table, rows in tables.items()}
    (receipt,) = take_in(home, files | {"heures.csv": "\n".join(hours).encode()})
    assert counts(receipt, "heures") == (PEOPLE, PEOPLE, 0, 0)


# --- little to send, much to read -----------------------------------------------------------------------------------


_SHORT = ";".join(f"{i:x}" for i in range(150_000)).encode()


@pytest.mark.parametrize(
    ("name", "content", "rule"),
    [
        ("heures.csv", b" \n" * 10_000_000, None),
        ("x.csv", b"DEBStructure20250101\na|b\n" + b"\n" * 12_000_000 + b"FIN", "trop_de_lignes"),
        ("x.csv", b"DEBStructure20250101\n" + b"|" * 200_000 + b"\nFIN", "trop_de_colonnes"),
        ("heures.csv", b"\n".join([_SHORT] * 8), "trop_de_colonnes"),
    ],
    ids=["blank lines", "blank lines of an export", "columns of an export", "lines of many names"],
)
def test_a_file_of_almost_nothing_is_read_at_once(name, content, rule):
    began = time.process_time()
    found = reading.read([(name, content)])
    assert time.process_time() - began < 5
    assert rule is None or rule in {problem.rule for problem in found.problems}


def test_sheets_that_are_all_one_part_are_not_read_one_by_one():
    base = zipfile.ZipFile(io.BytesIO(as_workbook({"heures": a_return()["heures"]})))
    entries = {name: base.read(name) for name in base.namelist()}
    book = entries["xl/workbook.xml"].decode()
    start, end = book.index("<sheet "), book.index("</sheets>")
    one = book[start:end]
    many = "".join(one.replace('name="heures"', f'name="s{i}"').replace('sheetId="1"', f'sheetId="{i}"')
                   for i in range(1, 1_001))  # fmt: skip
    entries["xl/workbook.xml"] = (book[:start] + many + book[end:]).encode()
    sheet = entries["xl/worksheets/sheet1.xml"]
    place = sheet.index(b"<sheetData>") + len(b"<sheetData>")
    entries["xl/worksheets/sheet1.xml"] = sheet[:place] + b"<row></row>" * 150_000 + sheet[place:]
    began = time.process_time()
    found = reading.read([("a.xlsx", packed(*entries.items()))])
    assert [problem.rule for problem in found.problems] == ["archive_piegee"]
    assert time.process_time() - began < 5
