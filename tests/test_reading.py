"""Files of a deposit on their way to tables: layouts, encodings, headers, and what cannot be read.

Not here: the odd habits of real files (`test_quirks.py`), what the views of an export become (`test_adapters.py`).
"""

import io
import time
import zipfile
from collections.abc import Callable

import polars as pl
import pytest
from intake import (
    OTHER_SIREN,
    OTHER_SIRET,
    PEOPLE,
    SIREN,
    SIRET,
    Tables,
    a_return,
    another_home,
    as_open_document,
    as_workbook,
    as_zip,
    changed,
    content,
    counts,
    csv_bytes,
    deposit,
    lake,
    landed,
    places_of,
    rows_in_lake,
    rules,
    take_in,
)
from polars.testing import assert_frame_equal

from contracts import RETURN_TABLES
from orchestration.returns import deposits, reading


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
    assert rows_in_lake(homes["zip"]) == 3 * PEOPLE + 8
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
    assert len(deposits.pending(home)[1]) == 24, "still arriving"
    ready, arriving = deposits.pending(home, time.time() + deposits.QUIET_SECONDS)
    assert (len(ready), arriving) == (2, [])


@pytest.mark.parametrize(
    ("encoding", "separator"),
    [
        ("utf-8", ","),
        ("utf-8-sig", ";"),
        ("cp1252", ";"),
        ("cp1252", "\t"),
        ("utf-8", "|"),
        ("utf-16", "\t"),
    ],
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
            assert "1 colonne inconnue" in "".join(receipt["notes"])


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
        "a.zip": as_zip(a_return()), "heures.csv": csv_bytes(a_return()["heures"][1:])}, "table_en_double"),
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
    for table in set(a_return()) - {"remontee"}:
        assert set(lake(home, table)["siren_adherent"]) == {OTHER_SIREN}
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


def test_a_file_with_neither_a_name_of_a_column_nor_a_cell_says_that_it_is_empty(home):
    files = {f"{table}.csv": csv_bytes(rows) for table, rows in a_return().items()}
    for nothing in (b'""\n', b'""\n""\n', b'"";""\n"";""\n'):
        (receipt,) = take_in(home, files | {"activites.csv": nothing})
        assert receipt["verdict"] == "accepted", receipt["failures"]
        assert any("activites" in note and "vide" in note for note in receipt["notes"]), receipt["notes"]


def test_columns_named_like_ours_stop_nobody(home):
    deposit(home, {"contrats.csv": b"ligne;ligne du fichier;ligne 1\n1;2;3\n"})
    deposit(home, a_return(OTHER_SIREN), OTHER_SIREN)
    assert [receipt["verdict"] for receipt in take_in(home)] == ["refused", "accepted"]


def test_a_quote_left_open_swallows_no_row(home):
    files = {f"{table}.csv": csv_bytes(rows) for table, rows in a_return().items()}
    lines = files["heures.csv"].split(b"\r\n")
    lines[5], lines[15] = b'"' + lines[5], lines[15] + b'"'
    (receipt,) = take_in(home, files | {"heures.csv": b"\r\n".join(lines)})
    assert rules(receipt) == {"fichier_illisible"}
    assert "guillemet" in receipt["failures"][0]["message"]


# --- fluxIAE -------------------------------------------------------------------------------------------------------

FLUX = """DEBStructure_20250930_061500
structure_id_siae|structure_denomination|structure_siret_actualise
1|"Le Fil"|00010001600005
2|La Navette
et sa remorque|00020002200002
3||
FINStructure_20250930_061500|3
"""


def flux(text: str, name: str = "export.txt"):
    read = reading.read([(name, text.encode("cp1252"))])
    reader = reading.Reader(reading._shown, reading._fit)
    parts = [] if read.problems and read.problems[0].rule == "fichier_illisible" else [
        *reader.parts(name, 1, text.encode("cp1252"))
    ]  # fmt: skip
    return parts, " ".join(problem.about for problem in read.problems if problem.rule == "fichier_illisible")


def test_a_flux_export_is_read_by_its_bars_with_quotes_and_broken_lines_as_they_are():
    (part,), _ = flux(FLUX)
    assert part.name == "Structure"
    assert part.frame.rows() == [
        (3, "1", '"Le Fil"', "00010001600005"),
        (4, "2", "La Navette\net sa remorque", "00020002200002"),
        (6, "3", None, None),
    ]


@pytest.mark.parametrize(
    ("first", "view"),
    [
        ("DEBContratMission20250930", "ContratMission"),
        ("DEBEtatMensuelIndiv_2025-09-30 06:15:00", "EtatMensuelIndiv"),
        ("\r\nDEBSalarie|20250930", "Salarie"),
        ("DEBMissions", "Missions"),
    ],
)
def test_the_view_of_a_flux_export_is_read_whatever_its_stamp(first, view):
    (part,), _ = flux(f"{first}\r\na|b\r\n1|2\r\nFIN{view}\r\n")
    assert part.name == view and part.frame.select("a", "b").rows() == [("1", "2")]


