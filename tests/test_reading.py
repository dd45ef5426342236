"""Files of a deposit on their way to tables: layouts, encodings, headers, and what cannot be read."""

import datetime
import io
import json
import time
import zipfile
from collections.abc import Callable

import polars as pl
import pytest
import xlsxwriter
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


# --- quirks of real files ------------------------------------------------------------------------------------------


def files_of(tables: Tables, **how: str) -> dict[str, bytes]:
    return {f"{table}.csv": csv_bytes(rows, **how) for table, rows in tables.items()}


def workbook(fill: Callable[[xlsxwriter.Workbook], None]) -> bytes:
    made = io.BytesIO()
    with xlsxwriter.Workbook(made, {"in_memory": True}) as book:
        fill(book)
    return made.getvalue()


def sheets(tables: Tables, **written: Callable) -> bytes:
    """A workbook of `tables`; `written[table]` writes that sheet itself, given (book, sheet, rows)."""

    def fill(book: xlsxwriter.Workbook) -> None:
        for table, rows in tables.items():
            sheet = book.add_worksheet(table)
            if table in written:
                written[table](book, sheet, rows)
            else:
                write_at(sheet, 0, rows)

    return workbook(fill)


def write_at(sheet, top: int, rows: list[dict[str, str]], left: int = 0) -> None:
    for x, column in enumerate(rows[0], start=left):
        sheet.write_string(top, x, column)
        for y, row in enumerate(rows, start=top + 1):
            if row[column]:
                sheet.write_string(y, x, row[column])


def notes(receipt: dict) -> str:
    return " ".join(receipt["notes"])


def test_line_ends_of_old_software_are_read(home):
    (receipt,) = take_in(home, files_of(a_return(), end="\r"))
    assert receipt["verdict"] == "accepted", receipt["failures"]
    assert sorted(lake(home, "heures")["ligne"]) == list(range(2, PEOPLE + 2))


@pytest.mark.parametrize("separator", [";", ","])
def test_titles_above_and_totals_below_are_set_aside_and_said(home, separator):
    """A title with semicolons over a file with commas, decimal commas, a sub-total and a total."""
    tables = changed(a_return(lignes_heures=str(PEOPLE)), "heures", "mois", "jamais", [19])
    files = files_of(tables, separator=separator)
    header, *lines = files["heures.csv"].decode().splitlines()
    total = separator.join(["Sous-total", "", '"1005,0"']), separator.join(["TOTAL GENERAL", "", '"2010,0"'])
    rows = ["Le Fil ; heures ; troisième trimestre", "", "édité le 1/10/2025, page 1", header]
    rows += [*lines[:10], total[0], *lines[10:], total[1], "", ""]
    (receipt,) = take_in(home, files | {"heures.csv": "\r\n".join(rows).encode("cp1252")})
    assert counts(receipt, "heures") == (PEOPLE, PEOPLE - 1, 1, 0), receipt["failures"]
    assert "2 lignes au-dessus" in notes(receipt) and "2 lignes de total" in notes(receipt)
    # header on line 4, so rows 1 to 10 on 5 to 14, the sub-total on 15, rows 11 to 20 on 16 to 25
    assert [f["line"] for f in receipt["failures"]] == [25]
    assert sorted(lake(home, "heures")["ligne"]) == [*range(5, 15), *range(16, 25)]


def test_titles_and_totals_of_a_sheet_are_set_aside_and_said(home):
    def write(book, sheet, rows):
        sheet.merge_range(0, 0, 0, 4, "Contrats du troisième trimestre 2025")
        write_at(sheet, 2, rows, left=1)
        sheet.write_string(2 + PEOPLE + 1, 1, "Total : 20 contrats")

    tables = changed(a_return(), "contrats", "type_contrat", "???", [3])
    (receipt,) = take_in(home, sheets(tables, contrats=write))
    assert counts(receipt, "contrats") == (PEOPLE, PEOPLE - 1, 1, 0)
    assert [f["line"] for f in receipt["failures"] if f["rule"] == "code_inconnu"] == [7]
    assert "1 ligne au-dessus" in notes(receipt) and "1 ligne de total" in notes(receipt)


