"""Contracts: which rows are good, alone and among others, and the laws of a judgement.

Here: expected values worked out by hand, and properties over random text. Not here: what a cell is read as
(`test_cells.py`), files and returns (`test_reading.py`, `test_judging.py`).
"""

from collections import Counter
from datetime import date

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from intake import SECOND_SIRET, SIRET
from polars.testing import assert_frame_equal

from contracts import CONTRACTS, RETURN_TABLES, explanation, validate
from contracts.open_data import OPEN_DATA
from contracts.repairs import REPAIRS
from contracts.rules import RULES
from orchestration.resources import PROJECT

# --- one row -----------------------------------------------------------------------------------------------------

GOOD: dict[str, dict[str, str]] = {
    "structures": {
        "siret": SIRET, "type_structure": "ACI", "denomination": "Le Fil", "commune_insee": "35238", "naf": "88.99B",
        "date_debut": "2010-01-01", "date_fin": "2099-01-01", "etp_conventionnes": "12,5", "id_ges": "G1",
    },
    "salaries": {
        "id_salarie": "P1", "pass_iae": "999991234567", "annee_naissance": "1990", "sexe": "F",
        "commune_residence": "2A004", "niveau_formation": "40", "date_entree_parcours": "01/02/2024", "brsa": "NON",
        "ass": "non", "aah": "0", "deld": "oui", "detld": "false", "rqth": "N", "qpv": "vrai", "zrr": "1",
    },
    "contrats": {
        "id_contrat": "C1", "id_contrat_parent": "C0", "rang": "1", "siret": SIRET, "type_structure": "ACI",
        "id_salarie": "P1", "type_contrat": "CDDI", "date_debut": "2024-02-01", "date_fin_prevue": "2026-01-31",
        "date_fin_reelle": "2025-06-30", "duree_hebdo": "26:00", "remuneration_brute_mensuelle": "1 350,20",
        "code_rome": "K2204", "commune_travail": "35238",
    },
    "missions": {
        "id_mission": "M1", "id_contrat": "C1", "date_debut": "2025-07-01", "date_fin": "2025-07-04",
        "heures": "21,5", "code_rome": "K1304", "commune_travail": "35047",
    },
    "heures": {
        "id_contrat": "C1", "mois": "2025-07", "heures_travaillees": "113,5", "salaire_brut": "1348", "part_etp": "0,7",
    },
    "sorties": {
        "id_salarie": "P1", "siret": SIRET, "type_structure": "ACI", "date_sortie": "2025-08-31", "motif": "3",
        "date_nouvel_emploi": "2025-09-02", "type_nouveau_contrat": "CDI", "duree_nouveau_contrat_mois": "12",
        "situation_3_mois": "en emploi", "situation_6_mois": "en emploi",
    },
    "formations": {
        "id_salarie": "P1", "date_debut": "2025-07-01", "date_fin": "2025-07-10", "heures": "35", "certifiante": "oui",
    },
    "activites": {
        "id_activite": "A1", "siret": SIRET, "type_structure": "ACI", "intitule": "Recyclerie", "nature": "creation",
        "strategie": "entrepreneur_social", "besoin": "mobilite", "naf": "3832Z", "date_debut": "2024-05-01",
        "date_fin": "2025-08-01", "motif_fin": "vente", "commune": "35238", "etp_initial": "2", "etp_actuel": "3,5",
        "non_delocalisable": "oui", "siret_activite": SECOND_SIRET, "ressources_marchandes_eur": "12000",
        "ressources_non_marchandes_eur": "3 000,50", "benevolat_heures": "120",
    },
    "cooperations": {
        "id_action": "K1", "siret": SIRET, "type_structure": "ACI", "type": "mediation", "intitule": "Forum",
        "date_debut": "2025-07-01", "date_fin": "2025-07-02", "commune": "35238", "nb_partenaires": "4",
        "types_partenaires": "commune, école",
    },
    "annexes_financieres": {
        "numero_annexe": "ACI034150012A1M0", "siret": SIRET, "type_structure": "ACI", "date_debut": "2025-01-01",
        "date_fin": "2025-12-31", "etp_conventionnes": "12,5", "taux_prev_sorties_dynamiques": "60",
        "taux_prev_sorties_durables": "25", "taux_prev_sorties_transition": "20", "taux_prev_sorties_positives": "15",
    },
    "bilans": {
        "siret": SIRET, "type_structure": "ACI", "date_debut": "2025-01-01", "date_fin": "2025-06-30",
        "salaries_nombre": "40", "sorties_examinees": "12", "sorties_durables": "3", "sorties_transition": "2",
        "sorties_positives": "1",
    },
    "remontees": {
        "periode": "2025T3", "periode_debut": "2025-07-01", "periode_fin": "2025-09-30",
        "recue_le": "2025-10-02 08:00:00", "date_extraction": "2025-10-01", "nom_table": "contrats",
        "verdict": "accepted", "retenue": "true", "lignes_recues": "3", "lignes_acceptees": "3",
        "lignes_quarantaine": "0", "lignes_repliees": "0", "empreinte": "ab",
    },
    "members": {
        "siren_adherent": "000100016", "nom": "Le Fil", "siret": SIRET, "type_structure": "ACI", "region": "53",
        "id_ges": "G1",
    },
    "communes": {
        "code_commune": "35238", "nom_commune": "Rennes", "code_epci": "243500139", "nom_epci": "Rennes Métropole",
        "code_arrondissement": "353", "nom_arrondissement": "Rennes", "code_departement": "35",
        "nom_departement": "Ille-et-Vilaine", "code_region": "53", "nom_region": "Bretagne",
        "code_zone_emploi": "5315", "nom_zone_emploi": "Rennes", "population_municipale": "225081",
        "millesime": "2026",
    },
}  # fmt: skip