def test_a_flux_export_whose_first_and_last_lines_a_spreadsheet_filled_up_reads_the_same():
    filled = FLUX.replace("061500\n", "061500||\n", 1).replace("061500|3", "061500|3|")
    assert flux(filled)[0][0].frame.equals(flux(FLUX)[0][0].frame)


def test_a_last_field_that_breaks_over_lines_stays_whole():
    (part,), _ = flux("DEBFormations20250930\na|b\n1|x\nsuite\n2|y\nfin\nFINFormations20250930\n")
    assert part.frame.rows() == [(3, "1", "x\nsuite"), (5, "2", "y\nfin")]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (FLUX[: FLUX.index("FIN")], "coupé"),
        (FLUX[: FLUX.index("3||")], "coupé"),
        ("DEBStructure20250930\n", "coupé"),
        (FLUX.replace("|", ";"), "séparées par « ; » et non par des barres"),
        (FLUX.partition("\n")[2], "sa première ligne, DEB…, manque"),
        (FLUX.replace("3||\n", ""), "annonce 3 enregistrements, il en a 2"),
        (FLUX.replace("3||\n", "3|||\n"), "plus de colonnes"),
        (FLUX.replace("3||\n", "3|\n"), "moins de colonnes"),
    ],
)
def test_a_flux_export_cut_short_or_out_of_step_is_refused(text, says):
    parts, about = flux(text)
    assert not parts and says in about


def test_a_column_called_debut_makes_no_flux_export():
    (part,), _ = flux("DEBUT;FIN\n2025-01-01;2025-02-01\n")
    assert part.frame.columns == ["ligne", "DEBUT", "FIN"]


def test_what_is_no_table_is_named_by_its_rank_in_the_deposit():
    files = [("remontee.csv", b"champ;valeur\nperiode;2025T3\n"), ("Dupont.csv", b"a;b\n1;2\n")]
    (note,) = [note for note in reading.read(files).notes if "n'est pas une table connue" in note]
    assert "n° 2 (.csv)" in note
    book = as_workbook({"Dupont": [{"a": "1", "b": "2"}]})
    (note,) = [note for note in reading.read([("a.xlsx", book)]).notes if "n'est pas une table connue" in note]
    assert "n° 1" in note and "Dupont" not in note


def _structures(first: str, *rows: str, last: str) -> reading.Reading:
    text = "\n".join([first, "structure_id_siae|structure_siret_actualise", *rows, last, ""])
    return reading.read([("a.csv", text.encode())])


def test_a_stamp_on_the_last_line_of_an_export_is_no_count():
    found = _structures("DEBStructure 01102025 074706", f"70|{SIRET}", last="FINStructure 01102025 074706")
    assert "fichier_illisible" not in {problem.rule for problem in found.problems}


def test_views_one_after_the_other_in_one_file_are_refused():
    more = ("FINStructure", "DEBSalarie20250101", "salarie_id|x", "1|2")
    found = _structures("DEBStructure20250101", f"70|{SIRET}", *more, last="FINSalarie")
    assert ["plusieurs vues" in problem.about for problem in found.problems] == [True]


def test_of_the_header_nothing_is_kept_but_what_is_known(home):
    tables = a_return(lignes_heures="Marie Durandal")
    tables["remontee"] += [{"champ": "contact", "valeur": "Marie Durandal"}]
    (receipt,) = take_in(home, tables)
    assert rules(receipt) == {"total_de_controle"} and not places_of(home, "durandal")
    assert "Table remontee : 1 champ inconnu laissé de côté." in receipt["notes"]


@pytest.mark.parametrize(("second", "verdict"), [("20", "accepted"), ("21", "refused")])
def test_a_column_twice_in_a_header_is_read_once_if_both_say_the_same_and_refuses_the_return_if_not(
    home, second, verdict
):
    header = b"siret;type_structure;date_debut;date_fin;salaries_nombre;salaries_nombre\n"
    row = f"00010001600005;ACI;2025-07-01;2025-09-30;20;{second}\n".encode()
    files = {"remontee.csv": csv_bytes(a_return()["remontee"]), "bilans.csv": header + row}
    (receipt,) = take_in(home, files)
    assert receipt["verdict"] == verdict
    told = [failure["message"] for failure in receipt["failures"] if failure["rule"] == "colonne_en_double"]
    assert ["salaries_nombre (bilans)" in message for message in told] == [True] * (verdict == "refused")
