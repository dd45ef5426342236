"""The intake on real files: what a member sends, what enters the lake, what the member reads, and what must never stay.

Here: deposits judged and published in homes on disk. Not here: a single cell or row (`test_contracts.py`), marts.
"""

import base64
import csv
import io
import json
import os
import shutil
import tarfile
import time
import zipfile
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from xml.sax.saxutils import escape

import fastexcel
import polars as pl
import pytest
import xlsxwriter
from cryptography.exceptions import InvalidTag
from polars.testing import assert_frame_equal

from contracts import CONTRACTS, RETURN_TABLES
from orchestration import cli
from orchestration.resources import Keyring, SettingError, Storage
from orchestration.returns import deposits, publishing, receipts
from sample import SAMPLE_KEY

#: Numbers whose keys fit and that no enterprise has.
SIREN, SIRET, SECOND_SIRET = "000100016", "00010001600005", "00010001600013"
OTHER_SIREN, OTHER_SIRET = "000200022", "00020002200002"
OTHER_KEY = base64.urlsafe_b64encode(bytes(range(32))).decode()
#: 1 85 05 78 006 084 and its key: 97 - 1850578006084 mod 97 = 91.
NIR = "185057800608491"
MEMBERS_CSV = f"""siren_adherent,nom,siret,type_structure,region,id_ges
{SIREN},Le Fil,{SIRET},ACI,53,
{SIREN},Le Fil,{SECOND_SIRET},AI,53,
{OTHER_SIREN},La Navette,{OTHER_SIRET},AI,53,
"""
PEOPLE = 20

Tables = dict[str, list[dict[str, str]]]


# --- a member's return -------------------------------------------------------------------------------------------


def a_return(siren: str = SIREN, period: str = "2025T3", **header: str) -> Tables:
    """A valid return: 20 people, each with a contract and one month of hours, and a row or two of each other table."""
    siret, kind = (SIRET, "ACI") if siren == SIREN else (OTHER_SIRET, "AI")
    place = {"siret": siret, "type_structure": kind}
    numbers = range(1, PEOPLE + 1)
    tables: Tables = {
        "remontee": [
            {"champ": champ, "valeur": valeur}
            for champ, valeur in ({
                "siren_adherent": siren, "periode": period, "version_modele": "1", "date_extraction": "2025-10-01",
            } | header).items()
        ],
        "structures": [place | {"denomination": "Régie d'Œuvre", "commune_insee": "35238", "date_debut": "2010-01-01"}],
        "salaries": [
            {"id_salarie": f"MATRICULE-{i:04}", "pass_iae": f"99999{i:07}", "annee_naissance": str(1970 + i),
             "sexe": "FH"[i % 2], "commune_residence": "35238", "niveau_formation": "40", "rqth": "non"}
            for i in numbers
        ],
        "contrats": [
            place | {"id_contrat": f"C{i}", "rang": "0", "id_salarie": f"MATRICULE-{i:04}", "type_contrat": "CDDI",
                     "date_debut": "2025-02-01", "date_fin_prevue": "2026-01-31", "duree_hebdo": "26,5"}
            for i in numbers
        ],
        "missions": [{"id_mission": "M1", "id_contrat": "C1", "date_debut": "2025-07-01", "heures": "7"}],
        "heures": [{"id_contrat": f"C{i}", "mois": "2025-07", "heures_travaillees": "100,5"} for i in numbers],
        "sorties": [place | {"id_salarie": "MATRICULE-0001", "date_sortie": "2025-08-31", "motif": "3"}],
        "formations": [{"id_salarie": "MATRICULE-0002", "date_debut": "2025-07-01", "heures": "35"}],
        "activites": [place | {"id_activite": "A1", "intitule": "Épicerie", "date_debut": "2024-05-01"}],
        "cooperations": [place | {"id_action": "K1", "type": "mediation", "date_debut": "2025-07-01"}],
    }  # fmt: skip
    return tables


def csv_bytes(rows: list[dict[str, str]], separator: str = ";", encoding: str = "utf-8", end: str = "\r\n") -> bytes:
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]), delimiter=separator, lineterminator=end)
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode(encoding)


def as_zip(tables: Tables, **how: str) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for table, rows in tables.items():
            archive.writestr(zipfile.ZipInfo(f"{table}.csv"), csv_bytes(rows, **how))
    return packed.getvalue()


def as_workbook(tables: Tables) -> bytes:
    """As a spreadsheet would hold it: numbers as numbers, but for the columns of codes."""
    packed = io.BytesIO()
    with xlsxwriter.Workbook(packed, {"in_memory": True}) as book:
        for table, rows in tables.items():
            sheet = book.add_worksheet(table)
            for x, column in enumerate(rows[0]):
                sheet.write_string(0, x, column)
                for y, row in enumerate(rows, start=1):
                    if column in ("heures_travaillees", "duree_hebdo", "rang", "annee_naissance", "motif", "heures"):
                        sheet.write_number(y, x, float(row[column].replace(",", ".")))
                    else:
                        sheet.write_string(y, x, row[column])
    return packed.getvalue()


def as_open_document(tables: Tables) -> bytes:
    """A minimal .ods: every cell as text, as LibreOffice writes codes."""
    namespaces = " ".join(
        f'xmlns:{short}="urn:oasis:names:tc:opendocument:xmlns:{full}:1.0"'
        for short, full in (("office", "office"), ("table", "table"), ("text", "text"))
    )

    def row(texts: Iterable[str]) -> str:
        cells = (
            f'<table:table-cell office:value-type="string"><text:p>{escape(text)}</text:p></table:table-cell>'
            for text in texts
        )
        return f"<table:table-row>{''.join(cells)}</table:table-row>"

    sheets = (
        f'<table:table table:name="{name}">{row(rows[0])}{"".join(row(r.values()) for r in rows)}</table:table>'
        for name, rows in tables.items()
    )
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        kind = "application/vnd.oasis.opendocument.spreadsheet"
        archive.writestr(zipfile.ZipInfo("mimetype"), kind)
        body = f"<office:body><office:spreadsheet>{''.join(sheets)}</office:spreadsheet></office:body>"
        content = f"<office:document-content {namespaces}>{body}</office:document-content>"
        archive.writestr(zipfile.ZipInfo("content.xml"), content)
        manifest = "urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"
        entry = f'<manifest:file-entry manifest:full-path="/" manifest:media-type="{kind}"/>'
        listing = f'<manifest:manifest xmlns:manifest="{manifest}">{entry}</manifest:manifest>'
        archive.writestr(zipfile.ZipInfo("META-INF/manifest.xml"), listing)
    return packed.getvalue()


@pytest.fixture
def home(home: Storage) -> Storage:
    home.members_csv.write_text(MEMBERS_CSV, encoding="utf-8")
    return home


def another_home(path: Path) -> Storage:
    path.mkdir(parents=True)
    (path / "members.csv").write_text(MEMBERS_CSV, encoding="utf-8")
    return Storage(path)


