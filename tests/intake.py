"""A member's return as data and as files, and homes to drop it in: what the tests of the intake share.

Here: writers of layouts, deposits, readers of what came out. Not here: a test.
"""

import base64
import csv
import io
import json
import os
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
        "annexes_financieres": [place | {"numero_annexe": f"{kind}035250012", "date_debut": "2025-01-01",
                                         "date_fin": "2025-12-31", "taux_prev_sorties_dynamiques": "60"}],
        "bilans": [place | {"date_debut": "2025-01-01", "date_fin": "2025-06-30", "sorties_examinees": "4",
                            "sorties_durables": "2"}],
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


#: What the views of fluxIAE can say of our tables, written out again on purpose.
_SAID_BY_FLUX_IAE = {
    "structures": "siret type_structure denomination commune_insee naf date_debut etp_conventionnes",
    "salaries": "id_salarie pass_iae annee_naissance sexe commune_residence brsa ass aah rqth qpv zrr",
    "contrats": "id_contrat rang siret type_structure id_salarie type_contrat date_debut date_fin_prevue "
    "date_fin_reelle duree_hebdo remuneration_brute_mensuelle code_rome",
    "missions": "id_mission id_contrat date_debut date_fin code_rome",
    "heures": "id_contrat mois heures_travaillees salaire_brut part_etp",
    "sorties": "id_salarie siret type_structure date_sortie motif",
    "formations": "id_salarie date_debut date_fin heures",
    "annexes_financieres": "numero_annexe siret type_structure date_debut date_fin etp_conventionnes "
    "taux_prev_sorties_dynamiques taux_prev_sorties_durables taux_prev_sorties_transition taux_prev_sorties_positives",
}
_USUAL_CONTRACT = {"AI": "CDDU", "ACI": "CDDI", "EI": "CDDI", "ETTI": "CTT", "EITI": "CREATION_ENTREPRISE"}


def as_flux_iae_says(tables: Tables) -> Tables:
    """The part of a return that an export of fluxIAE can say, in our own layout: the same rows must come of both.

    The type of a contract is the usual one of its kind; a structure has contracts or annexes, begins with the first of
    them, and its posts are those of its annexes; an exit or a training is that of a contract of the person, and on the
    day of an exit the last contract there ends, the only end that is known to be real.
    """
    said: Tables = {"remontee": tables["remontee"]}
    for table, columns in _SAID_BY_FLUX_IAE.items():
        rows = tables.get(table, [])
        said[table] = [{c: row.get(c, "") for c in columns.split()} for row in rows]
    last = _last_contracts(said)
    said["sorties"] = [r for r in said["sorties"] if (r["id_salarie"], r["siret"], r["type_structure"]) in last]
    known = {person for person, *_ in last}
    said["formations"] = [r for r in said["formations"] if r["id_salarie"] in known]
    for row in said["contrats"]:
        row["type_contrat"] = _USUAL_CONTRACT[row["type_structure"]]
    ends = {(r["id_salarie"], r["siret"], r["type_structure"]): r["date_sortie"] for r in said["sorties"]}
    for row in said["contrats"]:
        row["date_fin_reelle"] = ""
    for place, contract in last.items():
        contract["date_fin_reelle"] = ends.get(place, "")
    employing = {(r["siret"], r["type_structure"]) for r in (*said["contrats"], *said["annexes_financieres"])}
    said["structures"] = [r for r in said["structures"] if (r["siret"], r["type_structure"]) in employing]
    for row in said["structures"]:
        place = (row["siret"], row["type_structure"])
        annexes = [r for r in said["annexes_financieres"] if (r["siret"], r["type_structure"]) == place]
        contracts = [r for r in said["contrats"] if (r["siret"], r["type_structure"]) == place]
        row["date_debut"] = min(r["date_debut"] for r in (*annexes, *contracts))
        row["etp_conventionnes"] = str(sum(float(r["etp_conventionnes"]) for r in annexes)) if annexes else ""
    return {table: rows for table, rows in said.items() if rows}


def _last_contracts(tables: Tables) -> dict[tuple[str, str, str], dict[str, str]]:
    found = {}
    for row in sorted(tables.get("contrats", []), key=lambda r: r["date_debut"]):
        found[row["id_salarie"], row["siret"], row["type_structure"]] = row
    return found


