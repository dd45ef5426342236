"""Every rule and every repair, by the example that members are shown; and which codes of places are known.

Here: examples of `contracts.rules` through the real intake, laws of the list of communes. Not here: values worked out
by hand per kind of cell (`test_cells.py`).
"""

import csv
import io
from collections.abc import Callable

import polars as pl
import pytest
from intake import OTHER_SIREN, SIREN, Tables, a_return, as_zip, changed, counts, deposit, lake, rules, take_in

from contracts import CONTRACTS, FIELDS, RETURN_TABLES, validate
from contracts.codes import commune_codes, naf_divisions, parameter, seed_rows
from contracts.documents import rules_page
from contracts.parsing import repaired
from contracts.repairs import REPAIRS
from contracts.rules import RULES
from orchestration.resources import PROJECT

SNAPSHOT = pl.read_parquet(PROJECT / "orchestration" / "snapshots" / "communes_2026.parquet")


# --- every rule, by its example ----------------------------------------------------------------------------------


def with_cells(table: str, cells: dict[str, str]) -> Tables:
    """A good return with these cells in the first row of a table; in the header, champ -> valeur."""
    tables = a_return()
    if table == "remontee":
        facts = {row["champ"]: row["valeur"] for row in tables["remontee"]} | cells
        return tables | {"remontee": [{"champ": champ, "valeur": valeur} for champ, valeur in facts.items()]}
    # A file has the same columns on all its lines.
    rows = [dict.fromkeys(cells, "") | row for row in tables[table]]
    return tables | {table: [rows[0] | cells, *rows[1:]]}


def exits(count: int) -> Tables:
    """A good return but for its first exit."""
    (exit_row,) = a_return()["sorties"]
    rows = [exit_row | {"id_salarie": f"MATRICULE-{i:04}"} for i in range(1, count + 1)]
    return changed(a_return() | {"sorties": rows}, "sorties", "motif", "parti", [0])


def someone_leaves(with_contract: bool) -> Tables:
    """A good return and one more person, who leaves."""
    tables = a_return()
    person = tables["salaries"][0] | {"id_salarie": "MATRICULE-0099", "pass_iae": ""}
    contract = tables["contrats"][0] | {"id_contrat": "C99", "id_salarie": "MATRICULE-0099"}
    return tables | {
        "salaries": [*tables["salaries"], person],
        "contrats": [*tables["contrats"], *([contract] if with_contract else [])],
        "sorties": [*tables["sorties"], tables["sorties"][0] | {"id_salarie": "MATRICULE-0099"}],
    }


def told(receipt: dict) -> set[str]:
    return {reason["rule"] for reason in (*receipt["failures"], *receipt["warnings"])}


def without(table: str, column: str) -> Tables:
    tables = a_return()
    return tables | {table: [{c: v for c, v in row.items() if c != column} for row in tables[table]]}


#: A contract of the period itself: that of older ones the first part may never have been sent is no surprise.
NEW = {"date_debut": "01/08/2025"}
#: rule -> (what breaks it, the same mended), where the example is a sentence
TOLD: dict[str, tuple[Callable[[], Tables | bytes], Callable[[], Tables | bytes]]] = {
    "cle_en_double": (
        lambda: a_return() | {"contrats": [*a_return()["contrats"], a_return()["contrats"][0] | {"duree_hebdo": "35"}]},
        a_return,
    ),
    "colonne_absente": (lambda: without("salaries", "sexe"), a_return),
    "colonne_en_double": (
        lambda: with_cells("salaries", {"Sexe": "F"}),
        lambda: a_return() | {"salaries": [row | {"Sexe": row["sexe"]} for row in a_return()["salaries"]]},
    ),
    "table_refusee": (lambda: exits(5), lambda: exits(10)),
    "reference_ecartee": (
        lambda: with_cells("salaries", {"sexe": "?"}),
        a_return,
    ),
    "remontee_refusee": (
        lambda: changed(a_return(), "heures", "heures_travaillees", "beaucoup", range(3)),
        lambda: exits(5),
    ),
    "fichier_illisible": (lambda: as_zip(a_return())[:-200], lambda: as_zip(a_return())),
    "table_en_double": (lambda: a_return() | {"Contrats": a_return()["contrats"][1:]}, a_return),
    "donnee_interdite": (lambda: with_cells("salaries", {"nom": "Dupont"}), a_return),
    "aucune_table": (lambda: {"remontee": a_return()["remontee"]}, a_return),
    "sortie_avant_contrat": (
        lambda: with_cells("sorties", {"date_sortie": "31/01/2025"}),
        lambda: with_cells("sorties", {"date_sortie": "31/08/2025"}),
    ),
    "mission_avant_contrat": (
        lambda: with_cells("missions", {"date_debut": "15/01/2025"}),
        lambda: with_cells("missions", {"date_debut": "15/02/2025"}),
    ),
    "contrats_en_boucle": (lambda: with_cells("contrats", {"id_contrat_parent": "C1"}), a_return),
    "sortie_sans_contrat": (lambda: someone_leaves(with_contract=False), lambda: someone_leaves(with_contract=True)),
    "mission_apres_contrat": (
        lambda: with_cells("missions", {"date_fin": "28/02/2026"}),
        lambda: with_cells("missions", {"date_fin": "31/01/2026"}),
    ),
    "heures_hors_contrat": (
        lambda: with_cells("heures", {"mois": "2025-01"}), lambda: with_cells("heures", {"mois": "2025-02"}),
    ),
    "contrat_parent_inconnu": (lambda: with_cells("contrats", NEW | {"id_contrat_parent": "C0"}), a_return),
    "renouvellement_sans_origine": (lambda: with_cells("contrats", NEW | {"rang": "1"}), a_return),
    "pass_iae_partage": (lambda: with_cells("salaries", {"pass_iae": "999990000002"}), a_return),
}  # fmt: skip

