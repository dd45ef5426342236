"""The same federation, written in every layout and encoding, gives byte-identical accepted rows.

Here: the law, over the layouts of `layouts.py`. Not here: one format's own quirks (`test_reading.py`), exports in the
ASP's vocabulary, which say less than our layout (`test_adapters.py`).
"""

import base64
import csv
import itertools
from collections.abc import Callable
from dataclasses import dataclass, field

import polars as pl
import pytest
from intake import deposit, hidden, lake
from layouts import (
    COLUMNS,
    STYLES,
    Files,
    Sheet,
    Style,
    TypedReturn,
    csv_files,
    dressed,
    federation,
    open_document,
    sheets,
    styled,
    workbook,
    zipped,
)

from contracts import RETURN_TABLES
from orchestration.resources import Keyring, Storage
from orchestration.returns import deposits, publishing, receipts
from sample import SAMPLE_KEY


@dataclass(frozen=True)
class Layout:
    """`pack` makes files of the sheets; `loose` files lie in the landing folder itself, one by one."""

    pack: Callable[[list[Sheet]], Files]
    style: Style = field(default_factory=Style)
    typed: bool = False
    dress: dict[str, bool] = field(default_factory=dict)
    loose: bool = False

    def files(self, ret: TypedReturn, name: str) -> Files:
        # A name of its own in the header: no two layouts are the same file sent twice.
        return self.pack(dressed(sheets(ret, self.style, self.typed, logiciel=name), **self.dress))


KEYRING = Keyring(base64.urlsafe_b64decode(SAMPLE_KEY))
SEPARATORS = {"semicolon": ";", "comma": ",", "tab": "\t", "pipe": "|"}
ENCODINGS = ("utf-8", "utf-8-sig", "cp1252", "utf-16")
ENDS = {"LF": "\n", "CRLF": "\r\n"}


def _csv_layouts() -> dict[str, Layout]:
    """Every separator, encoding, end of line and container; the styles of values take turns (7 and 32: no factor)."""
    found = {}
    turns = itertools.cycle(STYLES)
    for box in ("zip", "folder", "loose"):
        for (separator_name, separator), encoding, (end_name, end) in itertools.product(
            SEPARATORS.items(), ENCODINGS, ENDS.items()
        ):
            style = next(turns)
            if box == "loose" and end_name == "CRLF":
                continue

            def pack(made, box=box, how=(separator, encoding, end)) -> Files:
                files = csv_files(made, *how)
                return zipped(files) if box == "zip" else files

            name = f"{box}, {separator_name}, {encoding}, {end_name}, {style}"
            found[name] = Layout(pack, STYLES[style], loose=box == "loose")
    return found


def _zip(made: list[Sheet]) -> Files:
    return zipped(csv_files(made))


LAYOUTS: dict[str, Layout] = {
    **_csv_layouts(),
    **{f"workbook of text cells, {name}": Layout(workbook, style) for name, style in STYLES.items()},
    **{f"open document, {name}": Layout(open_document, style) for name, style in STYLES.items()},
    "workbook of typed cells": Layout(workbook, typed=True),
    "workbook of typed cells, labels, shuffled": Layout(workbook, styled("labels", order="shuffled"), typed=True),
    "workbook with dates as serials": Layout(lambda made: workbook(made, serials=True), typed=True),
    "workbook of formulas": Layout(lambda made: workbook(made, formulas=True), typed=True),
    "workbook with hidden sheets": Layout(lambda made: workbook(made, hidden=True), typed=True),
    "zip with a folder inside": Layout(lambda made: zipped(csv_files(made), "Remontée T3/")),
    "csv, blank lines between": Layout(_zip, dress={"blank": True}),
    "workbook, blank lines between": Layout(workbook, typed=True, dress={"blank": True}),
    "open document, blank lines between": Layout(open_document, dress={"blank": True}),
    "csv, title above": Layout(_zip, dress={"title": True}),
    "csv, all in quotes, blank lines between": Layout(
        lambda made: zipped(csv_files(made, quoting=csv.QUOTE_ALL)), dress={"blank": True}
    ),
    "csv, total below": Layout(_zip, dress={"total": True}),
    "workbook, title above, total below": Layout(workbook, typed=True, dress={"title": True, "total": True}),
    "open document, title above, total below": Layout(open_document, dress={"title": True, "total": True}),
    "csv, SIRET without its zero": Layout(_zip, Style(siret="first zero lost")),
    "csv, commune without its zero": Layout(_zip, Style(communes="first zero lost")),
    **{f"csv, headers {name}": Layout(_zip, Style(headers=name)) for name in ("in words", "accents", "padded")},
}


def serialised(table: str, rows: pl.DataFrame) -> bytes:
    """Accepted rows without what tells one deposit from another, in one order, as bytes."""
    return rows.select("siren_adherent", *COLUMNS[table]).sort(pl.all(), nulls_last=True).write_csv().encode()