def as_flux_iae(tables: Tables, stamp: str = "01102025_074706") -> dict[str, bytes]:
    """`tables` as ASP writes its views, a file each: between a line DEB<view><stamp> and a line FIN<number of rows>,
    `|` between cells, no quotes; a cell of free text goes over two lines, another has a quote of its own."""
    return {
        f"fluxIAE_{view}_{stamp}.csv": _flux_file(view, rows, stamp) for view, rows in flux_iae_views(tables).items()
    }


def flux_iae_views(tables: Tables) -> Tables:
    """The rows of the views that hold `tables`, as `as_flux_iae_says` leaves them, dates as YYYY-MM-DD."""

    def day(text: str, clock: str = "") -> str:
        return f"{text[8:10]}/{text[5:7]}/{text[:4]}{clock}" if text else ""

    def yes(text: str) -> str:
        return {"oui": "true", "non": "false"}.get(text, text)

    structures = tables.get("structures", [])
    number = {(r["siret"], r["type_structure"]): f"{rank}" for rank, r in enumerate(structures, start=70)}

    def structure(row: dict[str, str]) -> str:
        return number[row["siret"], row["type_structure"]]

    contracts = tables.get("contrats", [])
    exits = {(r["id_salarie"], r["siret"], r["type_structure"]): r for r in tables.get("sorties", [])}
    leaving = {id(row): exits[place] for place, row in _last_contracts(tables).items() if place in exits}
    of_person = {row["id_salarie"]: row for row in tables.get("salaries", [])}
    first_contract = {row["id_salarie"]: row["id_contrat"] for row in reversed(contracts)}
    views: Tables = {
        "Structure": [
            {"structure_id_siae": structure(r), "structure_siret_actualise": r["siret"],
             "structure_denomination": r["denomination"], "structure_observations": "deux\nlignes",
             "structure_adresse_admin_code_insee": r["commune_insee"], "structure_code_naf": r["naf"]}
            for r in structures
        ],
        "Salarie": [
            {"salarie_id": r["id_salarie"], "salarie_agrement": r["pass_iae"],
             "salarie_rci_libelle": {"F": "MME", "H": "M."}[r["sexe"]], "salarie_annee_naissance": r["annee_naissance"],
             "salarie_codeinseecom": r["commune_residence"],
             "salarie_adr_qpv_type": {"oui": "QP", "non": "NQP"}.get(r["qpv"], ""),
             "salarie_adr_is_zrr": yes(r["zrr"]).upper()}
            for r in tables.get("salaries", [])
        ],
        "ContratMission": [
            {"contrat_id_ctr": r["id_contrat"], "contrat_id_structure": structure(r),
             "contrat_id_pph": r["id_salarie"], "contrat_mesure_disp_code": f"{r['type_structure']}_DC",
             "contrat_type_contrat": r["rang"], "contrat_date_embauche": day(r["date_debut"]),
             "contrat_date_fin_contrat": day(r["date_fin_prevue"]),
             "contrat_date_sortie_definitive": day(leaving[id(r)]["date_sortie"]) if id(r) in leaving else "",
             "contrat_motif_sortie_code": leaving[id(r)]["motif"] if id(r) in leaving else "",
             "contrat_duree_contrat": "4", "contrat_duree_hebdo_travail": r["duree_hebdo"],
             "contrat_remuneration_brute_mensuelle": r["remuneration_brute_mensuelle"],
             "contrat_code_rome": r["code_rome"],
             **{f"contrat_salarie_{ours}": yes(of_person.get(r["id_salarie"], {}).get(column, ""))
                for ours, column in (("rsa", "brsa"), ("ass", "ass"), ("aah", "aah"), ("rqth", "rqth"))}}
            for r in contracts
        ],
        "Missions": [
            {"mission_id_mis": r["id_mission"], "mission_id_ctr": r["id_contrat"], "mission_descriptif": '"taille',
             "mission_date_debut": day(r["date_debut"], " 00:00:00"), "mission_date_fin": day(r["date_fin"]),
             "mission_code_rome": r["code_rome"]}
            for r in tables.get("missions", [])
        ],
        "EtatMensuelIndiv": [
            {"emi_ctr_id": r["id_contrat"], "emi_sme_annee": r["mois"][:4], "emi_sme_mois": str(int(r["mois"][5:])),
             "emi_afi_id": "1", "emi_esm_etat_code": "VALIDE", "emi_sme_version": "1",
             "emi_nb_heures_travail": r["heures_travaillees"], "emi_mt_salaire_brut": r["salaire_brut"],
             "emi_part_etp": r["part_etp"], "emi_date_fin_reelle": "", "emi_motif_sortie_code": ""}
            for r in tables.get("heures", [])
        ],
        "Formations": [
            {"formation_id_ctr": first_contract[r["id_salarie"]], "formation_date_debut": day(r["date_debut"]),
             "formation_date_fin": day(r["date_fin"]), "formation_duree_heures": r["heures"],
             "formation_duree_minutes": ""}
            for r in tables.get("formations", [])
        ],
        "AnnexeFinanciere": [
            {"af_numero_annexe_financiere": r["numero_annexe"], "af_id_structure": structure(r),
             "af_mesure_dispositif_code": f"{r['type_structure']}_DC", "af_etat_annexe_financiere_code": "VALIDE",
             "af_date_debut_effet": day(r["date_debut"]), "af_date_fin_effet": day(r["date_fin"]),
             "af_etp_postes_insertion": r["etp_conventionnes"],
             "af_taux_prev_sorties_dynamiques": r["taux_prev_sorties_dynamiques"],
             "af_taux_prev_sorties_durable": r["taux_prev_sorties_durables"],
             "af_taux_prev_sorties_trans": r["taux_prev_sorties_transition"],
             "af_taux_prev_sorties_positives": r["taux_prev_sorties_positives"]}
            for r in tables.get("annexes_financieres", [])
        ],
    }  # fmt: skip
    return {view: rows for view, rows in views.items() if rows}