def deposit(home: Storage, files: Tables | bytes | dict[str, bytes], siren: str = SIREN) -> Path:
    """Puts a return (tables: as a zip of CSV; bytes: one file; names and bytes) into the landing folder, whole."""
    if isinstance(files, bytes):
        files = {"remontee.bin": files}
    elif not all(isinstance(content, bytes) for content in files.values()):
        files = {"remontee.zip": as_zip(files)}
    folder = home.home.parent / "outbox"
    folder.mkdir(exist_ok=True)
    paths = [folder / name for name in files]
    for path, content in zip(paths, files.values(), strict=True):
        path.write_bytes(content)
    placed = deposits.put(home, siren, paths)
    shutil.rmtree(folder)
    time.sleep(0.001)
    return placed


def take_in(home: Storage, *files: Tables | bytes | dict[str, bytes], siren: str = SIREN) -> list[dict]:
    """Receipts of the returns judged, after depositing `files`; each is on disk as JSON and as a page in French."""
    for one in files:
        deposit(home, one, siren)
    judgements = publishing.take_in(home, Keyring.open(home))
    found = []
    for judgement in judgements:
        base = home.receipts / receipts.member_folder(judgement) / judgement.deposit.return_id
        found.append(json.loads(base.with_suffix(".json").read_text(encoding="utf-8")))
        page = base.with_suffix(".html").read_text(encoding="utf-8")
        assert '<html lang="fr">' in page and "Accusé de réception" in page
        word = {"accepted": "acceptée.", "partial": "acceptée en partie.", "refused": "refusée."}[found[-1]["verdict"]]
        assert f"Remontée {word}" in page
        for table in found[-1]["tables"]:
            assert table["received"] == table["accepted"] + table["quarantined"] + table["folded"], table
    return found


def rules(receipt: dict) -> set[str]:
    return {failure["rule"] for failure in receipt["failures"]}


def counts(receipt: dict, table: str) -> tuple[int, int, int, int]:
    """(received, accepted, quarantined, folded)"""
    (found,) = [row for row in receipt["tables"] if row["table"] == table]
    return tuple(found[name] for name in ("received", "accepted", "quarantined", "folded"))


def lake(home: Storage, table: str, schema: str = "returns") -> pl.DataFrame:
    """Every row of a table of the lake, registered or not."""
    frame = pl.concat(pl.read_parquet(path) for path in sorted(home.lake_table(schema, table).glob("*.parquet")))
    assert frame.schema == CONTRACTS[schema, table].polars_schema
    return frame.sort(pl.all(), nulls_last=True)


def content(home: Storage, table: str) -> pl.DataFrame:
    """Rows of a table of the lake without what tells one deposit from another."""
    return lake(home, table).drop("id_remontee", "ligne").sort(pl.all(), nulls_last=True)


def rows_in_lake(home: Storage) -> int:
    return sum(lake(home, contract.table).height for contract in RETURN_TABLES)


def tree(home: Storage) -> dict[str, bytes]:
    return {str(p.relative_to(home.home)): p.read_bytes() for p in sorted(home.home.rglob("*")) if p.is_file()}


def places_of(home: Storage, *needles: str) -> set[str]:
    """Files under the home whose name, bytes, or parquet cells hold one of the needles, whatever the case."""
    wanted = [needle.casefold() for needle in needles]
    found = set()
    for name, data in tree(home).items():
        texts = [name.casefold(), data.decode("latin-1").casefold(), data.decode("utf-8", "replace").casefold()]
        if name.endswith(".parquet"):
            texts.append(pl.read_parquet(home.home / name).write_csv().casefold())
        if any(needle in text for needle in wanted for text in texts):
            found.add(name)
    return found


def landed(home: Storage) -> list[str]:
    return [str(p.relative_to(home.landing)) for p in home.landing.rglob("*") if p.is_file()]


def changed(tables: Tables, table: str, column: str, text: str, rows: Iterable[int]) -> Tables:
    """The return with one column of some rows (0 is the first) changed."""
    lines = [row | {column: text} if i in set(rows) else row for i, row in enumerate(tables[table])]
    return tables | {table: lines}


# --- layouts and encodings ---------------------------------------------------------------------------------------


def test_a_zip_a_workbook_and_single_files_give_the_same_rows(tmp_path):
    tables = a_return()
    layouts = {
        "zip": as_zip(tables),
        "workbook": as_workbook(tables),
        "open document": as_open_document(tables),
        "files": {f"{table}.csv": csv_bytes(rows) for table, rows in tables.items()},
    }
    homes = {}
    for name, files in layouts.items():
        homes[name] = another_home(tmp_path / name / "home")
        (receipt,) = take_in(homes[name], files)
        assert receipt["verdict"] == "accepted", receipt["failures"]
        assert not landed(homes[name])
    assert rows_in_lake(homes["zip"]) == 3 * PEOPLE + 6
    for contract in RETURN_TABLES:
        for name in ("workbook", "open document", "files"):
            assert_frame_equal(content(homes[name], contract.table), content(homes["zip"], contract.table))
    hours = lake(homes["zip"], "heures")
    assert hours["heures_travaillees"].to_list() == [100.5] * PEOPLE
    assert sorted(hours["ligne"]) == list(range(2, PEOPLE + 2))


def test_loose_files_of_a_folder_are_one_return_and_a_subfolder_another(home):
    now = home.landing / SIREN
    for folder, period in ((now, "2025T2"), (now / "T3", "2025T3")):
        folder.mkdir(parents=True, exist_ok=True)
        for table, rows in a_return(period=period).items():
            (folder / f"{table}.csv").write_bytes(csv_bytes(rows))
    assert len(deposits.pending(home)[1]) == 20, "still arriving"
    ready, arriving = deposits.pending(home, time.time() + deposits.QUIET_SECONDS)
    assert (len(ready), arriving) == (2, [])


@pytest.mark.parametrize(
    ("encoding", "separator"), [("utf-8", ","), ("utf-8-sig", ";"), ("cp1252", ";"), ("cp1252", "\t"), ("utf-8", "|")]
)
def test_encodings_and_separators_of_office_software_are_read(home, encoding, separator):
    end = "\n" if separator == "," else "\r\n"
    (receipt,) = take_in(home, as_zip(a_return(), separator=separator, encoding=encoding, end=end))
    assert receipt["verdict"] == "accepted", receipt["failures"]
    assert lake(home, "structures")["denomination"].to_list() == ["Régie d'Œuvre"]
    assert lake(home, "activites")["intitule"].to_list() == ["Épicerie"]
    assert lake(home, "contrats")["duree_hebdo"].unique().to_list() == [26.5]


def test_headers_are_read_whatever_their_case_accents_and_order(home):
    tables = a_return()
    tables["salaries"] = [dict(reversed(list(row.items()))) for row in tables["salaries"]]
    headers = {"annee_naissance": "Année naissance", "id_salarie": "ID_SALARIE", "sexe": " Sexe "}
    tables["salaries"] = [{headers.get(k, k): v for k, v in row.items()} for row in tables["salaries"]]
    (receipt,) = take_in(home, {f"{t.upper()}.CSV": csv_bytes(rows) for t, rows in tables.items()})
    assert receipt["verdict"] == "accepted", receipt["failures"]


def test_blank_lines_shift_no_number_of_line(home):
    tables = changed(a_return(), "contrats", "type_contrat", "???", [3])
    files = {f"{table}.csv": csv_bytes(rows) for table, rows in tables.items()}
    header, *lines = csv_bytes(tables["contrats"]).decode().splitlines()
    files["contrats.csv"] = "\n".join(["", header, lines[0], "", ";" * header.count(";"), *lines[1:], "", ""]).encode()
    (receipt,) = take_in(home, files)
    # One blank line above the header (2) and two after the first row: the fourth row is on line 8.
    assert [f["line"] for f in receipt["failures"] if f["rule"] == "code_inconnu"] == [8]
    assert counts(receipt, "contrats")[0] == PEOPLE