#: Mandatory columns as the specification of the layouts states them, written out again on purpose.
MANDATORY = {
    "structures": "siret type_structure date_debut",
    "salaries": "id_salarie annee_naissance sexe commune_residence",
    "contrats": "id_contrat siret type_structure id_salarie type_contrat date_debut",
    "missions": "id_mission id_contrat date_debut",
    "heures": "id_contrat mois heures_travaillees",
    "sorties": "id_salarie siret type_structure date_sortie",
    "formations": "id_salarie date_debut",
    "activites": "id_activite siret type_structure date_debut",
    "cooperations": "id_action siret type_structure date_debut",
    "annexes_financieres": "numero_annexe siret type_structure date_debut date_fin",
    "bilans": "siret type_structure date_debut date_fin",
    "members": "siren_adherent nom siret type_structure",
    "communes": "code_commune nom_commune code_departement nom_departement code_region nom_region millesime",
    "remontees": "periode periode_debut periode_fin recue_le nom_table verdict retenue lignes_recues lignes_acceptees "
    "lignes_quarantaine lignes_repliees empreinte",
}
KEYS = {
    "structures": ("siret", "type_structure"), "salaries": ("id_salarie",), "contrats": ("id_contrat",),
    "missions": ("id_mission",), "heures": ("id_contrat", "mois"), "sorties": ("id_salarie", "siret", "type_structure"),
    "formations": ("id_salarie", "date_debut"), "activites": ("id_activite",), "cooperations": ("id_action",),
    "annexes_financieres": ("numero_annexe",), "bilans": ("siret", "type_structure", "date_debut"),
    "members": ("siret", "type_structure"), "communes": ("code_commune",),
}  # fmt: skip
#: Files of open data are tried in `test_open_data.py`; `commune_vintages` is made by the program.
BY_TABLE = {c.table: c for c in CONTRACTS.values() if c not in OPEN_DATA and c.table != "commune_vintages"}
RETURNED = [contract.table for contract in RETURN_TABLES]
EXTRACTION, PERIOD_END = date(2025, 10, 1), date(2025, 9, 30)