def test_a_whole_row_whose_key_says_total_is_a_row(home):
    tables = changed(a_return(), "missions", "id_mission", "Total", [0])
    tables["missions"].append({"id_mission": "TOTAL-2", "id_contrat": "", "date_debut": "2025-07-01", "heures": "7"})
    (receipt,) = take_in(home, as_zip(tables))
    assert counts(receipt, "missions")[0] == 2


def test_a_personal_number_in_a_title_or_a_total_is_not_received(home):
    files = files_of(a_return())
    for place in ("above", "below"):
        text = files["heures.csv"].decode()
        text = f"NIR;185057800608491\n{text}" if place == "above" else f"{text}Total 185057800608491;;1\n"
        (receipt,) = take_in(home, files | {"heures.csv": text.encode()})
        assert rules(receipt) == {"donnee_interdite"}, place


def test_a_quoted_cell_over_two_lines_shifts_no_number_of_line(home):
    tables = changed(a_return(), "activites", "intitule", "Épicerie\net café", [0])
    tables["activites"].append(tables["activites"][0] | {"id_activite": "A2", "date_debut": "?"})
    (receipt,) = take_in(home, as_zip(tables))
    assert [f["line"] for f in receipt["failures"] if f["column"] == "date_debut"] == [4]


def test_the_columns_decide_when_the_name_of_a_file_contradicts_them(home):
    files = files_of(a_return())
    files["contrats.csv"], files["salaries.csv"] = files["salaries.csv"], files["contrats.csv"]
    (receipt,) = take_in(home, files)
    assert receipt["verdict"] == "accepted", receipt["failures"]
    assert "« salaries »" in notes(receipt) and "« contrats »" in notes(receipt)
    assert counts(receipt, "contrats")[0] == counts(receipt, "salaries")[0] == PEOPLE


def test_a_table_without_a_mandatory_column_is_not_taken_for_a_smaller_table(home):
    """contrats without siret still has all that formations must have."""
    tables = a_return()
    tables["contrats"] = [{k: v for k, v in row.items() if k != "siret"} for row in tables["contrats"]]
    (receipt,) = take_in(home, as_zip(tables))
    assert receipt["failures"][0]["message"].startswith("La colonne « siret (contrats) »")


def test_the_header_and_tables_are_known_by_their_columns_whatever_their_name(home):
    (receipt,) = take_in(home, {f"export {i}.csv": data for i, data in enumerate(files_of(a_return()).values())})
    assert receipt["verdict"] == "accepted" and receipt["period"] == "2025T3"


@pytest.mark.parametrize("name", ["remontee.csv", "remontee.xls", "remontee", "remontee.txt"])
def test_what_a_file_is_is_told_by_its_bytes_not_by_its_name(home, name):
    for make in (as_workbook, as_zip, as_open_document):
        (receipt,) = take_in(home, {name: make(a_return())})
        assert receipt["verdict"] == "accepted", (name, make, receipt["failures"])
    (receipt,) = take_in(home, files_of(a_return()) | {"contrats.csv": b""} | {
        "contrats.xlsx": csv_bytes(a_return()["contrats"])})  # fmt: skip
    assert counts(receipt, "contrats") == (PEOPLE, PEOPLE, 0, 0)


def test_a_workbook_in_a_zip_is_read(home):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("remontee.xlsx", as_workbook(a_return()))
    (receipt,) = take_in(home, packed.getvalue())
    assert receipt["verdict"] == "accepted", receipt["failures"]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"<html><body><table><tr><td>siret</td></tr></table></body></html>", "page web"),
        (b"\xef\xbb\xbf\r\n<!DOCTYPE html PUBLIC><table>", "page web"),
        (b'<?xml version="1.0"?><Workbook/>', "page web"),
        (b"%PDF-1.4 remontee", "PDF"),
        (b"{\\rtf1 remontee}", "RTF"),
        (b"siret;mois\n\x00\x00", "ni un classeur"),
    ],
)
def test_what_other_software_calls_an_excel_file_is_refused_in_plain_words(home, content, says):
    (receipt,) = take_in(home, {"contrats.xls": content})
    assert rules(receipt) == {"fichier_illisible"} and says in receipt["failures"][0]["message"]