def test_a_column_called_ligne_is_only_an_unknown_column(home):
    for name in ("ligne", "Ligne"):
        tables = a_return()
        tables["heures"] = [{name: "7"} | row for row in tables["heures"]]
        for files in (as_zip(tables), as_workbook(tables)):
            (receipt,) = take_in(home, files)
            assert receipt["verdict"] == "accepted", receipt["failures"]
            assert "1 colonne(s) inconnue(s)" in "".join(receipt["notes"])


# --- files that are refused --------------------------------------------------------------------------------------


def locked(data: bytes) -> bytes:
    """The zip with the flag of a password on every file."""
    data = bytearray(data)
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = data.find(mark)
        while at >= 0:
            data[at + offset] |= 1
            at = data.find(mark, at + 4)
    return bytes(data)


def spoiled(data: bytes) -> bytes:
    """The zip with bytes of its largest compressed content overwritten."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        largest = max(archive.infolist(), key=lambda f: f.compress_size)
    start = largest.header_offset + 40
    return data[:start] + b"\xff" * 20 + data[start + 20 :]


REFUSED: dict[str, tuple[Callable[[], bytes | dict[str, bytes] | Tables], str]] = {
    "a workbook cut short": (lambda: as_workbook(a_return())[:4000], "fichier_illisible"),
    "a workbook without its last bytes": (lambda: as_workbook(a_return())[:-30], "fichier_illisible"),
    "a zip cut short": (lambda: as_zip(a_return())[:-100], "fichier_illisible"),
    "a zip with spoiled bytes": (lambda: spoiled(as_zip(a_return())), "fichier_illisible"),
    "a zip behind a password": (lambda: locked(as_zip(a_return())), "fichier_illisible"),
    "an old or locked workbook": (lambda: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(4000), "fichier_illisible"),
    "a picture": (lambda: b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 9, "fichier_illisible"),
    "a letter": (lambda: {"lettre.txt": b"Bonjour,\nvoici notre bilan.\n"}, "entete_absente"),
    "an empty file": (lambda: b"", "entete_absente"),
    "ragged lines": (lambda: {"heures.csv": b"id_contrat;mois;heures_travaillees\nC1;2025-07;1;2;3\n"},
                     "fichier_illisible"),
    "a quote that never closes": (
        lambda: {"heures.csv": b'id_contrat;mois;heures_travaillees\n"C1;2025-07;1\nC2;2025-07;1\n'},
        "fichier_illisible"),
    "no header sheet": (lambda: {t: r for t, r in a_return().items() if t != "remontee"}, "entete_absente"),
    "no period": (lambda: a_return(period=""), "entete_absente"),
    "no siren": (lambda: a_return(siren_adherent=" "), "entete_absente"),
    "an unreadable period": (lambda: a_return(period="été 2025"), "periode_illisible"),
    "an unknown version": (lambda: a_return(version_modele="9"), "version_inconnue"),
    "an unreadable extraction date": (lambda: a_return(date_extraction="0000-01-01"), "extraction_illisible"),
    "the SIREN of another member": (lambda: a_return(siren_adherent=OTHER_SIREN), "siren_du_dossier"),
    "a SIRET of another member": (
        lambda: changed(a_return(), "contrats", "siret", OTHER_SIRET, [7]), "siret_d_un_autre"),
    "no table": (lambda: {"remontee": a_return()["remontee"]}, "aucune_table"),
    "a mandatory column missing": (
        lambda: a_return() | {"heures": [{"id_contrat": "C1", "mois": "2025-07"}]}, "colonne_absente"),
    "the same table twice": (lambda: {
        "a.zip": as_zip(a_return()), "heures.csv": csv_bytes(a_return()["heures"])}, "table_en_double"),
    "a wrong number of lines": (lambda: a_return(lignes_contrats="19"), "total_de_controle"),
    "lines announced for a table that is not there": (
        lambda: {t: r for t, r in a_return(lignes_sorties="1").items() if t != "sorties"}, "total_de_controle"),
    "a wrong total of hours": (lambda: a_return(heures_total="2009,9"), "total_de_controle"),
    "hours announced for a table that is not there": (
        lambda: {t: r for t, r in a_return(heures_total="2010").items() if t != "heures"}, "total_de_controle"),
    "12 of 20 contracts wrong": (
        lambda: changed(a_return(), "contrats", "type_contrat", "CDX", range(12)), "remontee_refusee"),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_a_refused_return_leaves_nothing_in_the_lake_says_why_and_holds_up_nobody(home, case):
    make, rule = REFUSED[case]
    deposit(home, make())
    deposit(home, a_return(OTHER_SIREN), OTHER_SIREN)
    refused, accepted = take_in(home)
    assert (refused["siren"], refused["verdict"]) == (SIREN, "refused")
    assert rule in rules(refused), refused["failures"]
    assert (accepted["siren"], accepted["verdict"]) == (OTHER_SIREN, "accepted")
    for contract in RETURN_TABLES:
        assert set(lake(home, contract.table)["siren_adherent"]) == {OTHER_SIREN}
    assert all(count["accepted"] == 0 for count in refused["tables"])
    (page,) = (home.receipts / SIREN).glob("*.html")
    first = next(f for f in refused["failures"] if f["rule"] == rule)
    assert first["message"].split(".")[0].split("«")[0].split("'")[0] in page.read_text(encoding="utf-8")
    assert not landed(home)
    assert not lake(home, "remontees").filter(pl.col("siren_adherent") == SIREN)["retenue"].any()


def test_returns_of_strangers_are_refused_and_kept_out_of_the_registry(home, monkeypatch):
    tables = a_return("999999999")
    for folder in ("999999999", "n'importe quoi"):
        (home.landing / folder).mkdir(parents=True)
        (home.landing / folder / "x.zip").write_bytes(as_zip(tables))
    monkeypatch.setattr(deposits, "QUIET_SECONDS", 0.0)
    found = take_in(home)
    assert [(r["verdict"], rules(r)) for r in found] == [("refused", {"adherent_inconnu"})] * 2
    assert rows_in_lake(home) == 0 and lake(home, "remontees").is_empty()
    assert {p.parent.name for p in home.receipts.glob("*/*.json")} == {"999999999", "inconnu"}


# --- rows that are wrong -----------------------------------------------------------------------------------------


def test_a_few_wrong_rows_are_set_aside_with_their_line_column_and_rule(home):
    tables = changed(a_return(), "heures", "heures_travaillees", "745", [18])
    tables = changed(tables, "salaries", "sexe", "M", [19])
    (receipt,) = take_in(home, tables)
    assert receipt["verdict"] == "partial"
    found = [(f["table"], f["line"], f["column"], f["rule"], f["value"]) for f in receipt["failures"]]
    assert found == [
        ("salaries", 21, "sexe", "code_inconnu", "M"),
        ("contrats", 21, "id_salarie", "reference_inconnue", None),
        ("heures", 20, "heures_travaillees", "heures_du_mois_impossibles", "745"),
        ("heures", 21, "id_contrat", "reference_inconnue", None),
    ]
    assert counts(receipt, "salaries") == counts(receipt, "contrats") == (20, 19, 1, 0)
    assert counts(receipt, "heures") == (20, 18, 2, 0)
    assert lake(home, "heures")["ligne"].to_list() and set(lake(home, "heures")["ligne"]) == set(range(2, 20))
    anomalies = lake(home, "anomalies").select("nom_table", "ligne", "colonne", "regle").rows()
    assert sorted(anomalies) == sorted(tuple(f[:4]) for f in found)
    (aside,) = (home.quarantine / "heures").glob("*.parquet")
    assert pl.read_parquet(aside)["ligne"].to_list() == [20, 21]
    registry = {row["nom_table"]: row for row in lake(home, "remontees").iter_rows(named=True)}
    assert set(registry) == {c.table for c in RETURN_TABLES}
    heures = registry["heures"]
    parts = [heures[f"lignes_{name}"] for name in ("recues", "acceptees", "quarantaine", "repliees")]
    assert (*parts, heures["retenue"], heures["verdict"]) == (20, 18, 2, 0, True, "partial")


def test_a_wrong_value_about_a_person_is_masked(home):
    tables = changed(a_return(), "salaries", "annee_naissance", "douze", [4])
    (receipt,) = take_in(home, changed(tables, "salaries", "pass_iae", "PASS-SECRET", [5]))
    values = {f["column"]: f["value"] for f in receipt["failures"] if f["table"] == "salaries"}
    assert values == {"annee_naissance": "•••", "pass_iae": "•••"}
    assert not places_of(home, "douze", "PASS-SECRET")


def test_a_table_beyond_its_budget_is_refused_alone_when_it_is_a_small_part_of_the_return(home):
    tables = changed(a_return(), "sorties", "motif", "77", [0])
    (receipt,) = take_in(home, tables)
    assert receipt["verdict"] == "partial"
    assert counts(receipt, "sorties") == (1, 0, 1, 0)
    assert ("sorties", "table_refusee") in {(f["table"], f["rule"]) for f in receipt["failures"]}
    assert lake(home, "sorties").is_empty() and lake(home, "contrats").height == PEOPLE
    kept = lake(home, "remontees").select("nom_table", "retenue").rows()
    assert {table for table, retained in kept if not retained} == {"sorties"}


@pytest.mark.parametrize(("wrong", "verdict"), [(2, "partial"), (3, "partial")])
def test_the_budget_of_a_table_is_one_row_in_ten(home, wrong, verdict):
    (receipt,) = take_in(home, changed(a_return(), "heures", "salaire_brut", "x", []))
    assert receipt["verdict"] == "accepted"
    tables = changed(a_return(), "heures", "heures_travaillees", "x", range(wrong))
    tables["salaries"] += [row | {"id_salarie": f"PLUS-{i}"} for i, row in enumerate(tables["salaries"] * 8)]
    (receipt,) = take_in(home, tables)
    assert receipt["verdict"] == verdict
    assert counts(receipt, "heures") == ((20, 18, 2, 0) if wrong == 2 else (20, 0, 20, 0))


def test_identical_rows_fold_and_contradicting_ones_are_set_aside(home):
    tables = a_return()
    tables["heures"] += [tables["heures"][0], tables["heures"][1] | {"heures_travaillees": "7"}]
    (receipt,) = take_in(home, tables)
    assert counts(receipt, "heures") == (22, 19, 2, 1)
    doubled = [(f["line"], f["column"]) for f in receipt["failures"] if f["rule"] == "cle_en_double"]
    assert doubled == [(3, "id_contrat"), (23, "id_contrat")]


def test_control_totals_that_fit_are_no_obstacle(home):
    totals = {f"lignes_{t}": str(len(rows)) for t, rows in a_return().items() if t != "remontee"}
    (receipt,) = take_in(home, a_return(heures_total="2010,0", **totals))  # 20 × 100.5
    assert receipt["verdict"] == "accepted", receipt["failures"]


def test_a_period_is_a_quarter_or_a_month(home):
    found = take_in(home, a_return(period="2025-T2"), a_return(period="2025-06"), a_return(period="2025q3"))
    assert [receipt["period"] for receipt in found] == ["2025T2", "2025-06", "2025T3"]
    ends = dict(lake(home, "remontees").select("periode", pl.col("periode_fin").cast(pl.String)).unique().rows())
    assert ends == {"2025T2": "2025-06-30", "2025-06": "2025-06-30", "2025T3": "2025-09-30"}


# --- references and successive returns ---------------------------------------------------------------------------


def later(period: str = "2025T4", unknown: int = 0) -> Tables:
    """A return that speaks only of contracts sent before, of which the last `unknown` never were."""
    tables = a_return(period=period, date_extraction="2026-01-10")
    hours = [row | {"mois": "2025-11"} for row in tables["heures"]]
    for i in range(unknown):
        hours[-1 - i] = hours[-1 - i] | {"id_contrat": f"JAMAIS-{i}"}
    return {"remontee": tables["remontee"], "heures": hours}


def test_a_reference_to_nothing_known_is_wrong(home):
    take_in(home, a_return())
    (receipt,) = take_in(home, later(unknown=2))
    found = [(f["table"], f["line"], f["column"], f["rule"]) for f in receipt["failures"]]
    assert found == [
        ("heures", 20, "id_contrat", "reference_inconnue"),
        ("heures", 21, "id_contrat", "reference_inconnue"),
    ]
    assert receipt["verdict"] == "partial" and "contrats" in receipt["failures"][0]["message"]


def test_another_members_contract_is_no_reference(home):
    take_in(home, a_return(OTHER_SIREN), siren=OTHER_SIREN)
    (receipt,) = take_in(home, later())
    assert receipt["verdict"] == "refused"
    wrong = [(f["table"], f["line"]) for f in receipt["failures"] if f["rule"] == "reference_inconnue"]
    assert wrong == [("heures", line) for line in range(2, PEOPLE + 2)], "a refusal names the rows that caused it"


def test_a_refused_return_names_the_rows_that_were_wrong_by_themselves_and_no_others(home):
    tables = changed(a_return(), "salaries", "sexe", "?", range(5))
    (receipt,) = take_in(home, tables)
    assert receipt["verdict"] == "refused"
    found = {(f["table"], f["rule"]): 0 for f in receipt["failures"]}
    for failure in receipt["failures"]:
        found[failure["table"], failure["rule"]] += 1
    assert found == {
        (None, "remontee_refusee"): 1, ("salaries", "code_inconnu"): 5, ("contrats", "reference_inconnue"): 5,
        ("heures", "reference_inconnue"): 5, ("missions", "reference_inconnue"): 1,
        ("sorties", "reference_inconnue"): 1, ("formations", "reference_inconnue"): 1,
    }  # fmt: skip


def _scenario() -> list[Tables]:
    """Corrections, repeats, refusals and references between returns, in the order of their arrival."""
    first = a_return()
    wrong = changed(a_return(), "contrats", "type_contrat", "CDX", range(12))
    foreign = changed(a_return(), "contrats", "siret", OTHER_SIRET, [0])
    fixed = changed(a_return(), "heures", "heures_travaillees", "90", range(PEOPLE))
    return [
        later(unknown=1), first, first, later(unknown=1), wrong, wrong, first, foreign, foreign, first, fixed,
        later("2026T1", unknown=2), later("2026T1", unknown=2), fixed,
    ]  # fmt: skip


def _outcome(found: list[dict]) -> list[tuple]:
    return [(r["period"], r["verdict"], r["repeats"] is not None, r["tables"], r["failures"]) for r in found]


def test_verdicts_do_not_depend_on_how_many_returns_are_judged_in_one_pass(tmp_path):
    together, apart = another_home(tmp_path / "together" / "home"), another_home(tmp_path / "apart" / "home")
    at_once = take_in(together, *_scenario())
    one_by_one = [receipt for tables in _scenario() for receipt in take_in(apart, tables)]
    assert _outcome(at_once) == _outcome(one_by_one)
    verdicts = [(r["verdict"], r["repeats"] is not None) for r in at_once]
    assert verdicts == [
        ("refused", False), ("accepted", False), ("accepted", True), ("partial", False), ("refused", False),
        ("refused", False), ("accepted", False), ("refused", False), ("refused", False), ("accepted", False),
        ("accepted", False), ("partial", False), ("partial", False), ("accepted", True),
    ]  # fmt: skip
    for contract in RETURN_TABLES:
        assert_frame_equal(content(together, contract.table), content(apart, contract.table))
    columns = ["periode", "nom_table", "verdict", "retenue", "lignes_recues", "lignes_acceptees", "lignes_quarantaine",
               "lignes_repliees", "empreinte"]  # fmt: skip
    assert_frame_equal(*(lake(home, "remontees").select(columns).sort(columns) for home in (together, apart)))


def test_a_correction_is_the_later_registered_return_and_the_earlier_rows_stay(home):
    (first,) = take_in(home, a_return())
    (second,) = take_in(home, changed(a_return(), "heures", "heures_travaillees", "90", range(PEOPLE)))
    registry = lake(home, "remontees").filter(nom_table="heures").sort("recue_le")
    assert registry.select("id_remontee", "periode", "retenue").rows() == [
        (first["return_id"], "2025T3", True),
        (second["return_id"], "2025T3", True),
    ]
    hours = lake(home, "heures").group_by("id_remontee").agg(pl.col("heures_travaillees").sum())
    assert dict(hours.rows()) == {first["return_id"]: 20 * 100.5, second["return_id"]: 20 * 90.0}


def test_the_same_file_again_changes_nothing_in_the_lake(home):
    (first,) = take_in(home, a_return())
    before = {c.table: lake(home, c.table) for c in RETURN_TABLES}
    (again,) = take_in(home, {"autre nom.zip": as_zip(a_return())})
    assert (again["verdict"], again["repeats"]) == ("accepted", first["return_id"])
    assert all(count["received"] == count["folded"] for count in again["tables"])
    for table, frame in before.items():
        assert_frame_equal(lake(home, table), frame)
    assert not lake(home, "remontees").filter(id_remontee=again["return_id"])["retenue"].any()


def test_a_refused_file_sent_again_is_judged_again_once_what_it_lacked_is_there(home):
    tables = changed(a_return(), "structures", "siret", "00020002200010", [])
    tables = changed(tables, "contrats", "siret", OTHER_SIRET, range(PEOPLE))
    tables = changed(tables, "structures", "siret", OTHER_SIRET, [0])
    for table in ("sorties", "activites", "cooperations"):
        tables = changed(tables, table, "siret", OTHER_SIRET, [0])
    (receipt,) = take_in(home, tables)
    assert rules(receipt) == {"siret_d_un_autre"}
    home.members_csv.write_text(MEMBERS_CSV.replace(f"{OTHER_SIREN},La Navette", f"{SIREN},Le Fil"), encoding="utf-8")
    (receipt,) = take_in(home, tables)
    assert (receipt["verdict"], receipt["repeats"]) == ("accepted", None)


# --- persons -----------------------------------------------------------------------------------------------------


def _with_nir(text: str) -> Tables:
    return changed(a_return(), "salaries", "id_salarie", text, [3])


FORBIDDEN: dict[str, tuple[Callable[[], bytes | dict[str, bytes] | Tables], tuple[str, ...]]] = {
    "a NIR": (lambda: _with_nir(NIR), (NIR,)),
    "a NIR with spaces": (lambda: _with_nir("1 85 05 78 006 084 91"), (NIR, "1 85 05 78")),
    "a NIR with a slash": (lambda: _with_nir("1850578006084/91"), (NIR[:13],)),
    "a NIR with dashes": (lambda: _with_nir("1-85-05-78-006-084-91"), ("1-85-05-78",)),
    "a NIR without key": (lambda: _with_nir(NIR[:13]), (NIR[:13],)),
    "a NIR in free text of another table": (
        lambda: changed(a_return(), "activites", "intitule", NIR, [0]), (NIR,)),
    "a NIR in the header": (lambda: a_return(contact=NIR), (NIR,)),
    "a NIR in a workbook": (lambda: as_workbook(_with_nir(NIR)), (NIR,)),
    "a column nom": (
        lambda: a_return() | {"salaries": [r | {"Nom": "Zorglub"} for r in a_return()["salaries"]]}, ("zorglub",)),
    "a column e-mail": (
        lambda: a_return() | {"salaries": [r | {"E-mail": "zorglub@x.fr"} for r in a_return()["salaries"]]},
        ("zorglub",)),
    "a column nom de famille": (
        lambda: a_return() | {"contrats": [r | {"Nom de famille": "Zorglub"} for r in a_return()["contrats"]]},
        ("zorglub",)),
    "a column nom beside two columns of one name": (
        lambda: a_return() | {"salaries": [r | {"SEXE": "F", "Nom": "Zorglub"} for r in a_return()["salaries"]]},
        ("zorglub",)),
    "a sheet of names that is no table": (
        lambda: a_return() | {"annuaire": [{"Prénom": "Zorglub", "code": "1"}]}, ("zorglub",)),
    "a file without header": (
        lambda: {"salaries.csv": f"{NIR};Zorglub;Anne\n2{NIR[1:13]};Zorglub;Léa\n".encode(),
                 "remontee.csv": csv_bytes(a_return()["remontee"])}, ("zorglub", NIR, NIR[:13])),
    "a file without header nor key": (
        lambda: {"salaries.csv": f"{NIR[:13]};Zorglub;Anne\n".encode(),
                 "remontee.csv": csv_bytes(a_return()["remontee"])}, ("zorglub", NIR[:13])),
    "a file named after a person, beside": (
        lambda: {f"{table}.csv": csv_bytes(rows) for table, rows in _with_nir(NIR).items()}
        | {"Zorglub Anne.csv": b"a;b\n1;2\n"}, ("zorglub", NIR)),
}  # fmt: skip


@pytest.mark.parametrize("case", FORBIDDEN)
def test_what_must_not_be_received_refuses_the_file_and_stays_nowhere(home, case):
    make, needles = FORBIDDEN[case]
    (receipt,) = take_in(home, make())
    assert receipt["verdict"] == "refused"
    assert "donnee_interdite" in rules(receipt), receipt["failures"]
    assert not places_of(home, *needles)
    assert not places_of(home, "MATRICULE-"), "nor the rest of the file"
    assert [p.name for p in home.vault.rglob("*") if p.is_file()] == ["key.json"], "not even encrypted"
    assert rows_in_lake(home) == 0 and not landed(home) and not home.quarantine.exists()


@pytest.mark.parametrize("number", ["1850578006084", "2025070112345"])
def test_a_long_number_of_a_contract_is_no_NIR(home, number):
    tables = changed(a_return(), "missions", "id_mission", number, [0])
    assert take_in(home, tables)[0]["verdict"] == "accepted"


def test_no_identifier_of_a_person_is_left_in_clear(home):
    tables = changed(a_return(), "salaries", "sexe", "?", [19])  # quarantined, and what refers to it
    tables["heures"] += tables["heures"][:1]
    tables["sorties"][0] |= {"motif": "77"}
    (partial,) = take_in(home, tables)
    (refused,) = take_in(home, changed(a_return(), "contrats", "type_contrat", "CDX", range(12)))
    assert (partial["verdict"], refused["verdict"]) == ("partial", "refused")
    assert places_of(home, SIRET), "the search finds what is there"
    assert not places_of(home, "MATRICULE-", "999990000")
    people = lake(home, "salaries")
    for column in ("id_salarie", "pass_iae"):
        assert people[column].str.contains("^[0-9a-f]{32}$").all() and people[column].is_unique().all()


def test_a_pass_number_links_members_and_a_members_own_number_does_not(home):
    take_in(home, a_return())
    take_in(home, a_return(OTHER_SIREN), siren=OTHER_SIREN)
    mine, theirs = (lake(home, "salaries").filter(siren_adherent=siren) for siren in (SIREN, OTHER_SIREN))
    assert set(mine["pass_iae"]) == set(theirs["pass_iae"]) and mine["pass_iae"].n_unique() == PEOPLE
    assert not set(mine["id_salarie"]) & set(theirs["id_salarie"])
    assert not set(mine["id_salarie"]) & set(mine["pass_iae"])
    assert set(lake(home, "contrats").filter(siren_adherent=SIREN)["id_salarie"]) == set(mine["id_salarie"])


def test_a_pseudonym_depends_on_the_key_and_on_nothing_else(tmp_path, monkeypatch):
    found = []
    for name, key in (("a", SAMPLE_KEY), ("b", SAMPLE_KEY), ("c", OTHER_KEY)):
        monkeypatch.setenv("TERRITOIRES_KEY", key)
        home = another_home(tmp_path / name / "home")
        take_in(home, a_return())
        found.append(set(lake(home, "salaries")["pass_iae"]))
    assert found[0] == found[1] and not found[0] & found[2]


# --- originals ---------------------------------------------------------------------------------------------------


def test_an_original_opens_to_the_very_bytes_received_and_only_with_its_name_and_key(home):
    files = {f"{table}.csv": csv_bytes(rows) for table, rows in a_return().items()}
    (receipt,) = take_in(home, files)
    (sealed,) = home.vault.glob(f"{SIREN}/*.sealed")
    assert sealed.stem == receipt["return_id"]
    facts = json.loads(sealed.with_suffix(".json").read_text())
    keyring, label = Keyring.open(home), f"{SIREN}/{receipt['return_id']}"
    assert facts["label"] == label
    with tarfile.open(fileobj=io.BytesIO(keyring.decrypt(sealed.read_bytes(), label))) as archive:
        assert {m.name: archive.extractfile(m).read() for m in archive} == files
    content = sealed.read_bytes()
    for attempt in (
        lambda: keyring.decrypt(content, label.replace(SIREN, OTHER_SIREN)),
        lambda: keyring.decrypt(content, label + "x"),
        lambda: keyring.decrypt(content[:-1] + bytes([content[-1] ^ 1]), label),
        lambda: Keyring(base64.urlsafe_b64decode(OTHER_KEY)).decrypt(content, label),
    ):
        with pytest.raises(InvalidTag):
            attempt()


# --- a refresh that is killed ------------------------------------------------------------------------------------


class Killed(BaseException):
    """Nothing in the program catches it, as nothing catches a kill."""


def _two_tables(**header: str) -> Tables:
    return {table: a_return(**header)[table] for table in ("remontee", "salaries", "formations")}


def _begun(home: Storage) -> None:
    """A return in the lake; a correction with a wrong row, loose files and what must not be received are waiting."""
    deposit(home, _two_tables())
    publishing.take_in(home, Keyring.open(home))
    deposit(home, changed(_two_tables(), "salaries", "sexe", "?", [7]))
    for table, rows in _two_tables(period="2025T2").items():
        (home.landing / SIREN / f"{table}.csv").write_bytes(csv_bytes(rows))
    deposit(home, _two_tables(siren=OTHER_SIREN, contact=NIR), OTHER_SIREN)


def _state(home: Storage) -> dict[str, object]:
    """Every file but the seals, which draw at random: parquet as rows, originals as opened."""
    state: dict[str, object] = {}
    for name, data in tree(home).items():
        path = home.home / name
        if name.endswith(".parquet"):
            state[name] = pl.read_parquet(path).rows()
        elif name.endswith(".sealed"):
            label = json.loads(path.with_suffix(".json").read_text())["label"]
            state[name] = Keyring.open(home).decrypt(data, label)
        elif not name.startswith("vault/"):
            state[name] = data
    return state


def _dies_at(step: int | None, monkeypatch) -> list[int]:
    """The process dies just before its n-th change on disk (a rename into place, a removal); counts the changes."""
    done = [0]

    def counted(change, path_of):
        def changes(*arguments, **options):
            if path_of(*arguments).exists():
                done[0] += 1
                if done[0] == step:
                    raise Killed
            return change(*arguments, **options)

        return changes

    monkeypatch.setattr(os, "replace", counted(os.replace, lambda source, target: source))
    for removal in ("unlink", "rmdir"):
        monkeypatch.setattr(Path, removal, counted(getattr(Path, removal), lambda path: path))
    return done


def _keep_hours_of_arrival(home: Storage, monkeypatch) -> None:
    """A copy of a home would arrive at another time, which is part of a return's identity."""
    real = deposits._sort
    hours = {place: 1_760_000_000 + i for i, place in enumerate(sorted(p.name for p in home.landing.glob("*/*.depot")))}

    def sort(siren, place, files, complete, now, ready, arriving):
        found: list[deposits.Deposit] = []
        real(siren, place, files, True, now, found, arriving)
        ready += [replace(d, arrived_ns=hours.get(d.place[0].name, 1_770_000_000) * 10**9) for d in found]

    monkeypatch.setattr(deposits, "_sort", sort)