def frame_of(table: str, *rows: dict[str, str | None]) -> pl.DataFrame:
    """Rows of text as a return brings them, numbered from line 2, extracted on 2025-10-01 for 2025T3."""
    contract = BY_TABLE[table]
    frame = pl.DataFrame(list(rows), schema=dict.fromkeys(contract.columns, pl.String))
    trace = {
        "siren_adherent": pl.lit("000100016"),
        "id_remontee": pl.lit("R1"),
        "ligne": pl.int_range(2, len(rows) + 2),
    }
    context = {"date_extraction": EXTRACTION, "periode_fin": PERIOD_END}
    return frame.with_columns(
        **{name: trace[name] for name in contract.trace},
        **{name: pl.lit(day) for name, day in context.items() if name not in contract.columns},
    )


def broken(table: str, **changes: str | None) -> list[tuple[str, str]]:
    """(column, rule) that the good row of a table breaks once changed."""
    verdict = validate(frame_of(table, GOOD[table] | changes), BY_TABLE[table])
    assert verdict.quarantined.height == bool(verdict.failures.height)
    assert verdict.accepted.height + verdict.quarantined.height == 1
    return verdict.failures.select("colonne", "regle").rows()


def test_the_tables_under_test_are_all_there_are():
    # The program writes these itself, from what judgements found: they are never judged.
    assert set(GOOD) == set(MANDATORY) == set(BY_TABLE) - {"anomalies", "reparations"}
    for table, row in GOOD.items():
        assert set(row) == set(BY_TABLE[table].columns), "the good row fills every column"


@pytest.mark.parametrize("table", GOOD)
def test_a_good_row_is_accepted(table):
    assert broken(table) == []


@pytest.mark.parametrize("table", GOOD)
def test_a_row_with_only_its_mandatory_columns_is_accepted(table):
    optional = set(GOOD[table]) - set(MANDATORY[table].split())
    assert broken(table, **dict.fromkeys(optional)) == []
    bare = frame_of(table, GOOD[table]).drop(optional)
    assert validate(bare, BY_TABLE[table]).accepted.height == 1, "a missing optional column is an empty one"


@pytest.mark.parametrize(("table", "column"), [(t, c) for t, columns in MANDATORY.items() for c in columns.split()])
@pytest.mark.parametrize("empty", [None, "", "  \u00a0 "], ids=["null", "empty", "blanks"])
def test_an_empty_mandatory_cell_is_named(table, column, empty):
    assert broken(table, **{column: empty}) == [(column, "valeur_absente")]


@pytest.mark.parametrize(
    ("table", "column", "text", "rule"),
    [
        ("structures", "siret", "00010001600006", "siret_invalide"),
        ("members", "siren_adherent", "000100017", "siren_invalide"),
        ("structures", "naf", "88", "naf_invalide"),
        ("structures", "commune_insee", "Rennes", "commune_invalide"),
        ("structures", "commune_insee", "76000", "commune_inconnue"),  # the postal code of Rouen
        ("salaries", "commune_residence", "35999", "commune_inconnue"),
        ("activites", "naf", "4499Z", "naf_inconnu"),
        ("structures", "etp_conventionnes", "beaucoup", "nombre_illisible"),
        ("structures", "etp_conventionnes", "-1", "valeur_improbable"),
        ("structures", "type_structure", "XYZ", "code_inconnu"),
        ("salaries", "pass_iae", "123", "pass_iae_invalide"),
        ("salaries", "annee_naissance", "1990,5", "entier_illisible"),
        ("salaries", "rqth", "parfois", "booleen_illisible"),
        ("salaries", "date_entree_parcours", "01/02/03", "date_illisible"),
        ("contrats", "code_rome", "KK204", "rome_invalide"),
        ("contrats", "duree_hebdo", "35:75", "duree_illisible"),
        ("contrats", "duree_hebdo", "60,5", "valeur_improbable"),
        ("contrats", "remuneration_brute_mensuelle", "20001", "valeur_improbable"),
        ("contrats", "rang", "-1", "valeur_improbable"),
        ("heures", "mois", "juillet", "mois_illisible"),
        ("heures", "salaire_brut", "30000,01", "valeur_improbable"),
        ("heures", "heures_travaillees", "-1", "valeur_improbable"),
        ("sorties", "motif", "77", "code_inconnu"),
        ("activites", "nature", "fusion", "code_inconnu"),
        ("cooperations", "nb_partenaires", "10001", "valeur_improbable"),
        ("remontees", "recue_le", "hier", "date_illisible"),
    ],
)
def test_a_wrong_cell_sends_the_row_to_quarantine_with_its_one_reason(table, column, text, rule):
    verdict = validate(frame_of(table, GOOD[table] | {column: text}), BY_TABLE[table])
    assert verdict.failures.select("colonne", "regle", "valeur").rows() == [(column, rule, text)]
    assert (verdict.accepted.height, verdict.quarantined.height) == (0, 1)


