"""A correction sent back: laid over its original, it makes the whole return that the member meant."""

import io

import openpyxl
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from intake import (
    OTHER_SIREN,
    PEOPLE,
    SIREN,
    Tables,
    a_return,
    another_home,
    as_open_document,
    as_zip,
    changed,
    counts,
    deposit,
    hidden,
    lake,
    places_of,
    rules,
    take_in,
    tree,
)

from contracts import RETURN_TABLES
from orchestration import cli
from orchestration.resources import Keyring, Storage
from orchestration.returns import corrections, publishing, reading, receipts, vault
from orchestration.returns.judging import masked


def _workbook(home: Storage, receipt: dict, siren: str = SIREN) -> openpyxl.Workbook:
    return openpyxl.load_workbook(home.receipts / siren / f"{receipt['return_id']}.xlsx")


def _saved(book: openpyxl.Workbook) -> bytes:
    made = io.BytesIO()
    book.save(made)
    return made.getvalue()


def _cell(book: openpyxl.Workbook, table: str, line: int, column: str):
    sheet = book[table]
    columns = [cell.value for cell in sheet[1]]
    (row,) = [cells[0].row for cells in sheet.iter_rows(min_row=2) if cells[0].value == line]
    return sheet.cell(row, columns.index(column) + 1)


def _corrected(home: Storage, receipt: dict, cells: dict[tuple[str, int, str], str], **header: str) -> bytes:
    """The workbook of a receipt with some cells typed over, as a member sends it back."""
    book = _workbook(home, receipt)
    for (table, line, column), text in cells.items():
        _cell(book, table, line, column).value = text
    for champ, valeur in book["remontee"].iter_rows(min_row=2):
        valeur.value = header.get(champ.value, valeur.value)
    return _saved(book)


def _emptied(book: openpyxl.Workbook, table: str, line: int) -> None:
    for name in (cell.value for cell in book[table][1]):
        if name not in ("ligne", "à corriger"):
            _cell(book, table, line, name).value = None


def _with_mistakes() -> Tables:
    """The valid return with three cells spoiled, all about one person."""
    tables = changed(a_return(), "heures", "mois", "juillet", [19])
    tables = changed(tables, "contrats", "type_contrat", "CDX", [19])
    return changed(tables, "salaries", "annee_naissance", "1850", [19])


_MENDED = {
    ("heures", 21, "mois"): "2025-07",
    ("contrats", 21, "type_contrat"): "CDDI",
    ("salaries", 21, "annee_naissance"): "1990",
}


def test_the_workbook_corrected_and_sent_back_fills_the_lake_as_the_right_return_would_have(home, tmp_path):
    (first,) = take_in(home, _with_mistakes())
    assert first["verdict"] == "partial" and first["correctable"]
    (second,) = take_in(home, _corrected(home, first, _MENDED))
    assert (second["verdict"], second["corrects"]) == ("accepted", first["return_id"]), second["failures"]
    right = another_home(tmp_path / "right")
    take_in(right, a_return())
    for contract in RETURN_TABLES:
        now = lake(home, contract.table).filter(pl.col("id_remontee") == second["return_id"])
        assert now.drop("id_remontee").equals(lake(right, contract.table).drop("id_remontee")), contract.table
    assert "contrats (1 corrigée)" in second["notes"][0]
    assert not [note for note in second["notes"] if "au-dessus" in note], "our own first sheet is no news"


def test_masked_cells_show_nothing_of_a_person_and_keep_their_value_when_sent_back(home):
    (first,) = take_in(home, _with_mistakes())
    row = [cell.value for cell in list(_workbook(home, first)["salaries"])[1]]
    assert row[:4] == [21, "•••", "•••", "•••"]
    assert masked("id_salarie", "MATRICULE-0020") == corrections.MASK
    file = home.receipts / SIREN / f"{first['return_id']}.xlsx"
    shown = {cell.value for sheet in openpyxl.load_workbook(file) for cells in sheet.iter_rows() for cell in cells}
    assert not [value for value in shown if value and any(n in str(value) for n in ("MATRICULE", "99999", "35238"))]
    take_in(home, _corrected(home, first, _MENDED))
    assert not [name for name in places_of(home, "MATRICULE-", "9999900000") if not name.startswith("vault")]