def test_a_refresh_killed_at_any_step_and_run_again_ends_as_if_undisturbed(tmp_path, monkeypatch):
    begun, home = another_home(tmp_path / "begun"), Storage(tmp_path / "home")
    _begun(begun)
    _keep_hours_of_arrival(begun, monkeypatch)

    def run(step: int | None) -> tuple[dict[str, object], int]:
        shutil.rmtree(home.home, ignore_errors=True)
        shutil.copytree(begun.home, home.home)
        with monkeypatch.context() as patch:
            done = _dies_at(step, patch)
            if step is None:
                publishing.take_in(home, Keyring.open(home))
            else:
                with pytest.raises(Killed):
                    publishing.take_in(home, Keyring.open(home))
        if step is not None:
            publishing.take_in(home, Keyring.open(home))
        assert not landed(home), step
        return _state(home), done[0]

    undisturbed, steps = run(None)
    made = [json.loads(data) for name, data in undisturbed.items() if name.startswith("receipts") and ".json" in name]
    assert sorted(receipt["verdict"] for receipt in made) == ["accepted", "accepted", "partial", "refused"]
    assert steps > 20
    for step in range(1, steps + 1):
        assert run(step)[0] == undisturbed, step


# --- files that are still arriving -------------------------------------------------------------------------------