#: table -> (changes that keep the row good, changes that break it, column, rule)
ROW_RULES = [
    ("structures", {"date_fin": "2010-01-01"}, {"date_fin": "2009-12-31"}, "date_fin", "fin_avant_debut"),
    ("structures", {"date_debut": "2025-10-01"}, {"date_debut": "2025-10-02"}, "date_debut", "apres_extraction"),
    ("salaries", {"date_entree_parcours": "2025-10-01"}, {"date_entree_parcours": "2025-10-02"},
     "date_entree_parcours", "apres_extraction"),
    ("salaries", {"annee_naissance": "2011"}, {"annee_naissance": "2012"}, "annee_naissance", "age_improbable"),
    ("salaries", {"annee_naissance": "1935"}, {"annee_naissance": "1934"}, "annee_naissance", "age_improbable"),
    ("contrats", {"date_fin_prevue": "2024-02-01"}, {"date_fin_prevue": "2024-01-31"},
     "date_fin_prevue", "fin_prevue_avant_debut"),
    ("contrats", {"date_fin_reelle": "2024-02-01"}, {"date_fin_reelle": "2024-01-31"},
     "date_fin_reelle", "fin_avant_debut"),
    ("contrats", {"date_debut": "2025-10-01", "date_fin_reelle": None},
     {"date_debut": "2025-10-02", "date_fin_reelle": None}, "date_debut", "apres_extraction"),
    ("contrats", {"date_fin_reelle": "2025-10-01"}, {"date_fin_reelle": "2025-10-02"},
     "date_fin_reelle", "apres_extraction"),
    ("contrats", {"type_structure": "AI", "type_contrat": "CDDU"}, {"type_contrat": "CDDU"},
     "type_contrat", "contrat_interdit_pour_ce_type"),
    ("contrats", {"type_structure": "OSP", "type_contrat": "CTT"}, {"type_contrat": "CTT"},
     "type_contrat", "contrat_interdit_pour_ce_type"),
    ("contrats", {"type_structure": "ETTI", "type_contrat": "CTT"}, {"type_structure": "ETTI"},
     "type_contrat", "contrat_interdit_pour_ce_type"),
    ("missions", {"date_fin": "2025-07-01"}, {"date_fin": "2025-06-30"}, "date_fin", "fin_avant_debut"),
    ("missions", {"date_debut": "2025-10-01", "date_fin": None}, {"date_debut": "2025-10-02", "date_fin": None},
     "date_debut", "apres_extraction"),
    # 31 days of 24 hours are 744; 30 days are 720.
    ("heures", {"mois": "2025-01", "heures_travaillees": "744"}, {"mois": "2025-06", "heures_travaillees": "721"},
     "heures_travaillees", "heures_du_mois_impossibles"),
    ("heures", {"mois": "2025-06", "heures_travaillees": "720"}, {"mois": "2025-06", "heures_travaillees": "720,25"},
     "heures_travaillees", "heures_du_mois_impossibles"),
    ("heures", {"mois": "2024-02", "heures_travaillees": "696"}, {"mois": "2025-02", "heures_travaillees": "696"},
     "heures_travaillees", "heures_du_mois_impossibles"),
    ("heures", {"mois": "2025-10"}, {"mois": "2025-11"}, "mois", "apres_extraction"),
    ("sorties", {"date_sortie": "2025-10-01"}, {"date_sortie": "2025-10-02"}, "date_sortie", "apres_extraction"),
    ("missions", {"date_fin": "2025-07-02", "heures": "48"}, {"date_fin": "2025-07-02", "heures": "48,5"},
     "heures", "heures_impossibles"),
    ("formations", {"date_fin": "2025-07-01", "heures": "7"}, {"date_fin": "2025-06-30"},
     "date_fin", "fin_avant_debut"),
    ("formations", {"date_fin": "2025-07-01", "heures": "24"}, {"date_fin": "2025-07-01", "heures": "24,5"},
     "heures", "heures_impossibles"),
    ("formations", {"date_debut": "2025-10-01", "date_fin": None}, {"date_debut": "2025-10-02", "date_fin": None},
     "date_debut", "apres_extraction"),
    ("activites", {"date_fin": "2024-05-01"}, {"date_fin": "2024-04-30"}, "date_fin", "fin_avant_debut"),
    ("activites", {"date_debut": "2025-10-01", "date_fin": None}, {"date_debut": "2025-10-02", "date_fin": None},
     "date_debut", "apres_extraction"),
    ("cooperations", {"date_fin": "2025-07-01"}, {"date_fin": "2025-06-30"}, "date_fin", "fin_avant_debut"),
    ("cooperations", {"date_debut": "2025-10-01", "date_fin": None}, {"date_debut": "2025-10-02", "date_fin": None},
     "date_debut", "apres_extraction"),
    ("annexes_financieres", {"date_fin": "2025-01-01"}, {"date_fin": "2024-12-31"}, "date_fin", "fin_avant_debut"),
    ("annexes_financieres", {"numero_annexe": "ACI02A150012"}, {"numero_annexe": "AI034150012"},
     "numero_annexe", "numero_annexe_invalide"),
    ("annexes_financieres", {"type_structure": "EITI", "numero_annexe": "EITI034150012"},
     {"numero_annexe": "ACI34150012"}, "numero_annexe", "numero_annexe_invalide"),
    ("bilans", {"date_fin": "2025-01-01"}, {"date_fin": "2024-12-31"}, "date_fin", "fin_avant_debut"),
    ("bilans", {"date_debut": "2025-10-01", "date_fin": "2025-12-31"},
     {"date_debut": "2025-10-02", "date_fin": "2025-12-31"}, "date_debut", "apres_extraction"),
    ("bilans", {"sorties_examinees": "6"}, {"sorties_examinees": "5"},
     "sorties_examinees", "sorties_au_dela_des_examinees"),
]  # fmt: skip