#: Rules that one return of a known member does not break by itself, and the room whose tests do break them.
ELSEWHERE = {
    **{code: "corrections" for code in RULES if code.startswith("correction_")},
    **dict.fromkeys(("fait_contredit_avant", "fait_contredit_ailleurs"), "identity"),
    **dict.fromkeys(("contrats_non_repetes", "lignes_orphelines"), "references"),
    **dict.fromkeys(("archive_piegee", "fichier_trop_gros", "trop_de_colonnes", "trop_de_lignes"), "hostile"),
    **dict.fromkeys(("pas_un_fichier_ordinaire", "trop_de_fichiers"), "hostile_folders"),
    "vue_absente": "adapters",
    "personne_effacee": "erased",
}
_TRIED_APART = {"siren_invalide", "adherent_inconnu", *ELSEWHERE}


@pytest.mark.parametrize("room", sorted(set(ELSEWHERE.values())))
def test_a_rule_that_takes_more_than_one_return_is_tried_in_its_room(room):
    tried = (PROJECT / "tests" / f"test_{room}.py").read_text(encoding="utf-8")
    assert [code for code, its_room in ELSEWHERE.items() if its_room == room and f'"{code}"' not in tried] == []


def test_every_rule_has_an_example_of_wrong_and_of_right():
    assert [code for code, rule in RULES.items() if not (rule.wrong and rule.right and rule.wrong != rule.right)] == []
    in_words = {code for code, rule in RULES.items() if isinstance(rule.wrong, str)}
    assert in_words - _TRIED_APART == set(TOLD), "an example in words needs the return that it tells of"
    for rule in RULES.values():
        if isinstance(rule.wrong, dict):
            assert set(rule.wrong) == set(rule.right)


def test_the_wrong_example_of_a_rule_breaks_it_and_the_right_one_does_not(home):
    """In two refreshes, not one per rule: a hundred returns of one member are judged as if they came one by one."""
    asked = {code: rule for code, rule in RULES.items() if code not in _TRIED_APART}

    def files(side: int) -> list[Tables | bytes]:
        return [
            TOLD[code][side]() if code in TOLD else with_cells(rule.table, (rule.wrong, rule.right)[side])
            for code, rule in asked.items()
        ]

    wrong = dict(zip(asked, take_in(home, *files(0)), strict=True))
    assert {code: told(receipt) for code, receipt in wrong.items() if code not in told(receipt)} == {}
    right = dict(zip(asked, take_in(home, *files(1)), strict=True))
    assert [code for code, receipt in right.items() if code in told(receipt)] == []
    cells = [code for code, rule in asked.items() if isinstance(rule.right, dict)]
    assert {code: right[code]["failures"] for code in cells if right[code]["verdict"] != "accepted"} == {}


def test_an_unknown_siren_of_a_member_is_told(home):
    contract, rule = CONTRACTS["federation", "members"], RULES["siren_invalide"]
    row = {"nom": "Le Fil", "siret": "00010001600005", "type_structure": "ACI"}
    found = [validate(pl.DataFrame([row | cells]), contract).failures for cells in (rule.wrong, rule.right)]
    assert [failures["regle"].to_list() for failures in found] == [["siren_invalide"], []]


def test_a_folder_of_nobody_is_told(home):
    (receipt,) = take_in(home, a_return("999999999"), siren="999999999")
    assert rules(receipt) == {"adherent_inconnu"}


