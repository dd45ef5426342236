"""What a member gets back."""

import fastexcel
from intake import SIREN, a_return, changed, take_in


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