@pytest.mark.parametrize(("table", "good", "bad", "column", "rule"), ROW_RULES)
def test_a_rule_of_a_row_holds_up_to_its_edge_and_breaks_beyond(table, good, bad, column, rule):
    assert broken(table, **good) == []
    assert broken(table, **bad) == [(column, rule)]


def test_every_rule_of_a_row_has_an_example():
    declared = {(c.table, *check.name.split(":")[::-1]) for c in RETURN_TABLES for check in c.schema.checks}
    assert declared == {(table, column, rule) for table, _, _, column, rule in ROW_RULES}


def test_a_row_names_each_of_its_errors_once():
    changes = {"siret": "12", "date_debut": "01/02/03", "sexe": "x"}
    table_changes = {name: text for name, text in changes.items() if name in GOOD["contrats"]}
    assert broken("contrats", **table_changes, duree_hebdo="70") == [
        ("date_debut", "date_illisible"),
        ("duree_hebdo", "valeur_improbable"),
        ("siret", "siret_invalide"),
    ]


@pytest.mark.parametrize("sentinel", ["2099-01-01", "01/01/2040", "2040-01-01 00:00:00"])
def test_an_open_end_is_not_after_the_extraction(sentinel):
    assert broken("contrats", date_fin_reelle=sentinel, date_fin_prevue=sentinel) == []
    for table in ("structures", "missions", "formations", "activites", "cooperations"):
        assert broken(table, date_fin=sentinel) == []


