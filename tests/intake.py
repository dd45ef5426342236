"""A member's return as data and as files, and homes to drop it in: what the tests of the intake share.

Here: writers of layouts, deposits, readers of what came out. Not here: a test.
"""

import base64
import csv
import io
import json
import shutil
import time
import zipfile
from collections.abc import Iterable
from pathlib import Path
from xml.sax.saxutils import escape

import polars as pl
import xlsxwriter

from contracts import CONTRACTS, RETURN_TABLES
from orchestration.resources import Keyring, Storage
from orchestration.returns import deposits, publishing, receipts

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
    columns = list(dict.fromkeys(column for row in rows for column in row))
    writer = csv.DictWriter(text, columns, delimiter=separator, lineterminator=end)
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


def with_nir(text: str) -> Tables:
    return changed(a_return(), "salaries", "id_salarie", text, [3])
