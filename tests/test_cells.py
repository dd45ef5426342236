"""Cells: what each kind of cell is read as, and laws of reading over random text.

Here: one cell, or one column, with values worked out by hand. Not here: rows and rules (`test_contracts.py`), files
(`test_reading.py`).
"""

from datetime import date, datetime

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from intake import SIRET

from contracts import FIELDS
from contracts.parsing import KINDS, parsed

#: column of that kind -> (text, value worked out by hand; None: refused)
CELLS: dict[str, list[tuple[str, object]]] = {
    "date_debut": [
        ("2025-02-01", date(2025, 2, 1)),
        ("01/02/2025", date(2025, 2, 1)),
        ("1/2/2025", date(2025, 2, 1)),
        ("31/12/2024", date(2024, 12, 31)),
        ("29/02/2024", date(2024, 2, 29)),
        ("45658", date(2025, 1, 1)),  # days since 1899-12-30
        ("45658.0", date(2025, 1, 1)),
        ("36526", date(2000, 1, 1)),
        ("2025-02-01 00:00:00", date(2025, 2, 1)),
        ("2025-02-01T08:30:00", date(2025, 2, 1)),
        ("01/02/2025 13:45", date(2025, 2, 1)),
        ("2099-01-01", date(2099, 1, 1)),
        ("01/02/03", None),
        ("29/02/2025", None),
        ("2025-13-01", None),
        ("31/04/2025", None),
        ("2025", None),
        ("fin mars", None),
        ("0025-03-01", None),
        ("01/01/0000", None),
        ("0000-01-01", None),
        ("12345", None),
        ("٢٠٢٥-٠١-٠١", None),
    ],
    "mois": [
        ("2025-03", date(2025, 3, 1)),
        ("03/2025", date(2025, 3, 1)),
        ("3/2025", date(2025, 3, 1)),
        ("2025-03-17", date(2025, 3, 1)),
        ("17/03/2025", date(2025, 3, 1)),
        ("2025-03-01 00:00:00", date(2025, 3, 1)),
        ("45731", date(2025, 3, 1)),  # 2025-03-15
        ("2025-13", None),
        ("03/25", None),
        ("mars 2025", None),
        ("202503", None),
    ],
    "etp_initial": [
        ("12,5", 12.5),
        ("12.5", 12.5),
        ("1 234,5", 1234.5),
        ("1\u202f234,5", 1234.5),
        ("1\u00a0234", 1234.0),
        ("0", 0.0),
        ("-3", -3.0),
        ("8.07E+13", None),
        ("1.234,5", None),
        ("12,5 €", None),
        ("s", None),
        ("nd", None),
        ("*", None),
        ("NaN", None),
        ("inf", None),
        ("١٢", None),
        ("１２", None),
    ],
    "rang": [("2", 2), ("2,0", 2), ("2.00", 2), ("0", 0), ("2,5", None), ("deux", None), ("1e3", None), ("٣", None)],
    "duree_hebdo": [
        ("35", 35.0),
        ("17,5", 17.5),
        ("17:30", 17.5),
        ("17h30", 17.5),
        ("26:15:00", 26.25),
        ("0:45", 0.75),
        ("17:60", None),
        ("17:3", None),
        ("17:30:15", None),
        (":30", None),
        ("٠٧:30", None),
    ],
    "non_delocalisable": [
        *((text, True) for text in ("oui", "Oui", "O", "vrai", "VRAI", "true", "True", "1")),
        *((text, False) for text in ("non", "N", "faux", "FAUX", "false", "False", "0")),
        ("peut-être", None),
        ("2", None),
    ],
    "siret": [
        (SIRET, SIRET),
        ("000 100 016 00005", SIRET),
        ("000\u00a0100\u202f016 00005", SIRET),
        ("00010001600005.0", SIRET),
        # 3+5+6+1+5 = 20, a multiple of five: La Poste's own key. Luhn: 5+2+(2·6→3)+5+(2·3) = 21.
        ("35600000000015", "35600000000015"),
        ("35600000000016", None),
        ("00010001600006", None),
        ("000.100.016-00005", SIRET),
        ("10001600005", None),  # lost three zeros
        ("6000000000012", "06000000000012"),  # one zero lost; 2 + 2·1 + 6 = 10
        ("6000000000012.0", "06000000000012"),
        ("6000000000013", None),
        ("8.07469E+13", None),
        ("0001000160000", None),
        ("0001000160000O", None),
        ("٠٠٠١٠٠٠١٦٠٠٠٠٥", None),
    ],
    "siren_adherent": [("000100016", "000100016"), ("000 100 016", "000100016"), ("000100017", None), ("100016", None),
                       ("10000016", "010000016")],  # 6 + 2·1 + 2·1 = 10
    "pass_iae": [
        ("999991234567", "999991234567"),
        ("xxxxx 1234567", "XXXXX1234567"),
        ("99999-12.34567", "999991234567"),
        ("999991234567.0", "999991234567"),
        ("9999912345", None),
        ("99999123456A", None),
    ],
    "commune_insee": [
        ("35238", "35238"),
        ("01004", "01004"),
        ("2A004", "2A004"),
        ("2b033", "2B033"),
        ("97411", "97411"),
        ("1004", "01004"),
        ("1999", None),  # 01999 is no commune
        ("4", None),
        ("0100", None),
        ("76000", "76000"),  # a code by its shape: that no commune bears it is found out later
        ("Rennes", None),
        ("2C001", None),
        ("٣٥238", None),
    ],
    "ze2020": [("0051", "0051"), ("2815", "2815"), ("51", None), ("00B1", None)],
    "epci": [("200023414", "200023414"), ("200023414.0", "200023414"), ("ZZZZZZZZZ", "ZZZZZZZZZ"), ("200023415", None)],
    "naf": [("88.99B", "8899B"), ("8899b", "8899B"), ("88 99 B", "8899B"), ("8899", None), ("88.99", None)],
    "code_rome": [("K2204", "K2204"), ("k2204", "K2204"), ("K220", None), ("Z2204", None), ("22040", None)],
    "type_structure": [
        ("aci", "ACI"),
        ("Atelier et chantier d'insertion", "ACI"),
        ("ASSOCIATION INTERMEDIAIRE", "AI"),
        ("association intermédiaire", "AI"),
        ("ett ess", "ETT_ESS"),
        ("SIAE", None),
    ],
    "type_contrat": [("cddi", "CDDI"), ("Cdd tremplin", "CDD_TREMPLIN"), ("CDI INCLUSION", "CDII"), ("CDX", None)],
    "motif": [
        ("9", "9"),
        ("09", "9"),
        ("9.0", "9"),
        ("10.0", "10"),
        ("Décès", "17"),
        ("DECES", "17"),
        ("sans nouvelle", "8"),
        ("Création ou reprise d’entreprise", "4"),
        ("0", None),
        ("99", None),
        ("90", None),
        ("autre", None),
    ],
    "niveau_formation": [("01", "01"), ("1", "01"), ("1.0", "01"), ("0", "00"), ("40.0", "40"), ("9", None)],
    "sexe": [("F", "F"), ("f", "F"), ("Femme", "F"), ("homme", "H"), ("M", None)],
    "brsa": [("oui-m", "OUI-M"), ("OUI NM", "OUI-NM"), ("non", "NON"), ("RSA majore", "OUI-M"), ("oui", None)],
    "recue_le": [("2025-01-02 03:04:05", datetime(2025, 1, 2, 3, 4, 5)), ("hier", None)],
}  # fmt: skip