@pytest.mark.parametrize(
    ("table", "column", "ends"),
    [
        ("contrats", "date_debut", ("date_fin_prevue", "date_fin_reelle")),
        ("sorties", "date_sortie", ()),
        ("activites", "date_debut", ("date_fin",)),
    ],
)
def test_nothing_begins_or_leaves_on_the_date_of_an_open_end(table, column, ends):
    assert broken(table, **dict.fromkeys(ends), **{column: "2099-01-01"}) == [(column, "apres_extraction")]


def test_without_an_extraction_date_no_date_is_after_it():
    frame = frame_of("sorties", GOOD["sorties"] | {"date_sortie": "2031-01-01"}).drop("date_extraction", "periode_fin")
    assert validate(frame, BY_TABLE["sorties"]).failures.is_empty()


def test_every_rule_says_in_french_what_to_do():
    for code, rule in RULES.items():
        sentence, remedy = explanation(code, "date_debut", "10 %")
        assert sentence and remedy and "{" not in sentence + remedy
        assert sentence[-1] == remedy[-1] == "." and rule.sentence != rule.remedy
    assert "F, H" in explanation("code_inconnu", "sexe")[1]
    assert "au moins 0 et au plus 60" in explanation("valeur_improbable", "duree_hebdo")[1]


# --- one row among others ----------------------------------------------------------------------------------------

#: Another value for a column outside the key, so that two rows of one key contradict each other.
OTHER = {
    "structures": {"denomination": "Autre"}, "salaries": {"sexe": "H"}, "contrats": {"duree_hebdo": "20"},
    "missions": {"heures": "3"}, "heures": {"heures_travaillees": "3"}, "sorties": {"motif": "7"},
    "formations": {"heures": "3"}, "activites": {"etp_actuel": "9"}, "cooperations": {"nb_partenaires": "9"},
    "annexes_financieres": {"etp_conventionnes": "9"}, "bilans": {"salaries_nombre": "9"},
    "members": {"nom": "Autre"}, "communes": {"nom_commune": "Autre"},
}  # fmt: skip


@pytest.mark.parametrize("table", OTHER)
def test_identical_rows_fold_and_different_ones_go_to_quarantine(table):
    contract, good = BY_TABLE[table], GOOD[table]
    same = validate(frame_of(table, good, good, good), contract)
    assert (same.accepted.height, same.folded.height, same.quarantined.height) == (1, 2, 0)
    assert same.failures.is_empty()
    if "ligne" in contract.trace:
        assert same.accepted["ligne"].to_list() == [2]
        assert same.folded["ligne"].to_list() == [3, 4]
    torn = validate(frame_of(table, good, good | OTHER[table], good), contract)
    assert (torn.accepted.height, torn.folded.height, torn.quarantined.height) == (0, 0, 3)
    assert set(torn.failures.select("colonne", "regle").rows()) == {(KEYS[table][0], "cle_en_double")}


def test_rows_are_identical_when_they_mean_the_same():
    written = GOOD["contrats"] | {"date_debut": "01/02/2024", "duree_hebdo": "26", "siret": "000 100 016 00005",
                                  "type_contrat": "CDD d'insertion"}  # fmt: skip
    verdict = validate(frame_of("contrats", GOOD["contrats"], written), BY_TABLE["contrats"])
    assert (verdict.accepted.height, verdict.folded.height) == (1, 1)


def test_a_wrong_row_does_not_pull_down_a_good_one_of_the_same_key():
    wrong = GOOD["contrats"] | {"duree_hebdo": "x"}
    verdict = validate(frame_of("contrats", wrong, GOOD["contrats"]), BY_TABLE["contrats"])
    assert verdict.accepted["ligne"].to_list() == [3]
    assert verdict.quarantined["ligne"].to_list() == [2]


