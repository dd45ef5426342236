"""Odd habits of real files, each of which is read for what it means, or refused for what it hides.

Here: titles and totals, hidden and empty sheets, formulas, dates and numbers as spreadsheets write them. Not here:
formats and encodings (`test_reading.py`).
"""

import datetime
import io
import json
import zipfile
from collections.abc import Callable

import polars as pl
import pytest
import xlsxwriter
from intake import (
    OTHER_SIREN,
    PEOPLE,
    Tables,
    a_return,
    as_open_document,
    as_workbook,
    as_zip,
    changed,
    counts,
    csv_bytes,
    lake,
    rules,
    take_in,
)

from orchestration.returns import reading


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