def test_a_file_that_may_still_be_arriving_is_left_alone(home):
    folder = home.landing / SIREN
    folder.mkdir(parents=True)
    for name in ("remontee.zip", ".remontee.zip", "remontee.zip.part", "remontee.zip.filepart", "remontee.tmp"):
        (folder / name).write_bytes(as_zip(a_return()))
    hidden = folder / ".2025.depot"
    hidden.mkdir()
    (hidden / "remontee.zip").write_bytes(as_zip(a_return()))
    before = landed(home)
    assert take_in(home) == [] and landed(home) == before
    ready, arriving = deposits.pending(home, time.time() + 60)
    assert [d.paths for d in ready] == [((folder / "remontee.zip"),)] and arriving == []
    assert deposits.pending(home, time.time())[1] == [folder / "remontee.zip"]
    time.sleep(deposits.QUIET_SECONDS + 0.1)
    (receipt,) = take_in(home)
    assert receipt["verdict"] == "accepted"
    assert sorted(landed(home)) == sorted(set(before) - {f"{SIREN}/remontee.zip"})


def test_a_folder_with_more_in_it_than_was_read_does_not_stop_the_refresh(home, monkeypatch):
    folder = home.landing / SIREN / "troisième trimestre"
    folder.mkdir(parents=True)
    (folder / "remontee.zip").write_bytes(as_zip(a_return()))
    (folder / ".DS_Store").write_bytes(b"x")
    monkeypatch.setattr(deposits, "QUIET_SECONDS", 0.0)
    assert [r["verdict"] for r in take_in(home)] == ["accepted"]
    assert take_in(home) == []