def one_cell(column: str, text: str):
    return parsed(pl.Series([" ".join(text.split())]), FIELDS[column])[0]


@pytest.mark.parametrize(
    ("column", "text", "value"), [(c, text, value) for c, cells in CELLS.items() for text, value in cells]
)
def test_a_cell_is_read_as_a_person_would_or_not_at_all(column, text, value):
    found = one_cell(column, text)
    assert found == value
    assert type(found) is type(value)


def test_every_kind_of_cell_that_can_fail_has_an_example_of_both():
    for kind, (_, rule) in KINDS.items():
        cells = [value for column, cells in CELLS.items() if FIELDS[column].kind == kind for _, value in cells]
        if rule:
            assert None in cells and set(cells) - {None}, kind


def test_a_column_is_read_cell_by_cell_and_empty_stays_empty():
    column = pl.Series(["1,5", None, "x", "2"])
    assert parsed(column, FIELDS["etp_initial"]).to_list() == [1.5, None, None, 2.0]
    assert parsed(pl.Series([None, None], dtype=pl.String), FIELDS["motif"]).to_list() == [None, None]


# --- laws over random text ---------------------------------------------------------------------------------------


@settings(max_examples=150, deadline=None)
@given(column=st.sampled_from(sorted(CELLS)), text=st.text(max_size=20))
def test_no_text_makes_a_cell_raise_or_change_type(column, text):
    kind = KINDS[FIELDS[column].kind][0]
    assert parsed(pl.Series([text]), FIELDS[column]).dtype == kind


@settings(max_examples=100, deadline=None)
@given(day=st.dates(date(1900, 1, 1), date(2099, 12, 31)), number=st.integers(-(10**6), 10**6))
def test_what_spreadsheets_write_comes_back_as_it_was(day, number):
    for text in (day.isoformat(), f"{day.day:02}/{day.month:02}/{day.year}", f"{day.isoformat()} 00:00:00"):
        assert one_cell("date_debut", text) == day
    assert one_cell("mois", day.isoformat()) == day.replace(day=1)
    assert one_cell("etp_initial", f"{number / 8}".replace(".", ",")) == number / 8
    assert one_cell("rang", f"{number}.0") == number


@settings(max_examples=60, deadline=None)
@given(body=st.from_regex(r"[0-9]{13}", fullmatch=True))
def test_exactly_one_last_digit_makes_a_siret(body):
    # Doubling 0…9 and adding the digits of the result gives this list; the key completes the sum to a multiple of ten.
    doubled = [0, 2, 4, 6, 8, 1, 3, 5, 7, 9]
    total = sum(doubled[int(d)] if i % 2 == 0 else int(d) for i, d in enumerate(reversed(body)))
    good = {d for d in range(10) if one_cell("siret", f"{body}{d}")}
    expected = {-total % 10}
    if body.startswith("356000000"):
        expected |= {d for d in range(10) if (sum(map(int, body)) + d) % 5 == 0}
    assert good == expected