@pytest.fixture(scope="module")
def expected() -> dict[str, bytes]:
    """Worked out from the typed rows alone: no file was read."""
    made: dict[str, list[list]] = {table: [] for table in COLUMNS}
    for ret in federation()[1]:
        for table, rows in ret.tables.items():
            for row in rows:
                cells = dict(zip(COLUMNS[table], row, strict=True))
                if cells.get("id_salarie"):
                    cells["id_salarie"] = KEYRING.pseudonym("member", f"{ret.siren} {cells['id_salarie']}")
                if cells.get("pass_iae"):
                    cells["pass_iae"] = KEYRING.pseudonym("network", cells["pass_iae"])
                for column in {"id_contrat", "id_contrat_parent", "id_mission"} & {c for c in cells if cells[c]}:
                    cells[column] = KEYRING.pseudonym("contract", f"{ret.siren} {cells[column]}")
                made[table].append([ret.siren, *cells.values()])
    schemas = {c.table: {name: c.polars_schema[name] for name in ("siren_adherent", *c.columns)} for c in RETURN_TABLES}
    return {
        table: serialised(table, pl.DataFrame(rows, schema=schemas[table], orient="row"))
        for table, rows in made.items()
    }


@pytest.fixture(scope="module")
def taken_in(tmp_path_factory) -> dict[str, tuple[list[dict], dict[str, bytes]]]:
    """Layout -> receipts of its returns and the rows the lake took from them, after the real intake of all layouts."""
    home = Storage(tmp_path_factory.mktemp("layouts") / "home")
    home.home.mkdir()
    members, returns = federation()
    lines = [f"{m.siren},{m.name},{s.siret},{s.kind},28," for m in members for s in m.structures]
    home.members_csv.write_text("\n".join(["siren_adherent,nom,siret,type_structure,region,id_ges", *lines]))
    found = {}
    owners: dict[str, str] = {}  # bytes received -> layout
    patch = pytest.MonkeyPatch()
    patch.setattr(deposits, "QUIET_SECONDS", 0.0)
    judged = []

    def put(name: str, ret: TypedReturn) -> None:
        files = LAYOUTS[name].files(ret, name)
        if LAYOUTS[name].loose:
            (home.landing / ret.siren).mkdir(parents=True, exist_ok=True)
            for file, content in files.items():
                (home.landing / ret.siren / file).write_bytes(content)
        else:
            deposit(home, files, ret.siren)
        owners[_sha(files)] = name

    for name in (name for name, layout in LAYOUTS.items() if not layout.loose):
        for ret in returns:
            put(name, ret)
    judged += publishing.take_in(home, KEYRING)
    for name in (name for name, layout in LAYOUTS.items() if layout.loose):  # one return at a time can lie there
        for ret in returns:
            put(name, ret)
        judged += publishing.take_in(home, KEYRING)
    patch.undo()
    rows = {table: lake(home, table).partition_by("id_remontee", as_dict=True) for table in COLUMNS}
    for name in LAYOUTS:
        mine = [j for j in judged if owners[j.deposit.sha256] == name]
        ids = [judgement.deposit.return_id for judgement in mine]
        accepted = {
            c.table: pl.concat([c.empty, *(rows[c.table][(i,)] for i in ids if (i,) in rows[c.table])])
            for c in RETURN_TABLES
        }
        found[name] = ([receipts.as_dict(j) for j in mine], {t: serialised(t, f) for t, f in accepted.items()})
    return found


def _sha(files: Files) -> str:
    one = deposits.Deposit("", (), (), 0)
    one.__dict__["contents"] = sorted(files.items())
    return one.sha256


@pytest.mark.parametrize("name", LAYOUTS)
def test_every_layout_gives_the_same_accepted_rows_byte_for_byte(name, taken_in, expected):
    found, rows = taken_in[name]
    assert [r["verdict"] for r in found] == ["accepted"] * 3, [(r["failures"][:3], r["notes"]) for r in found]
    assert all(r["repeats"] is None for r in found)
    for table in COLUMNS:
        assert rows[table] == expected[table], table


def test_the_federation_has_rows_in_every_table_and_the_values_that_layouts_spoil(expected):
    assert all(data.count(b"\n") >= 2 for data in expected.values()), "header and rows"
    assert all(text.encode() in expected["salaries"] for text in ("01004", "2A004", "2B033"))
    assert "Régie d'Œuvre « l'Été » ; Noël, Ça & là".encode() in expected["structures"]
    assert b"35600000000015" in expected["activites"]
    assert b"2099-01-01" in expected["contrats"]
    # Identifiers are what they are, and not what a spreadsheet shows: 0042 is no 42, 1E5 no 100000.
    sirens = {line.split(b",")[0].decode() for line in expected["contrats"].splitlines()[1:]}
    hidden_ids = [hidden("0042", "1E5", siren=siren) for siren in sirens]
    assert any(all(text.encode() in expected["contrats"] for text in texts) for texts in hidden_ids)