# --- settings ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("key", [None, "", "abc", "é" * 43, base64.urlsafe_b64encode(bytes(31)).decode(), "A" * 45])
def test_a_missing_or_malformed_key_is_named(home, monkeypatch, key):
    monkeypatch.delenv("TERRITOIRES_KEY")
    if key is not None:
        monkeypatch.setenv("TERRITOIRES_KEY", key)
    with pytest.raises(SettingError, match="TERRITOIRES_KEY"):
        Keyring.open(home)
    assert not home.vault.exists()


def test_a_home_keeps_to_its_first_key(home, monkeypatch):
    take_in(home, a_return())
    monkeypatch.setenv("TERRITOIRES_KEY", OTHER_KEY)
    with pytest.raises(SettingError, match="TERRITOIRES_KEY"):
        Keyring.open(home)
    monkeypatch.setenv("TERRITOIRES_KEY", SAMPLE_KEY)
    Keyring.open(home)


@pytest.mark.parametrize(
    ("text", "named"),
    [
        (None, ["members.csv"]),
        (MEMBERS_CSV.replace(OTHER_SIRET, "00020002200001"), ["line 4", "column siret", "siret_invalide"]),
        (MEMBERS_CSV.replace(f"{SECOND_SIRET},AI", f"{SECOND_SIRET},IA"), ["line 3", "type_structure", "code_inconnu"]),
        (MEMBERS_CSV.replace("000200022,La", ",La"), ["line 4", "siren_adherent", "valeur_absente"]),
        (MEMBERS_CSV.replace("siret", "SIRET"), ["line 2", "column siret", "valeur_absente"]),
        (MEMBERS_CSV + f"{OTHER_SIREN},Autre,{SIRET},ACI,53,\n", ["column siret", "cle_en_double"]),
        (MEMBERS_CSV + f"{OTHER_SIREN},A,B,{SIRET},ACI,53,,\n", ["line 5"]),
    ],
)
def test_a_missing_or_wrong_list_of_members_is_named_with_its_line_and_column(home, text, named):
    home.members_csv.unlink()
    if text is not None:
        home.members_csv.write_text(text, encoding="utf-8")
    deposit(home, a_return())
    with pytest.raises(SettingError) as raised:
        publishing.take_in(home, Keyring.open(home))
    assert all(part in str(raised.value) for part in named), raised.value
    assert landed(home) and rows_in_lake(home) == 0