def test_the_same_file_twice_in_a_deposit_is_read_once_and_said(home):
    files = files_of(a_return())
    (receipt,) = take_in(home, files | {"heures (1).csv": files["heures.csv"]})
    assert receipt["verdict"] == "accepted" and "deux fois" in notes(receipt)
    assert counts(receipt, "heures") == (PEOPLE, PEOPLE, 0, 0)


def test_a_hidden_sheet_is_read_and_said(home):
    def write(book, sheet, rows):
        write_at(sheet, 0, rows)
        sheet.hide()

    (receipt,) = take_in(home, sheets(a_return(), heures=write))
    assert receipt["verdict"] == "accepted"
    assert "Feuille heures : masquée" in notes(receipt) and counts(receipt, "heures")[1] == PEOPLE


def test_a_formula_counts_as_its_value_and_an_error_is_no_empty_cell(home):
    def write(book, sheet, rows):
        write_at(sheet, 0, rows)
        sheet.write_formula(1, 2, "=50+50.5", None, 100.5)
        sheet.write_formula(2, 3, "=1/0", None, "#DIV/0!")
        sheet.write_formula(3, 0, '=VLOOKUP("a",A:B,2)', None, "#N/A")

    tables = a_return()
    tables["heures"] = [row | {"salaire_brut": ""} for row in tables["heures"]]
    (receipt,) = take_in(home, sheets(tables, heures=write))
    wrong = {(f["line"], f["column"]): (f["rule"], f["value"]) for f in receipt["failures"] if f["table"] == "heures"}
    assert wrong == {
        (3, "salaire_brut"): ("nombre_illisible", "#DIV/0!"),
        (4, "id_contrat"): ("erreur_de_tableur", "#N/A"),
    }
    assert lake(home, "heures").filter(ligne=2)["heures_travaillees"].to_list() == [100.5]


def test_an_error_of_an_open_document_is_neither_empty_nor_zero(home):
    cell = b'<table:table-cell office:value-type="string"><text:p>100,5</text:p></table:table-cell>'
    wrong = (
        b'<table:table-cell table:formula="of:=1/0" office:value-type="float" office:value="0" '
        b'calcext:value-type="error"><text:p>#DIV/0!</text:p></table:table-cell>'
    )
    old = zipfile.ZipFile(io.BytesIO(as_open_document(a_return())))
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as new:
        for entry in old.infolist():
            new.writestr(entry, old.read(entry).replace(cell, wrong, 1))
    (receipt,) = take_in(home, packed.getvalue())
    assert counts(receipt, "heures") == (PEOPLE, PEOPLE - 1, 1, 0)
    assert [(f["line"], f["value"]) for f in receipt["failures"]] == [(2, "#DIV/0!")]


def test_formulas_that_were_never_computed_refuse_the_workbook(home):
    import openpyxl

    book = openpyxl.load_workbook(io.BytesIO(as_workbook(a_return())))
    book["heures"]["C2"] = "=50+50"
    made = io.BytesIO()
    book.save(made)
    (receipt,) = take_in(home, made.getvalue())
    assert rules(receipt) == {"fichier_illisible"} and "formules" in receipt["failures"][0]["message"]


def test_dates_hours_and_numbers_of_a_spreadsheet_reach_the_contract_as_it_shows_them(home):
    def write(book, sheet, rows):
        write_at(sheet, 0, rows)
        day, clock = book.add_format({"num_format": "dd/mm/yyyy"}), book.add_format({"num_format": "[h]:mm"})
        for y, row in enumerate(rows, start=1):
            for x, column in enumerate(row):
                if column == "siret":
                    sheet.write_number(y, x, int(row[column]))
                elif column == "date_debut":
                    sheet.write_datetime(y, x, datetime.datetime(2025, 2, 1), day)
                elif column == "date_fin_prevue":
                    sheet.write_number(y, x, 46053)  # 31 January 2026, without the format of a date
                elif column == "duree_hebdo":
                    sheet.write_number(y, x, 26.5 / 24 if y > 1 else 17.5 / 24, clock)

    tables = a_return(OTHER_SIREN)
    for table in ("contrats", "structures", "sorties"):
        tables[table] = [row | {"siret": "21350238100012"} for row in tables[table]]
    found = reading.read([("a.xlsx", sheets(tables, contrats=write))]).tables["contrats"]
    assert set(found["siret"]) == {"21350238100012"}
    assert set(found["duree_hebdo"]) == {"17:30", "26:30"}
    (receipt,) = take_in(home, sheets(a_return(), heures=lambda b, s, rows: write_at(s, 0, rows)))
    assert receipt["verdict"] == "accepted"
    tables = changed(a_return(), "contrats", "siret", "8.07469E+13", [3])
    (receipt,) = take_in(home, as_workbook(tables))
    assert "siret_invalide" in rules(receipt)


