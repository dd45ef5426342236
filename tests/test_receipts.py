"""What a member gets back."""

import json
from html.parser import HTMLParser

import fastexcel
import openpyxl
import polars as pl
import pytest
from intake import SIREN, Tables, a_return, as_zip, changed, deposit, take_in

from orchestration import cli
from orchestration.resources import Keyring
from orchestration.returns import publishing, receipts


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


def test_rows_that_follow_a_wrong_one_come_after_it_in_grey_and_ask_for_nothing(home):
    tables = changed(a_return(), "salaries", "sexe", "?", [19])
    (receipt,) = take_in(home, changed(tables, "contrats", "type_contrat", "CDX", [18]))
    book = openpyxl.load_workbook(home.receipts / SIREN / f"{receipt['return_id']}.xlsx")
    sheets = [name for name in book.sheetnames if name in tables and name != "remontee"]
    assert sheets == ["salaries", "contrats", "heures"]
    shown = {name: [(row[0].value, row[-1].value) for row in book[name].iter_rows(min_row=2)] for name in sheets}
    assert [line for line, _ in shown["contrats"]] == [20, 21]
    assert (
        shown["contrats"][1][1].startswith("Rien à faire ici") and "(ligne 21 de salaries)" in shown["contrats"][1][1]
    )
    assert [reason.split("(")[-1] for _, reason in shown["heures"]] == [
        "ligne 20 de contrats)",
        "ligne 21 de contrats)",
    ]
    fills = {cell.fill.fgColor.rgb for cell in book["contrats"][3]} | {
        cell.fill.fgColor.rgb for cell in book["heures"][2]
    }
    assert "FFFFE0D1" not in fills, "nothing to correct is in colour"
    text = receipts.as_text(receipt)
    assert text.index("Type de contrat") < text.index("Rien à faire ici")