def test_the_page_shows_each_example_and_each_repair():
    page = rules_page()
    for rule in RULES.values():
        for example in (rule.wrong, rule.right):
            for text in [example] if isinstance(example, str) else filter(None, example.values()):
                assert text in page
    for code, repair in REPAIRS.items():
        assert f"| `{code}` | {repair.sentence} |" in page and f"`{repair.received}` | `{repair.read}`" in page
    for contract in RETURN_TABLES:
        assert f"### {contract.table}" in page


# --- what is repaired, and said ----------------------------------------------------------------------------------


def test_the_example_of_each_repair_is_taken_and_said_in_the_receipt(home):
    receipts = take_in(home, *(with_cells(r.table, {r.column: r.received}) for r in REPAIRS.values()))
    for (code, repair), receipt in zip(REPAIRS.items(), receipts, strict=True):
        assert receipt["verdict"] == "accepted", receipt["failures"]
        assert receipt["repairs"] == [
            {"table": repair.table, "column": repair.column, "repair": code, "message": repair.sentence,
             "first_line": 2, "count": 1}
        ]  # fmt: skip
        of_return = lake(home, repair.table).filter(pl.col("id_remontee") == receipt["return_id"])
        assert repair.read in of_return[repair.column].cast(pl.String).to_list()
        page = (home.receipts / SIREN / f"{receipt['return_id']}.html").read_text(encoding="utf-8")
        assert "Ce que nous avons réparé" in page


#: Ways of writing that are no mistakes: column -> texts.
UNSAID = {
    "date_debut": ("2025-02-01", "01/02/2025", "1/2/2025", "2025-02-01 00:00:00", "01/02/2025 08:30:00"),
    "mois": ("2025-03", "03/2025", "2025-03-01", "01/03/2025", "2025-03-01 00:00:00"),
    "etp_initial": ("12,5", "12.5", "1234"),
    "rang": ("2", "2.0"),
    "duree_hebdo": ("17:30", "17h30", "17,5"),
    "rqth": ("oui", "O", "vrai", "1", "non"),
    "siret": ("00010001600005",),
    "pass_iae": ("xxxxx1234567", "999991234567"),
    "commune_insee": ("2a004", "01004", "97411"),
    "naf": ("88.99B", "8899b"),
    "code_rome": ("k2204",),
    "type_structure": ("aci", "ACI", "ett ess"),
    "motif": ("9", "09"),
    "niveau_formation": ("01",),
}
#: Repairs as a member must be told of them, whatever else holds of the cell.
SAID = {
    "siret": {
        "000 100 016 00005": "espaces_retires", "000.100.016-00005": "espaces_retires",
        "00010001600005.0": "nombre_de_tableur", "6000000000012": "zero_initial_remis",
        "600 000 000 00 12": "zero_initial_remis",
    },
    "pass_iae": {"99999 12 34567": "espaces_retires", "999991234567.0": "nombre_de_tableur"},
    "commune_residence": {"1004": "zero_initial_remis"},
    "naf": {"111Z": "zero_initial_remis", "1.11Z": "zero_initial_remis", "88 99 B": "espaces_retires"},
    "date_debut": {"45658": "date_de_tableur", "45658.0": "date_de_tableur"},
    "mois": {"45658": "date_de_tableur", "2025-03-17": "mois_d_une_date", "2/3/2025": "mois_d_une_date"},
    "etp_initial": {"1 234,5": "espaces_retires"},
    "duree_hebdo": {"1 000": "espaces_retires"},
    "motif": {"9.0": "nombre_de_tableur", "Sans nouvelle": "libelle_reconnu"},
    "niveau_formation": {"1": "zero_initial_remis", "1.0": "nombre_de_tableur", "0": "zero_initial_remis"},
    "sexe": {"Femme": "libelle_reconnu"},
}  # fmt: skip


@pytest.mark.parametrize("column", sorted({*UNSAID, *SAID}))
def test_what_a_member_should_check_is_said_and_ways_of_writing_are_not(column):
    from contracts.parsing import parsed

    texts = pl.Series([*UNSAID.get(column, ()), *SAID.get(column, {}), None, "rien qui vaille"])
    values = parsed(texts, FIELDS[column])
    assert values.null_count() == 2, "all but the last two have a value"
    found = {texts[row]: repair for row, repair in repaired(texts, values, FIELDS[column]).iter_rows()}
    assert found == SAID.get(column, {})