def test_a_correction_as_an_open_document_or_as_csv_files_is_taken_as_well(home):
    for write in (as_open_document, as_zip):
        (first,) = take_in(home, changed(a_return(), "heures", "mois", "juillet", [4]))
        book = openpyxl.load_workbook(io.BytesIO(_corrected(home, first, {("heures", 6, "mois"): "2025-07"})))
        sheets = {
            name: [dict(zip([c.value for c in book[name][1]], ["" if c.value is None else str(c.value) for c in row],
                            strict=True)) for row in book[name].iter_rows(min_row=2)]
            for name in ("heures", "remontee")
        }  # fmt: skip
        (second,) = take_in(home, write(sheets))
        assert second["verdict"] == "accepted", second["failures"]
        assert counts(second, "heures") == (PEOPLE, PEOPLE, 0, 0)


def test_an_emptied_row_is_removed_and_a_row_without_number_is_added(home):
    (first,) = take_in(home, changed(a_return(), "heures", "mois", "juillet", [4, 7]))
    book = _workbook(home, first)
    _emptied(book, "heures", 6)
    _cell(book, "heures", 9, "mois").value = "07/2025"
    book["heures"].append([None, "C5", "2025-08", "12,5"])
    (second,) = take_in(home, _saved(book))
    assert second["verdict"] == "accepted", second["failures"]
    assert counts(second, "heures") == (PEOPLE, PEOPLE, 0, 0)
    assert "heures (1 corrigée, 1 retirée, 1 ajoutée)" in second["notes"][0]
    now = lake(home, "heures").filter(pl.col("id_remontee") == second["return_id"])
    assert set(now["ligne"]) == {*range(2, PEOPLE + 2), PEOPLE + 2} - {6}
    added = now.filter(pl.col("ligne") == PEOPLE + 2).row(0, named=True)
    assert (added["id_contrat"], str(added["mois"]), added["heures_travaillees"]) == (*hidden("C5"), "2025-08-01", 12.5)


def test_a_return_refused_for_too_many_wrong_rows_is_mended_by_its_workbook_alone(home):
    (first,) = take_in(home, changed(a_return(), "contrats", "type_contrat", "CDX", range(12)))
    assert first["verdict"] == "refused" and first["correctable"]
    mended = {("contrats", line, "type_contrat"): "CDDI" for line in range(2, 14)}
    (second,) = take_in(home, _corrected(home, first, mended))
    assert second["verdict"] == "accepted", second["failures"]
    assert counts(second, "heures") == (PEOPLE, PEOPLE, 0, 0)


def test_a_correction_of_a_correction_builds_on_both(home):
    (first,) = take_in(home, _with_mistakes())
    half = {place: text for place, text in _MENDED.items() if place[0] != "heures"}
    (second,) = take_in(home, _corrected(home, first, half))
    assert second["verdict"] == "partial" and counts(second, "heures") == (PEOPLE, PEOPLE - 1, 1, 0)
    assert counts(second, "salaries")[2] == counts(second, "contrats")[2] == 0
    rest = _corrected(home, second, {("heures", 21, "mois"): "2025-07"})
    (third,) = take_in(home, rest)
    assert (third["verdict"], third["corrects"]) == ("accepted", second["return_id"]), third["failures"]


def test_corrections_of_corrections_are_bounded(home, monkeypatch):
    monkeypatch.setattr(corrections, "LONGEST_CHAIN", 2)
    (receipt,) = take_in(home, changed(a_return(), "heures", "mois", "juillet", [4]))
    seen = []
    for text in ("août", "septembre", "octobre"):
        (receipt,) = take_in(home, _corrected(home, receipt, {("heures", 6, "mois"): text}))
        seen.append(rules(receipt))
    assert seen == [{"mois_illisible"}, {"mois_illisible"}, {"correction_trop_longue"}]


def _unknown(home, first):
    return _corrected(home, first, _MENDED, corrige="20250101T000000000000-0123456789ab")


def _outside(home, first):
    return _corrected(home, first, _MENDED, corrige="../000200022/x")


def _other_period(home, first):
    return _corrected(home, first, _MENDED, periode="2025T2")


def _wrong_line(home, first):
    book = _workbook(home, first)
    _cell(book, "heures", 21, "ligne").value = 99
    return _saved(book)


def _no_number(home, first):
    book = _workbook(home, first)
    _cell(book, "heures", 21, "ligne").value = "six"
    return _saved(book)


def _same_line_twice(home, first):
    book = _workbook(home, first)
    book["heures"].append([21, "C5", "2025-07", "12,5"])
    return _saved(book)