class _Page(HTMLParser):
    """What a screen reader meets: tags with their attributes, and the text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags, self.words = [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.words.append(" ".join(data.split()))

    @property
    def text(self) -> str:
        return " ".join(word for word in self.words if word)


def _a_hundred_months(wrong: int) -> Tables:
    """Hours of 3,000 contract months, some of them wrong in two ways."""
    tables = changed(a_return(), "contrats", "date_debut", "2012-01-01", range(20))
    months = [f"20{year:02}-{month:02}" for year in range(12, 25) for month in range(1, 13)][:150]
    hours = [row | {"mois": month} for row in tables["heures"] for month in months]
    tables = tables | {"heures": hours}
    tables = changed(tables, "heures", "mois", "juillet", range(wrong))
    return changed(tables, "heures", "heures_travaillees", "cent", range(wrong, wrong + 5))


def _page(home, receipt: dict) -> _Page:
    return _Page((home.receipts / SIREN / f"{receipt['return_id']}.html").read_text(encoding="utf-8"))


def test_a_page_counts_each_rule_first_then_shows_two_hundred_rows_and_links_to_all(home):
    (receipt,) = take_in(home, _a_hundred_months(250))
    assert len(receipt["failures"]) == 255 and receipt["verdict"] == "partial"
    page = _page(home, receipt)
    assert "250 heures · mois « Mois » n'est pas un mois lisible." in page.text
    assert page.text.index("n'est pas un mois") < page.text.index("Ligne par ligne")
    assert "Les 200 premières sur 255" in page.text
    rows = [held for tag, held in page.tags if tag == "th" and (held["scope"], held.get("class")) == ("row", "n")]
    assert len(rows) == 200
    assert page.text.count("« Heures travaillées » n'est pas une durée.") == 1
    assert page.text.count("duree_illisible") == 5
    links = [held["href"] for tag, held in page.tags if tag == "a"]
    assert set(links) == {f"{receipt['return_id']}.xlsx"}
    assert (home.receipts / SIREN / links[0]).exists()


def test_a_page_can_be_read_on_a_phone_and_by_a_screen_reader(home):
    (receipt,) = take_in(home, changed(a_return(), "heures", "mois", "<b>juillet</b>", [4]))
    page = _page(home, receipt)
    tags = [tag for tag, _ in page.tags]
    assert page.tags[0] == ("html", {"lang": "fr"})
    assert ("meta", {"name": "viewport", "content": "width=device-width, initial-scale=1"}) in page.tags
    assert all("scope" in held for tag, held in page.tags if tag == "th")
    assert tags.count("h1") == tags.count("main") == tags.count("title") == 1
    assert [tag for tag in tags if tag in ("script", "img", "link", "b")] == []
    assert "<b>juillet</b>" in page.text


def test_a_receipt_says_what_to_do_next_in_each_case(home):
    wrong_total = a_return(period="2025T2", lignes_heures="3")
    accepted, partial, refused = (
        take_in(home, tables)[0]
        for tables in (a_return(), changed(a_return(), "heures", "mois", "juillet", [4]), wrong_total)
    )
    assert receipts.next_steps(accepted) == []
    assert "Déposez ce même classeur" in receipts.next_steps(partial)[-1]
    assert receipts.next_steps(refused) == [
        "Corrigez ce qui est dit plus bas dans votre fichier, puis déposez la remontée entière."
    ]


@pytest.fixture
def advised(home) -> dict[str, object]:
    """A receipt with a warning and a repair, in each of its forms."""
    deposit(home, a_return())
    judgement = publishing.judge_only(home, [*(home.landing / SIREN).iterdir()], SIREN)
    warning = ("contrats", 5, "date_fin_prevue", "contrat_sans_suite", "Ce contrat n'est pas répété.", "Vérifiez.", "x")
    repair = ("structures", "siret", "siret_espaces", "Espaces retirés.", 2, 7)
    judgement.warnings = pl.DataFrame([warning], schema=judgement.warnings.schema, orient="row")
    judgement.repairs = pl.DataFrame([repair], schema=judgement.repairs.schema, orient="row")
    receipt = receipts.as_dict(judgement)
    return {"dict": receipt, "page": _Page(receipts.as_page(receipt)).text, "text": receipts.as_text(receipt),
            "workbook": fastexcel.read_excel(receipts.as_workbook(judgement, receipt))}  # fmt: skip


def test_warnings_and_repairs_are_in_every_form_of_the_receipt(advised):
    assert advised["dict"]["warnings"] == [
        {"table": "contrats", "line": 5, "column": "date_fin_prevue", "rule": "contrat_sans_suite",
         "message": "Ce contrat n'est pas répété. Vérifiez.", "value": "x"}
    ]  # fmt: skip
    assert advised["dict"]["repairs"] == [
        {"table": "structures", "column": "siret", "repair": "siret_espaces", "message": "Espaces retirés.",
         "first_line": 2, "count": 7}
    ]  # fmt: skip
    summary = advised["workbook"].load_sheet("accuse_de_reception", dtypes="string", header_row=None).to_polars()
    for form in (advised["page"], advised["text"], summary.write_csv()):
        assert "Ce contrat n'est pas répété. Vérifiez." in form and "Espaces retirés." in form
        assert "À vérifier" in form
    rows = advised["workbook"].load_sheet("contrats", dtypes="string").to_polars().to_dicts()
    assert [(row["ligne"], row["id_contrat"]) for row in rows] == [("5", "C4")]
    assert rows[0]["à corriger"].startswith("À vérifier : ")
    assert "Rien, si les lignes à vérifier sont justes" in advised["page"]


def test_the_workbook_offers_the_codes_of_a_column_and_keeps_leading_zeros(home):
    (receipt,) = take_in(home, changed(a_return(), "structures", "commune_insee", "01004", [0]))
    (receipt,) = take_in(home, changed(a_return(), "contrats", "type_contrat", "CDX", [0]))
    book = openpyxl.load_workbook(home.receipts / SIREN / f"{receipt['return_id']}.xlsx")
    assert book.sheetnames[:2] == ["accuse_de_reception", "remontee"]
    assert {row[0].value: row[1].value for row in book["remontee"].iter_rows(min_row=2)} == {
        "siren_adherent": SIREN, "periode": "2025T3", "version_modele": "1", "date_extraction": "2025-10-01",
        "corrige": receipt["return_id"],
    }  # fmt: skip
    sheet = book["contrats"]
    columns = [cell.value for cell in sheet[1]]
    wrong = sheet.cell(2, columns.index("type_contrat") + 1)
    assert wrong.fill.fgColor.rgb == "FFFFE0D1" and "CDDI" in wrong.comment.text
    siret = sheet.cell(2, columns.index("siret") + 1)
    assert (siret.value, siret.number_format) == ("00010001600005", "@")
    listed = {str(cell).split(":")[0] for v in sheet.data_validations.dataValidation for cell in v.sqref}
    assert wrong.coordinate in listed


def test_the_terminal_shows_a_receipt_in_a_hundred_columns(home, tmp_path, capsys):
    file = tmp_path / "remontee.zip"
    file.write_bytes(as_zip(_a_hundred_months(250)))
    assert cli.main(["check", str(file), "--member", SIREN]) == 1
    shown = capsys.readouterr().out.splitlines()
    assert max(len(line) for line in shown) <= 100
    assert any(line.startswith("  - 250 × heures · mois : « Mois » n'est pas un mois lisible.") for line in shown)
    assert "… et 235 autres" in " ".join(shown) and len(shown) < 40


def test_check_gives_the_other_forms_before_sending(home, tmp_path, capsys):
    file, page, book = (tmp_path / name for name in ("remontee.zip", "recu.html", "recu.xlsx"))
    file.write_bytes(as_zip(changed(a_return(), "heures", "mois", "juillet", [4])))
    assert cli.main(["check", str(file), "--json", "--html", str(page), "--xlsx", str(book)]) == 1
    receipt = json.loads(capsys.readouterr().out)
    assert (receipt["verdict"], receipt["correctable"]) == ("partial", False)
    assert "acceptée en partie" in page.read_text(encoding="utf-8")
    # What was never received cannot be corrected by number: the rows are there to look at.
    assert fastexcel.read_excel(book).sheet_names == ["accuse_de_reception", "listes", "heures"]


def test_a_receipt_written_twice_has_the_same_bytes(home):
    deposit(home, changed(a_return(), "heures", "mois", "juillet", [4]))
    made = []
    for _ in range(2):
        (found,) = [d for d in publishing.deposits.pending(home)[0]]
        (judgement,) = publishing.judge(
            [(found, publishing.reading.read(found.contents))], publishing._known(home, {SIREN}), Keyring.open(home)
        )
        made.append(receipts.as_workbook(judgement, receipts.as_dict(judgement)))
    assert made[0] == made[1]