def test_repairs_of_a_return_are_counted_per_column_and_wrong_rows_count_too(home):
    tables = changed(a_return(), "contrats", "date_debut", "45689", [1, 4, 5])  # 2025-02-01
    tables = changed(tables, "contrats", "type_contrat", "inconnu", [4])
    (receipt,) = take_in(home, tables)
    assert counts(receipt, "contrats") == (20, 19, 1, 0)
    (repair,) = receipt["repairs"]
    assert (repair["repair"], repair["first_line"], repair["count"]) == ("date_de_tableur", 3, 3)
    (stored,) = lake(home, "reparations").to_dicts()
    assert (stored["nom_table"], stored["colonne"], stored["lignes_reparees"]) == ("contrats", "date_debut", 3)


def test_each_return_is_told_its_own_repairs(home):
    deposit(home, with_cells("contrats", {"date_debut": "45689"}))
    other = a_return(OTHER_SIREN)
    deposit(home, other, siren=OTHER_SIREN)
    found = {receipt["siren"]: len(receipt["repairs"]) for receipt in take_in(home)}
    assert found == {SIREN: 1, OTHER_SIREN: 0}


def test_an_unknown_commune_of_a_person_is_masked_and_the_remedy_tells_of_postal_codes(home):
    (receipt,) = take_in(home, with_cells("salaries", {"commune_residence": "76000"}))
    (failure,) = [f for f in receipt["failures"] if f["table"] == "salaries"]
    assert (failure["rule"], failure["value"]) == ("commune_inconnue", "•••")
    assert "pas le code postal" in failure["message"] and len(failure["message"]) < 300


# --- codes of places and activities ------------------------------------------------------------------------------

ALIASES = {row["alias_code"]: row["commune_code"] for row in seed_rows("parameters/commune_aliases")}


def test_the_known_communes_are_those_of_the_snapshot_the_aliases_and_foreign_countries():
    current = set(SNAPSHOT["code_commune"])
    assert {code for code in commune_codes() if not code.startswith("99")} == current | set(ALIASES)
    assert {"99101", "99100", "99999"} <= commune_codes()
    assert not {"76000", "75000", "00000", "99000"} & commune_codes()


def test_an_alias_is_no_commune_of_today_and_leads_to_one():
    current = set(SNAPSHOT["code_commune"])
    assert len(ALIASES) == len(seed_rows("parameters/commune_aliases"))
    assert not set(ALIASES) & current
    assert set(ALIASES.values()) <= current
    # Le Héron, in Morville-le-Héron since 2025; La Neuville-Garnier, in Les Hauts-Talican; Paris, Lyon.
    assert [ALIASES[code] for code in ("76358", "60455", "75101", "69389")] == ["76455", "60694", "75056", "69123"]


def test_a_division_is_two_digits_and_both_nomenclatures_are_known():
    assert len(naf_divisions()) == 88 and {"01", "45", "88", "99"} <= naf_divisions()
    assert not {"00", "04", "44", "57"} & naf_divisions()


# --- parameters --------------------------------------------------------------------------------------------------


def test_a_parameter_has_the_value_of_its_day(monkeypatch):
    from contracts import codes

    rows = [
        {"parameter": "p", "kind": "", "value": "1", "valid_from": "2000-01-01", "valid_to": "2019-12-31"},
        {"parameter": "p", "kind": "", "value": "2.5", "valid_from": "2020-01-01", "valid_to": ""},
        {"parameter": "p", "kind": "ACI", "value": "9", "valid_from": "2020-01-01", "valid_to": ""},
    ]
    monkeypatch.setattr(codes, "seed_rows", lambda _seed: rows)
    codes.parameter_values.cache_clear()
    try:
        days = [pl.date(y, m, d) for y, m, d in ((2019, 12, 31), (2020, 1, 1))]
        values = [parameter("p", pl.select(day).item()) for day in days]
        assert (values, parameter("p")) == ([1.0, 2.5], 2.5)
        with pytest.raises(KeyError, match=r"no value on 1999-12-31; add a row to seeds/parameters"):
            parameter("p", pl.select(pl.date(1999, 12, 31)).item())
        with pytest.raises(KeyError, match="unknown parameter: q"):
            parameter("q")
    finally:
        codes.parameter_values.cache_clear()


def test_the_rules_at_the_door_take_their_numbers_from_the_seed():
    assert [parameter(name) for name in (
        "rejection_budget", "first_period_year", "extraction_tolerance_days", "plausible_age_from", "plausible_age_to",
        "weekly_hours_max",
    )] == [0.1, 2000, 1, 14, 90, 60]  # fmt: skip
    assert FIELDS["duree_hebdo"].high == parameter("weekly_hours_max")
    names = csv.DictReader(io.StringIO((PROJECT / "dbt_project/seeds/parameters/parameters.csv").read_text("utf-8")))
    assert all(row["unit"] and row["source"] and row["status"] in ("confirmed", "to_confirm") for row in names)