def test_a_list_of_members_in_another_encoding_is_named(home):
    home.members_csv.write_bytes(MEMBERS_CSV.replace("Navette", "Navetée").encode("cp1252"))
    with pytest.raises(SettingError, match="UTF-8"):
        publishing.members(home)


# --- the command that only looks ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("make", "code", "says"),
    [
        (lambda: as_zip(a_return()), 0, "acceptée"),
        (lambda: as_zip(a_return(siren_adherent="000 100 016")), 0, "acceptée"),
        (lambda: as_zip(changed(a_return(), "heures", "mois", "x", [4])), 1, "ligne 6 mois « x »"),
        (lambda: as_zip(changed(a_return(), "contrats", "type_contrat", "CDX", range(12))), 1, "refusée"),
        (lambda: as_zip(_with_nir(NIR)), 1, "sécurité sociale"),
        (lambda: b"\x00\x01", 1, "refusée"),
    ],
)
def test_check_says_what_a_refresh_would_and_stores_nothing(home, tmp_path, capsys, make, code, says):
    take_in(home, a_return(period="2025T2"))
    file = tmp_path / "remontee.zip"
    file.write_bytes(make())
    before = tree(home)
    assert cli.main(["check", str(file)]) == code
    shown = capsys.readouterr().out
    assert says in shown
    assert not {needle for needle in (NIR, "MATRICULE-", "999990000") if needle in shown}
    assert tree(home) == before
    assert file.exists()


def test_check_on_a_home_where_nothing_was_ever_taken_in_creates_nothing(home, tmp_path):
    file = tmp_path / "remontee.zip"
    file.write_bytes(as_zip(a_return()))
    assert cli.main(["check", str(file), "--member", SIREN]) == 0
    assert cli.main(["check", str(file), "--member", OTHER_SIREN]) == 1
    assert list(tree(home)) == ["members.csv"] and sorted(p.name for p in home.home.iterdir()) == ["members.csv"]


def test_check_says_what_setting_or_file_is_missing(home, tmp_path, monkeypatch, capsys):
    assert cli.main(["check", str(tmp_path / "absent.zip")]) == 2
    assert "absent.zip" in capsys.readouterr().err
    monkeypatch.delenv("TERRITOIRES_KEY")
    file = tmp_path / "remontee.zip"
    file.write_bytes(as_zip(a_return()))
    assert cli.main(["check", str(file)]) == 2
    assert "TERRITOIRES_KEY" in capsys.readouterr().err


def test_deposit_needs_a_siren_and_files_that_are_there(home, tmp_path):
    file = tmp_path / "a.csv"
    file.write_bytes(b"x")
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "a.csv").write_bytes(b"y")
    for siren, files in (("../x", [file]), (SIREN, [tmp_path / "no"]), (SIREN, [file, tmp_path / "b" / "a.csv"])):
        with pytest.raises(SettingError):
            deposits.put(home, siren, files)
    assert not home.landing.exists()