def test_clock_hours_and_serial_dates_are_accepted(home):
    def write(book, sheet, rows):
        write_at(sheet, 0, rows)
        clock, columns = book.add_format({"num_format": "[h]:mm"}), list(rows[0])
        for y in range(1, PEOPLE + 1):
            sheet.write_number(y, columns.index("duree_hebdo"), 26.5 / 24, clock)
            sheet.write_number(y, columns.index("date_debut"), 45689)
            sheet.write_datetime(
                y, columns.index("date_fin_prevue"), datetime.datetime(2026, 1, 31),
                book.add_format({"num_format": "dd/mm/yyyy"}),
            )  # fmt: skip

    (receipt,) = take_in(home, sheets(a_return(), contrats=write))
    assert receipt["verdict"] == "accepted", receipt["failures"]
    rows = lake(home, "contrats")
    assert set(rows["duree_hebdo"]) == {26.5}
    assert set(rows["date_debut"]) == {datetime.date(2025, 2, 1)}
    assert set(rows["date_fin_prevue"]) == {datetime.date(2026, 1, 31)}


def test_a_leading_apostrophe_that_marks_text_is_no_part_of_it(home):
    tables = changed(a_return(), "contrats", "siret", "'00010001600005", range(PEOPLE))
    (receipt,) = take_in(home, as_zip(tables))
    assert receipt["verdict"] == "accepted", receipt["failures"]


def test_merged_cells_leave_rows_that_say_what_they_lack(home):
    def write(book, sheet, rows):
        write_at(sheet, 0, rows)
        sheet.merge_range(1, 0, 2, 0, "C1", book.add_format({"bold": True}))

    (receipt,) = take_in(home, sheets(a_return(), heures=write))
    assert [(f["line"], f["column"], f["rule"]) for f in receipt["failures"]] == [(3, "id_contrat", "valeur_absente")]


def test_invisible_characters_are_removed_and_receipts_stay_well_formed(home):
    text = "\x01\x08\x1fÉpi\x0bcerie\uffff"
    for make in (as_zip, as_workbook):
        tables = changed(changed(a_return(), "activites", "intitule", text, [0]), "heures", "mois", "\x02<b>\x1b", [2])
        (receipt,) = take_in(home, make(tables))
        (wrong,) = receipt["failures"]
        assert (wrong["line"], wrong["value"]) in {(4, "<b>"), (4, "_x0002_<b>_x001B_")}
        for page in home.receipts.rglob("*.xlsx"):
            assert pl.read_excel(page).width
    assert "Épicerie" in lake(home, "activites")["intitule"].to_list()


def test_text_that_looks_like_a_formula_stays_text_everywhere(home):
    formula = "=cmd|' /C calc'!A0"
    tables = changed(a_return(), "activites", "intitule", formula, [0])
    tables = changed(changed(tables, "heures", "mois", "+1+1", [2]), "contrats", "duree_hebdo", "-2+3", [4])
    (receipt,) = take_in(home, as_zip(tables))
    assert lake(home, "activites")["intitule"].to_list() == [formula]
    followed = "ligne 6 de contrats"  # the hours of the contract
    assert {f["value"] for f in receipt["failures"]} == {"+1+1", "-2+3", followed}
    (book,) = home.receipts.rglob("*.xlsx")
    with zipfile.ZipFile(book) as archive:
        assert not [n for n in archive.namelist() if n.startswith("xl/worksheets") and b"<f>" in archive.read(n)]
    json.loads(next(home.receipts.rglob("*.json")).read_text(encoding="utf-8"))


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