def _flux_file(view: str, rows: list[dict[str, str]], stamp: str) -> bytes:
    lines = ["|".join(cells) for cells in (rows[0].keys(), *(row.values() for row in rows))]
    return "\n".join([f"DEB{view}{stamp}", *lines, f"FIN{len(rows)}", ""]).encode()


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


def hidden(*contracts: str, siren: str = SIREN) -> list[str]:
    """What stands in the lake for these identifiers of contracts, or missions, of a member; the key is the sample's."""
    keyring = Keyring.of("SAMPLE_KEY", SAMPLE_KEY)
    return [keyring.pseudonym("contract", f"{siren} {contract}") for contract in contracts]


def content(home: Storage, table: str) -> pl.DataFrame:
    """Rows of a table of the lake without what tells one deposit from another."""
    return lake(home, table).drop("id_remontee", "ligne").sort(pl.all(), nulls_last=True)


def rows_in_lake(home: Storage) -> int:
    return sum(lake(home, contract.table).height for contract in RETURN_TABLES)


def tree(home: Storage) -> dict[str, bytes]:
    return {str(p.relative_to(home.home)): p.read_bytes() for p in sorted(home.home.rglob("*")) if p.is_file()}


def places_of(home: Storage, *needles: str) -> set[str]:
    """Files under the home whose name, bytes, parquet cells or unpacked sheets hold one of the needles, in any case."""
    wanted = [needle.casefold() for needle in needles]
    found = set()
    for name, data in tree(home).items():
        texts = [name.casefold(), data.decode("latin-1").casefold(), data.decode("utf-8", "replace").casefold()]
        if name.endswith(".parquet"):
            texts.append(pl.read_parquet(home.home / name).write_csv().casefold())
        if name.endswith(".xlsx"):
            with zipfile.ZipFile(home.home / name) as book:
                texts += [book.read(part).decode("utf-8").casefold() for part in book.namelist()]
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


# --- a process that is killed ------------------------------------------------------------------------------------


class Killed(BaseException):
    """Nothing in the program catches it, as nothing catches a kill."""


def dies_at(step: int | None, monkeypatch) -> list[int]:
    """The process dies just before its n-th change on disk (a rename into place, a removal); counts the changes."""
    done = [0]

    def counted(change, path_of):
        def changes(*arguments, **options):
            if Path(path_of(*arguments)).exists():
                done[0] += 1
                if done[0] == step:
                    raise Killed
            return change(*arguments, **options)

        return changes

    for rename in ("replace", "rename"):
        monkeypatch.setattr(os, rename, counted(getattr(os, rename), lambda source, target: source))
    for removal in ("unlink", "rmdir"):
        monkeypatch.setattr(Path, removal, counted(getattr(Path, removal), lambda path: path))
    monkeypatch.setattr(shutil, "rmtree", counted(shutil.rmtree, lambda path, **_: path))
    return done