def test_the_workbook_of_a_receipt_repeats_the_wrong_rows_masked_with_their_reasons(home):
    tables = changed(a_return(), "heures", "heures_travaillees", "=1+1", [3])
    tables = changed(tables, "salaries", "annee_naissance", "1850", [19])
    (receipt,) = take_in(home, tables)
    workbook = fastexcel.read_excel(home.receipts / SIREN / f"{receipt['return_id']}.xlsx")
    assert workbook.sheet_names[:1] == ["accuse_de_reception"]
    hours = workbook.load_sheet("heures", dtypes="string").to_polars().to_dicts()
    assert [(row["ligne"], row["heures_travaillees"]) for row in hours if "pas une durée" in row["à corriger"]] == [
        ("5", "=1+1")
    ]
    people = workbook.load_sheet("salaries", dtypes="string").to_polars().to_dicts()
    assert [(row["ligne"], row["id_salarie"], row["annee_naissance"]) for row in people] == [("21", "•••", "•••")]
    assert "14 ans" in people[0]["à corriger"]


def test_an_empty_file_is_no_empty_table(home):
    """A correction with an unreadably empty contrats.csv must not wipe the contracts of the period."""
    take_in(home, a_return())
    before = lake(home, "contrats").height
    files = {f"{table}.csv": csv_bytes(rows) for table, rows in a_return().items()} | {"contrats.csv": b""}
    (receipt,) = take_in(home, files)
    assert "contrats" not in [count["table"] for count in receipt["tables"]]
    assert any("contrats" in note and "vide" in note for note in receipt["notes"])
    registry = lake(home, "remontees").filter(pl.col("nom_table") == "contrats")
    assert registry.height == 1
    assert lake(home, "contrats").height == before


@pytest.mark.parametrize(
    ("field", "text", "rule"),
    [
        ("periode", "2052T3", "periode_impossible"),
        ("periode", "1905T1", "periode_impossible"),
        ("date_extraction", "2052-01-01", "extraction_future"),
    ],
)
def test_a_return_of_another_age_is_refused(home, field, text, rule):
    tables = a_return()
    header = [row | {"valeur": text} if row["champ"] == field else row for row in tables["remontee"]]
    (receipt,) = take_in(home, tables | {"remontee": header})
    assert rules(receipt) == {rule}


def test_without_an_extraction_date_nothing_may_lie_after_the_day_it_came(home):
    tables = changed(a_return(), "sorties", "date_sortie", "2049-01-01", [0])
    header = [row for row in tables["remontee"] if row["champ"] != "date_extraction"]
    (receipt,) = take_in(home, tables | {"remontee": header})
    assert ("sorties", "apres_extraction") in {(f["table"], f["rule"]) for f in receipt["failures"]}


def test_columns_named_like_ours_stop_nobody(home):
    deposit(home, {"contrats.csv": b"ligne;ligne du fichier;ligne 1\n1;2;3\n"})
    deposit(home, a_return(OTHER_SIREN), OTHER_SIREN)
    assert [receipt["verdict"] for receipt in take_in(home)] == ["refused", "accepted"]


def test_announced_lines_may_be_written_as_spreadsheets_do(home):
    tables = a_return()
    header = [*tables["remontee"], {"champ": "lignes_contrats", "valeur": f"{PEOPLE},0"}]
    (receipt,) = take_in(home, tables | {"remontee": header})
    assert receipt["verdict"] == "accepted", receipt["failures"]


def test_a_return_extracted_before_its_period_ends_says_so(home):
    (receipt,) = take_in(home, a_return(date_extraction="2025-09-28"))
    assert any("antérieure à la fin de la période 2025T3" in note for note in receipt["notes"])


def test_a_lake_written_under_an_older_contract_takes_today_s_shape(home):
    """A column that the contract has gained since is null in the older rows; nothing else changes."""
    take_in(home, a_return())
    path = home.member_file("contrats", SIREN)
    older = pl.read_parquet(path).drop("code_rome")
    older.write_parquet(path)
    schema = home.lake_table("returns", "contrats") / "000_schema.parquet"
    pl.read_parquet(schema).drop("code_rome").write_parquet(schema)
    take_in(home, a_return(period="2025T4", date_extraction="2026-01-05"))
    assert pl.read_parquet_schema(path) == CONTRACTS["returns", "contrats"].polars_schema
    rows = lake(home, "contrats")
    assert rows.height == 2 * PEOPLE
    assert rows["code_rome"].null_count() >= PEOPLE


def test_members_csv_may_have_semicolons(home):
    text = home.members_csv.read_text(encoding="utf-8")
    home.members_csv.write_text(text.replace(",", ";"), encoding="utf-8")
    (receipt,) = take_in(home, a_return())
    assert receipt["verdict"] == "accepted"


def test_a_quote_left_open_swallows_no_row(home):
    files = {f"{table}.csv": csv_bytes(rows) for table, rows in a_return().items()}
    lines = files["heures.csv"].split(b"\r\n")
    lines[5], lines[15] = b'"' + lines[5], lines[15] + b'"'
    (receipt,) = take_in(home, files | {"heures.csv": b"\r\n".join(lines)})
    assert rules(receipt) == {"fichier_illisible"}
    assert "guillemet" in receipt["failures"][0]["message"]


@pytest.mark.parametrize(
    "text", ["voir jean.dupont@exemple.fr", "appeler le 06 12 34 56 78", "NIR 2 85 05 76 540 123 69"]
)
def test_what_identifies_a_person_is_refused_wherever_it_is_typed(home, text):
    if text.startswith("NIR"):
        number = int("2850576540123")
        text = f"NIR 2 85 05 76 540 123 {97 - number % 97:02}"
    (receipt,) = take_in(home, changed(a_return(), "activites", "intitule", text, [0]))
    assert rules(receipt) == {"donnee_interdite"}
    assert not [path for path in home.home.rglob("*") if path.is_file() and b"dupont" in path.read_bytes()]


def test_a_person_number_typed_into_another_column_is_masked(home):
    (receipt,) = take_in(home, changed(a_return(), "contrats", "type_contrat", "99999 23 00421", [3]))
    (failure,) = [f for f in receipt["failures"] if f["column"] == "type_contrat"]
    assert failure["value"] == "•••"


def test_an_empty_list_of_members_is_an_error_and_takes_nothing(home):
    deposit(home, a_return())
    home.members_csv.write_text("", encoding="utf-8")
    with pytest.raises(SettingError, match=r"members\.csv lists no member"):
        publishing.take_in(home, Keyring.open(home))
    assert landed(home)


def test_an_unforeseen_failure_costs_one_return_at_most(home, monkeypatch):
    deposit(home, a_return())
    deposit(home, a_return(OTHER_SIREN), OTHER_SIREN)
    real = publishing.judge

    def failing(pairs, known, keyring):
        if any(d.siren == SIREN and not r.problems for d, r in pairs):
            raise ZeroDivisionError
        return real(pairs, known, keyring)

    monkeypatch.setattr(publishing, "judge", failing)
    receipts_of = {receipt["siren"]: receipt for receipt in take_in(home)}
    assert rules(receipts_of[SIREN]) == {"fichier_illisible"}
    assert receipts_of[OTHER_SIREN]["verdict"] == "accepted"
    assert not landed(home)