def test_the_same_key_in_two_returns_or_two_members_is_no_duplicate():
    frame = frame_of("contrats", *[GOOD["contrats"]] * 3).with_columns(
        siren_adherent=pl.Series(["000100016", "000100016", "000200022"]), id_remontee=pl.Series(["R1", "R2", "R1"])
    )
    assert validate(frame, BY_TABLE["contrats"]).accepted.height == 3


# --- laws over random text ---------------------------------------------------------------------------------------

_ODD = ["", " ", "\u00a0", "oui", "false", "2025-07-01", "01/02/03", "45658", "9.0", "-0", "0", "-1", "1e9", "inf",
        "2099-01-01", "9999-12-31", "2025-07", "١٢", "²", "٢٠٢٥-٠١-٠١", "Œuvre", "\x00", "a\nb", '"', "999999999999999",
        "9999999999999999999", "17:30", "99:59", SIRET, "ACI", "CDI", "35238", "K2204", "999991234567"]  # fmt: skip


@st.composite
def _frames(draw, table: str) -> pl.DataFrame:
    """Rows near a good one: cells of the good row, odd cells, random text, repeated rows."""
    good = GOOD[table]
    cell = {
        column: st.one_of(st.just(text), st.just(text), st.none(), st.sampled_from(_ODD), st.text(max_size=12))
        for column, text in good.items()
    }
    near = st.one_of(
        st.just(good), st.just(good | OTHER[table]), st.fixed_dictionaries(cell),
        st.sampled_from(sorted(good)).flatmap(lambda column: cell[column].map(lambda text: good | {column: text})),
    )  # fmt: skip
    return frame_of(table, *draw(st.lists(near, max_size=8)))


def _content(frame: pl.DataFrame) -> Counter:
    """Rows without the number of their line: of identical ones, any may stay."""
    return Counter(frame.drop("ligne").rows())


@pytest.mark.parametrize("table", RETURNED)
@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_a_judgement_keeps_every_row_once_accepts_only_good_rows_and_ignores_their_order(table, data):
    frame, contract = data.draw(_frames(table)), BY_TABLE[table]
    verdict = validate(frame, contract)
    parts = (verdict.accepted, verdict.quarantined, verdict.folded)
    lines = [line for part in parts for line in part["ligne"]]
    assert sorted(lines) == frame["ligne"].to_list()
    assert all(part.schema == verdict.accepted.schema for part in parts)
    assert set(verdict.failures["ligne"]) == set(verdict.quarantined["ligne"])
    assert verdict.failures.select("row", "colonne", "regle").is_unique().all()
    assert set(verdict.failures["regle"]) <= set(RULES)
    assert set(verdict.repairs["reparation"]) <= set(REPAIRS)
    assert verdict.repairs.select("row", "colonne").is_unique().all()

    mandatory = verdict.accepted.select(MANDATORY[table].split())
    assert sum(mandatory.null_count().row(0), 0) == 0
    assert verdict.accepted.select(KEYS[table]).is_unique().all()
    context = {"date_extraction": pl.lit(EXTRACTION), "periode_fin": pl.lit(PERIOD_END)}
    again = validate(verdict.accepted.with_columns(**context), contract)
    assert_frame_equal(again.accepted, verdict.accepted)
    assert again.quarantined.is_empty() and again.folded.is_empty()

    turned = frame[data.draw(st.permutations(range(frame.height)))] if frame.height else frame
    other = validate(turned, contract)
    assert _content(other.accepted) == _content(verdict.accepted)
    assert set(other.quarantined["ligne"]) == set(verdict.quarantined["ligne"])


def test_the_warehouse_counts_again_the_rows_of_every_table_of_a_return():
    text = (PROJECT / "dbt_project" / "tests" / "lake_holds_what_was_accepted.sql").read_text(encoding="utf-8")
    assert [c.table for c in RETURN_TABLES if f"'{c.table}'" not in text] == []