def _mask_on_an_added_row(home, first):
    book = _workbook(home, first)
    book["salaries"].append([None, "•••", None, "1990", "F", "35238"])
    return _saved(book)


def _without_its_number(home, first):
    book = _workbook(home, first)
    (row,) = [row for row in book["remontee"].iter_rows(min_row=2) if row[0].value == "corrige"]
    row[0].value = row[1].value = None
    return _saved(book)


def _original_lost(home, first):
    (home.vault / SIREN / f"{first['return_id']}.sealed").unlink()
    return _corrected(home, first, _MENDED)


def _original_tampered_with(home, first):
    sealed = home.vault / SIREN / f"{first['return_id']}.sealed"
    sealed.write_bytes(sealed.read_bytes()[:-1] + b"\0")
    return _corrected(home, first, _MENDED)


@pytest.mark.parametrize(
    ("make", "rule", "line"),
    [
        (_unknown, "correction_inconnue", None),
        (_outside, "correction_inconnue", None),
        (_other_period, "correction_autre_periode", None),
        (_wrong_line, "correction_ligne_inconnue", 2),
        (_no_number, "correction_ligne_inconnue", 2),
        (_same_line_twice, "correction_ligne_en_double", 2),
        (_mask_on_an_added_row, "correction_masquee", 3),
        (_without_its_number, "correction_sans_remontee", None),
        (_original_lost, "correction_sans_original", None),
        (_original_tampered_with, "correction_sans_original", None),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_a_correction_that_does_not_fit_is_refused_says_why_and_changes_nothing(home, make, rule, line):
    (first,) = take_in(home, _with_mistakes())
    sent = make(home, first)
    before = {contract.table: lake(home, contract.table) for contract in RETURN_TABLES}
    (receipt,) = take_in(home, sent)
    assert (receipt["verdict"], rules(receipt)) == ("refused", {rule})
    assert receipt["failures"][0]["line"] == line
    assert not receipt["correctable"]
    for table, rows in before.items():
        assert lake(home, table).equals(rows), table


def test_a_correction_of_another_member_s_return_is_refused_and_shows_nothing_of_it(home):
    (theirs,) = take_in(home, changed(a_return(), "heures", "mois", "juillet", [4]))
    sent = _corrected(home, theirs, {("heures", 6, "mois"): "2025-07"}, siren_adherent=OTHER_SIREN)
    (receipt,) = take_in(home, sent, siren=OTHER_SIREN)
    assert (receipt["verdict"], rules(receipt)) == ("refused", {"correction_d_un_autre"})
    assert [count["table"] for count in receipt["tables"]] == ["heures"]


def test_control_totals_of_the_original_are_dropped_and_the_member_is_told(home):
    totals = {"lignes_heures": str(PEOPLE), "heures_total": "2010"}
    (first,) = take_in(home, changed(a_return(**totals), "heures", "mois", "juillet", [4]))
    assert first["verdict"] == "partial"
    book = _workbook(home, first)
    _emptied(book, "heures", 6)
    (second,) = take_in(home, _saved(book))
    assert second["verdict"] == "accepted", second["failures"]
    assert any("totaux de contrôle" in note for note in second["notes"])


def test_a_correction_of_a_table_that_has_been_replaced_since_is_refused(home):
    (first,) = take_in(home, _with_mistakes())
    sent = _corrected(home, first, _MENDED)
    (newer,) = take_in(home, a_return())
    (receipt,) = take_in(home, sent)
    assert rules(receipt) == {"correction_depassee"}
    assert newer["return_id"] in receipt["failures"][0]["message"]


def test_a_correction_leaves_alone_the_tables_that_another_return_has_replaced_since(home):
    (first,) = take_in(home, changed(a_return(), "contrats", "type_contrat", "CDX", [9]))
    hours = {name: a_return()[name] for name in ("remontee", "heures")}
    (newer,) = take_in(home, changed(hours, "heures", "heures_travaillees", "80", [0]))
    assert newer["verdict"] == "partial"  # the hours of the contract that is wrong
    (receipt,) = take_in(home, _corrected(home, first, {("contrats", 11, "type_contrat"): "CDDI"}))
    assert receipt["verdict"] == "accepted", receipt["failures"]
    assert "heures" not in [count["table"] for count in receipt["tables"]]
    assert any("heures" in note and newer["return_id"] in note for note in receipt["notes"])


def test_a_table_left_alone_by_a_correction_is_left_alone_by_the_next_one(home):
    tables = changed(a_return(), "contrats", "type_contrat", "CDX", [9])
    (first,) = take_in(home, changed(tables, "activites", "date_debut", "?", [0]))
    hours = {name: a_return()[name] for name in ("remontee", "heures")}
    take_in(home, changed(hours, "heures", "heures_travaillees", "80", range(PEOPLE)))
    (second,) = take_in(home, _corrected(home, first, {("contrats", 11, "type_contrat"): "CDDI"}))
    (third,) = take_in(home, _corrected(home, second, {("activites", 2, "date_debut"): "2024-05-01"}))
    assert third["verdict"] == "accepted", third["failures"]
    assert "heures" not in [count["table"] for count in third["tables"]]


def test_the_same_file_sent_again_does_not_outdate_the_corrections_of_the_first(home):
    (first,) = take_in(home, _with_mistakes())
    (again,) = take_in(home, _with_mistakes())
    assert (again["verdict"], again["repeats"]) == ("partial", None)
    (receipt,) = take_in(home, _corrected(home, first, _MENDED))
    assert receipt["verdict"] == "accepted", receipt["failures"]


def test_the_same_correction_sent_again_is_folded_as_any_repeat(home):
    (first,) = take_in(home, _with_mistakes())
    sent = _corrected(home, first, _MENDED)
    (second,) = take_in(home, sent)
    (again,) = take_in(home, sent)
    assert (again["verdict"], again["repeats"]) == ("accepted", second["return_id"])
    assert counts(again, "heures") == (PEOPLE, 0, 0, PEOPLE)


def test_what_a_member_sent_before_a_correction_is_judged_before_it_be_they_taken_in_together(home):
    (first,) = take_in(home, _with_mistakes())
    deposit(home, _corrected(home, first, _MENDED | {("heures", 21, "mois"): "août"}))
    second, third, other = take_in(home, _corrected(home, first, _MENDED), a_return(siren=OTHER_SIREN, period="2025T2"))
    assert (second["verdict"], third["verdict"]) == ("partial", "refused")
    assert rules(third) == {"correction_depassee"}
    assert rules(other) == {"siren_du_dossier"}


def test_check_judges_a_correction_as_a_refresh_would_and_stores_nothing(home, tmp_path, capsys):
    (first,) = take_in(home, _with_mistakes())
    file = tmp_path / "correction.xlsx"
    file.write_bytes(_corrected(home, first, _MENDED))
    before = tree(home)
    assert cli.main(["check", str(file)]) == 0
    shown = capsys.readouterr().out
    assert f"Correction de la remontée {first['return_id']}" in shown and "acceptée" in shown
    assert tree(home) == before


def test_a_correction_opened_again_from_the_vault_makes_the_same_return(home):
    (first,) = take_in(home, _with_mistakes())
    deposit(home, _corrected(home, first, _MENDED))
    (judgement,) = publishing.take_in(home, Keyring.open(home))
    sent = vault.earlier(home, Keyring.open(home), SIREN, judgement.deposit.return_id)
    again = publishing.whole(judgement.deposit, sent, home, Keyring.open(home))
    received = {table: count.received for table, count in judgement.tables.items()}
    assert {table: rows.height for table, rows in again.tables.items()} == received
    assert again.tables["heures"].row(19) == (21, "C20", "2025-07", "100,5")


def test_a_correction_that_brings_what_must_not_be_received_is_refused_and_not_kept(home):
    (first,) = take_in(home, _with_mistakes())
    sent = _corrected(home, first, _MENDED | {("contrats", 21, "code_rome"): "jean.dupont@exemple.fr"})
    (receipt,) = take_in(home, sent)
    assert rules(receipt) == {"donnee_interdite"}
    assert not (home.vault / SIREN / f"{receipt['return_id']}.sealed").exists()


def test_texts_come_back_as_they_were_received_whatever_they_look_like(home):
    """Formulas, long texts, texts too long for a cell, control characters: only the cell typed over changes."""
    titles = ["=1+1", "é" * 300, "x" * 40_000, "avec\ttabulation", "+33", "{=A1}"]
    tables = a_return()
    tables["activites"] = [
        tables["activites"][0] | {"id_activite": f"A{i}", "intitule": title, "date_debut": "?"}
        for i, title in enumerate(titles)
    ]
    (first,) = take_in(home, tables)
    typed = {("activites", line, "date_debut"): "2024-05-01" for line in range(2, len(titles) + 2)}
    (second,) = take_in(home, _corrected(home, first, typed))
    assert second["verdict"] == "accepted", second["failures"]
    rows = lake(home, "activites").filter(pl.col("id_remontee") == second["return_id"]).sort("ligne")
    assert rows["intitule"].to_list() == [title.replace("\t", " ") for title in titles]


def test_control_characters_are_left_out_of_the_workbook(home):
    (first,) = take_in(home, changed(a_return(), "activites", "date_debut", "20\x0124", [0]))
    assert _cell(_workbook(home, first), "activites", 2, "date_debut").value == "2024"


def test_a_workbook_is_cut_where_too_many_rows_are_wrong_and_says_so(home, monkeypatch):
    monkeypatch.setattr(receipts, "IN_WORKBOOK", 3)
    (first,) = take_in(home, changed(a_return(), "heures", "mois", "juillet", range(5)))
    assert _workbook(home, first)["heures"].max_row == 1 + 3
    assert any("s'arrête à 3 lignes" in note for note in first["notes"])
    (second,) = take_in(home, _corrected(home, first, {("heures", n, "mois"): "2025-07" for n in (2, 3, 4)}))
    assert [cells[0].value for cells in _workbook(home, second)["heures"].iter_rows(min_row=2)] == [5, 6]


def test_rows_that_a_receipt_cannot_mend_come_without_a_header_to_send_back(home):
    (receipt,) = take_in(home, a_return(lignes_heures="3"))
    assert receipt["verdict"] == "refused" and not receipt["correctable"]
    assert "remontee" not in _workbook(home, receipt).sheetnames


# --- the law: a correction changes what it says, and nothing else -----------------------------------------------------

_TEXT = st.sampled_from(["C1", "2025-07", "12,5", "é", corrections.MASK])
_ROWS = st.lists(st.tuples(*[st.sampled_from(["C1", "C2", "2025-07", "x"])] * 3), min_size=1, max_size=8)
_COLUMNS = ("id_contrat", "mois", "heures_travaillees")


def _read(rows: list[dict], header: dict) -> reading.Reading:
    pairs = [{"champ": champ, "valeur": valeur} for champ, valeur in header.items()]
    return reading.read([("remontee.zip", as_zip({"heures": rows, "remontee": pairs}))])


@settings(deadline=None, max_examples=60)
@given(st.data())
def test_a_correction_changes_what_it_says_and_nothing_else(data):
    header = {"siren_adherent": SIREN, "periode": "2025T3"}
    before = {line: dict(zip(_COLUMNS, row, strict=True)) for line, row in enumerate(data.draw(_ROWS), start=2)}
    lines = data.draw(st.lists(st.sampled_from(sorted(before)), unique=True))
    patch = {line: dict(zip(_COLUMNS, data.draw(st.tuples(*[st.none() | _TEXT] * 3)), strict=True)) for line in lines}
    added = data.draw(st.lists(st.tuples(*[_TEXT.filter(lambda text: text != corrections.MASK)] * 3), max_size=3))

    wanted = {line: dict(row) for line, row in before.items()}
    for line, cells in patch.items():
        if not any(cells.values()):
            del wanted[line]
            continue
        for name, text in cells.items():
            if text != corrections.MASK:
                wanted[line][name] = text
    for row in added:
        wanted[max([*before, *wanted]) + 1] = dict(zip(_COLUMNS, row, strict=True))

    rows = [{"ligne": str(line), **cells, "à corriger": ""} for line, cells in patch.items()]
    rows += [{"ligne": "", **dict(zip(_COLUMNS, row, strict=True)), "à corriger": ""} for row in added]
    if not rows:
        return
    rows = [{name: text or "" for name, text in row.items()} for row in rows]
    original, correction = _read(list(before.values()), header), _read(rows, header | {"corrige": "x"})
    made = corrections.lay_over(original, correction)
    assert made.problems == []
    assert {row.pop("ligne"): row for row in made.tables["heures"].to_dicts()} == wanted


def test_corrections_that_wait_for_one_another_are_read_once(home, monkeypatch):
    (first,) = take_in(home, _with_mistakes())
    for day in range(1, 7):
        deposit(home, _corrected(home, first, _MENDED, date_extraction=f"2025-10-{day:02}"))
    read, real = [], publishing._reading
    monkeypatch.setattr(publishing, "_reading", lambda found: read.append(found.return_id) or real(found))
    assert len(take_in(home)) == 6
    assert len(read) == 6
