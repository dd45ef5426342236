"""Returns judged: wrong rows, budgets, references, successive returns, totals, dates."""

import polars as pl
import pytest
from intake import (
    MEMBERS_CSV,
    OTHER_SIREN,
    OTHER_SIRET,
    PEOPLE,
    SIREN,
    Tables,
    a_return,
    another_home,
    as_zip,
    changed,
    content,
    counts,
    lake,
    places_of,
    rules,
    take_in,
)
from polars.testing import assert_frame_equal

from contracts import RETURN_TABLES


def test_a_few_wrong_rows_are_set_aside_with_their_line_column_and_rule(home):
    tables = changed(a_return(), "heures", "heures_travaillees", "745", [18])
    tables = changed(tables, "salaries", "sexe", "M", [19])
    (receipt,) = take_in(home, tables)
    assert receipt["verdict"] == "partial"
    found = [(f["table"], f["line"], f["column"], f["rule"], f["value"]) for f in receipt["failures"]]
    assert found == [
        ("salaries", 21, "sexe", "code_inconnu", "M"),
        ("contrats", 21, "id_salarie", "reference_ecartee", "ligne 21 de salaries"),
        ("heures", 20, "heures_travaillees", "heures_du_mois_impossibles", "745"),
        ("heures", 21, "id_contrat", "reference_ecartee", "ligne 21 de contrats"),
    ]
    assert counts(receipt, "salaries") == counts(receipt, "contrats") == (20, 19, 1, 0)
    assert counts(receipt, "heures") == (20, 18, 2, 0)
    assert lake(home, "heures")["ligne"].to_list() and set(lake(home, "heures")["ligne"]) == set(range(2, 20))
    anomalies = lake(home, "anomalies").select("nom_table", "ligne", "colonne", "regle").rows()
    assert sorted(anomalies) == sorted(tuple(f[:4]) for f in found)
    (aside,) = (home.quarantine / "heures").glob("*.parquet")
    assert pl.read_parquet(aside)["ligne"].to_list() == [20, 21]
    registry = {row["nom_table"]: row for row in lake(home, "remontees").iter_rows(named=True)}
    assert set(registry) == set(a_return()) - {"remontee"}
    heures = registry["heures"]
    parts = [heures[f"lignes_{name}"] for name in ("recues", "acceptees", "quarantaine", "repliees")]
    assert (*parts, heures["retenue"], heures["verdict"]) == (20, 18, 2, 0, True, "partial")


def test_a_wrong_value_about_a_person_is_masked(home):
    tables = changed(a_return(), "salaries", "annee_naissance", "douze", [4])
    (receipt,) = take_in(home, changed(tables, "salaries", "pass_iae", "PASS-SECRET", [5]))
    values = {f["column"]: f["value"] for f in receipt["failures"] if f["table"] == "salaries"}
    assert values == {"annee_naissance": "•••", "pass_iae": "•••"}
    assert not places_of(home, "douze", "PASS-SECRET")


def test_a_table_beyond_its_budget_is_refused_alone_when_it_is_a_small_part_of_the_return(home):
    tables = changed(a_return(), "sorties", "motif", "77", [0])
    (receipt,) = take_in(home, tables)
    assert receipt["verdict"] == "partial"
    assert counts(receipt, "sorties") == (1, 0, 1, 0)
    assert ("sorties", "table_refusee") in {(f["table"], f["rule"]) for f in receipt["failures"]}
    assert lake(home, "sorties").is_empty() and lake(home, "contrats").height == PEOPLE
    kept = lake(home, "remontees").select("nom_table", "retenue").rows()
    assert {table for table, retained in kept if not retained} == {"sorties"}


@pytest.mark.parametrize(("wrong", "verdict"), [(2, "partial"), (3, "partial")])
def test_the_budget_of_a_table_is_one_row_in_ten(home, wrong, verdict):
    (receipt,) = take_in(home, changed(a_return(), "heures", "salaire_brut", "x", []))
    assert receipt["verdict"] == "accepted"
    tables = changed(a_return(), "heures", "heures_travaillees", "x", range(wrong))
    tables["salaries"] += [row | {"id_salarie": f"PLUS-{i}"} for i, row in enumerate(tables["salaries"] * 8)]
    (receipt,) = take_in(home, tables)
    assert receipt["verdict"] == verdict
    assert counts(receipt, "heures") == ((20, 18, 2, 0) if wrong == 2 else (20, 0, 20, 0))


def test_identical_rows_fold_and_contradicting_ones_are_set_aside(home):
    tables = a_return()
    tables["heures"] += [tables["heures"][0], tables["heures"][1] | {"heures_travaillees": "7"}]
    (receipt,) = take_in(home, tables)
    assert counts(receipt, "heures") == (22, 19, 2, 1)
    doubled = [(f["line"], f["column"]) for f in receipt["failures"] if f["rule"] == "cle_en_double"]
    assert doubled == [(3, "id_contrat"), (23, "id_contrat")]


def test_control_totals_that_fit_are_no_obstacle(home):
    totals = {f"lignes_{t}": str(len(rows)) for t, rows in a_return().items() if t != "remontee"}
    (receipt,) = take_in(home, a_return(heures_total="2010,0", **totals))  # 20 × 100.5
    assert receipt["verdict"] == "accepted", receipt["failures"]


def test_a_period_is_a_quarter_or_a_month(home):
    found = take_in(home, a_return(period="2025-T2"), a_return(period="2025-06"), a_return(period="2025q3"))
    assert [receipt["period"] for receipt in found] == ["2025T2", "2025-06", "2025T3"]
    ends = dict(lake(home, "remontees").select("periode", pl.col("periode_fin").cast(pl.String)).unique().rows())
    assert ends == {"2025T2": "2025-06-30", "2025-06": "2025-06-30", "2025T3": "2025-09-30"}


def later(period: str = "2025T4", unknown: int = 0) -> Tables:
    """A return that speaks only of contracts sent before, of which the last `unknown` never were."""
    tables = a_return(period=period, date_extraction="2026-01-10")
    hours = [row | {"mois": "2025-11"} for row in tables["heures"]]
    for i in range(unknown):
        hours[-1 - i] = hours[-1 - i] | {"id_contrat": f"JAMAIS-{i}"}
    return {"remontee": tables["remontee"], "heures": hours}


def test_a_reference_to_nothing_known_is_wrong(home):
    take_in(home, a_return())
    (receipt,) = take_in(home, later(unknown=2))
    found = [(f["table"], f["line"], f["column"], f["rule"]) for f in receipt["failures"]]
    assert found == [
        ("heures", 20, "id_contrat", "reference_inconnue"),
        ("heures", 21, "id_contrat", "reference_inconnue"),
    ]
    assert receipt["verdict"] == "partial" and "contrats" in receipt["failures"][0]["message"]


def test_another_members_contract_is_no_reference(home):
    take_in(home, a_return(OTHER_SIREN), siren=OTHER_SIREN)
    (receipt,) = take_in(home, later())
    assert receipt["verdict"] == "refused"
    wrong = [(f["table"], f["line"]) for f in receipt["failures"] if f["rule"] == "reference_inconnue"]
    assert wrong == [("heures", line) for line in range(2, PEOPLE + 2)], "a refusal names the rows that caused it"


def test_a_refused_return_names_the_rows_that_were_wrong_by_themselves_and_no_others(home):
    tables = changed(a_return(), "salaries", "sexe", "?", range(5))
    (receipt,) = take_in(home, tables)
    assert receipt["verdict"] == "refused"
    found = {(f["table"], f["rule"]): 0 for f in receipt["failures"]}
    for failure in receipt["failures"]:
        found[failure["table"], failure["rule"]] += 1
    assert found == {
        (None, "remontee_refusee"): 1, ("salaries", "code_inconnu"): 5, ("contrats", "reference_ecartee"): 5,
        ("heures", "reference_ecartee"): 5, ("missions", "reference_ecartee"): 1,
        ("sorties", "reference_ecartee"): 1, ("formations", "reference_ecartee"): 1,
    }  # fmt: skip


def test_a_refusal_tells_the_count_that_decided_and_how_many_rows_only_follow(home):
    """Five people of twenty are wrong; with them fall contracts, months, a mission, an exit and a training: too many of
    each table. Only a structure, an activity, a cooperation, an annex and a balance are untouched."""
    tables = changed(a_return(), "salaries", "sexe", "?", range(5))
    (receipt,) = take_in(home, tables)
    (whole,) = [f["message"] for f in receipt["failures"] if f["rule"] == "remontee_refusee"]
    assert "(63 sur 68, dont 58 qui suivent une ligne écartée ou sont dans une table refusée)" in whole


def test_a_table_refused_for_rows_that_follow_others_says_so(home):
    """One person of twenty is within the budget; one exit of three, theirs, is not."""
    (exit_row,) = a_return()["sorties"]
    exits = [exit_row | {"id_salarie": f"MATRICULE-{i:04}"} for i in (18, 19, 20)]
    tables = changed(a_return() | {"sorties": exits}, "salaries", "sexe", "?", [19])
    (receipt,) = take_in(home, tables)
    (told,) = [f["message"] for f in receipt["failures"] if (f["table"], f["rule"]) == ("sorties", "table_refusee")]
    assert "écartées (1 sur 3, dont 1 qui suit une ligne écartée)" in told


def _scenario() -> list[Tables]:
    """Corrections, repeats, refusals and references between returns, in the order of their arrival."""
    first = a_return()
    wrong = changed(a_return(), "contrats", "type_contrat", "CDX", range(12))
    foreign = changed(a_return(), "contrats", "siret", OTHER_SIRET, [0])
    fixed = changed(a_return(), "heures", "heures_travaillees", "90", range(PEOPLE))
    return [
        later(unknown=1), first, first, later(unknown=1), wrong, wrong, first, foreign, foreign, first, fixed,
        later("2026T1", unknown=2), later("2026T1", unknown=2), fixed,
    ]  # fmt: skip


def _outcome(found: list[dict]) -> list[tuple]:
    return [(r["period"], r["verdict"], r["repeats"] is not None, r["tables"], r["failures"]) for r in found]


def test_verdicts_do_not_depend_on_how_many_returns_are_judged_in_one_pass(tmp_path):
    together, apart = another_home(tmp_path / "together" / "home"), another_home(tmp_path / "apart" / "home")
    at_once = take_in(together, *_scenario())
    one_by_one = [receipt for tables in _scenario() for receipt in take_in(apart, tables)]
    assert _outcome(at_once) == _outcome(one_by_one)
    verdicts = [(r["verdict"], r["repeats"] is not None) for r in at_once]
    assert verdicts == [
        ("refused", False), ("accepted", False), ("accepted", True), ("partial", False), ("refused", False),
        ("refused", False), ("accepted", False), ("refused", False), ("refused", False), ("accepted", False),
        ("accepted", False), ("partial", False), ("partial", False), ("accepted", True),
    ]  # fmt: skip
    for contract in RETURN_TABLES:
        assert_frame_equal(content(together, contract.table), content(apart, contract.table))
    columns = ["periode", "nom_table", "verdict", "retenue", "lignes_recues", "lignes_acceptees", "lignes_quarantaine",
               "lignes_repliees", "empreinte"]  # fmt: skip
    assert_frame_equal(*(lake(home, "remontees").select(columns).sort(columns) for home in (together, apart)))


def test_a_correction_is_the_later_registered_return_and_the_earlier_rows_stay(home):
    (first,) = take_in(home, a_return())
    (second,) = take_in(home, changed(a_return(), "heures", "heures_travaillees", "90", range(PEOPLE)))
    registry = lake(home, "remontees").filter(nom_table="heures").sort("recue_le")
    assert registry.select("id_remontee", "periode", "retenue").rows() == [
        (first["return_id"], "2025T3", True),
        (second["return_id"], "2025T3", True),
    ]
    hours = lake(home, "heures").group_by("id_remontee").agg(pl.col("heures_travaillees").sum())
    assert dict(hours.rows()) == {first["return_id"]: 20 * 100.5, second["return_id"]: 20 * 90.0}


def test_the_same_file_again_changes_nothing_in_the_lake(home):
    (first,) = take_in(home, a_return())
    before = {c.table: lake(home, c.table) for c in RETURN_TABLES}
    (again,) = take_in(home, {"autre nom.zip": as_zip(a_return())})
    assert (again["verdict"], again["repeats"]) == ("accepted", first["return_id"])
    assert all(count["received"] == count["folded"] for count in again["tables"])
    for table, frame in before.items():
        assert_frame_equal(lake(home, table), frame)
    assert not lake(home, "remontees").filter(id_remontee=again["return_id"])["retenue"].any()


def test_a_refused_file_sent_again_is_judged_again_once_what_it_lacked_is_there(home):
    tables = changed(a_return(), "structures", "siret", "00020002200010", [])
    tables = changed(tables, "contrats", "siret", OTHER_SIRET, range(PEOPLE))
    tables = changed(tables, "structures", "siret", OTHER_SIRET, [0])
    for table in ("sorties", "activites", "cooperations"):
        tables = changed(tables, table, "siret", OTHER_SIRET, [0])
    (receipt,) = take_in(home, tables)
    assert rules(receipt) == {"siret_d_un_autre"}
    home.members_csv.write_text(MEMBERS_CSV.replace(f"{OTHER_SIREN},La Navette", f"{SIREN},Le Fil"), encoding="utf-8")
    (receipt,) = take_in(home, tables)
    assert (receipt["verdict"], receipt["repeats"]) == ("accepted", None)


@pytest.mark.parametrize(
    ("field", "text", "rule"),
    [
        ("periode", "2052T3", "periode_impossible"),
        ("periode", "1905T1", "periode_impossible"),
        ("date_extraction", "2052-01-01", "extraction_future"),
    ],
)
def test_a_return_of_another_age_is_refused(home, field, text, rule):
    tables = a_return()
    header = [row | {"valeur": text} if row["champ"] == field else row for row in tables["remontee"]]
    (receipt,) = take_in(home, tables | {"remontee": header})
    assert rules(receipt) == {rule}


def test_without_an_extraction_date_nothing_may_lie_after_the_day_it_came(home):
    tables = changed(a_return(), "sorties", "date_sortie", "2049-01-01", [0])
    header = [row for row in tables["remontee"] if row["champ"] != "date_extraction"]
    (receipt,) = take_in(home, tables | {"remontee": header})
    assert ("sorties", "apres_extraction") in {(f["table"], f["rule"]) for f in receipt["failures"]}


def test_announced_lines_may_be_written_as_spreadsheets_do(home):
    tables = a_return()
    header = [*tables["remontee"], {"champ": "lignes_contrats", "valeur": f"{PEOPLE},0"}]
    (receipt,) = take_in(home, tables | {"remontee": header})
    assert receipt["verdict"] == "accepted", receipt["failures"]


def test_a_return_extracted_before_its_period_ends_says_so(home):
    (receipt,) = take_in(home, a_return(date_extraction="2025-09-28"))
    assert any("antérieure à la fin de la période 2025T3" in note for note in receipt["notes"])


# --- defects seen in other systems -------------------------------------------------------------------------------


@pytest.mark.parametrize("cell", ["s", "nd", "s.s", "*", "-", "n.c.", "#N/A", "1/0"])
@pytest.mark.parametrize(
    ("table", "column"),
    [("heures", "heures_travaillees"), ("heures", "salaire_brut"), ("activites", "ressources_marchandes_eur"),
     ("cooperations", "nb_partenaires"), ("contrats", "duree_hebdo")],
)  # fmt: skip
def test_a_secret_cell_is_no_number_and_never_zero(home, table, column, cell):
    tables = a_return()
    tables = tables | {table: [{column: "12"} | row | ({column: "12"} if i else {column: cell})
                               for i, row in enumerate(tables[table])]}  # fmt: skip
    (receipt,) = take_in(home, tables)
    assert (table, 2, column) in {(f["table"], f["line"], f["column"]) for f in receipt["failures"]}
    assert set(lake(home, table)[column].drop_nulls()) <= {12.0}


def test_an_empty_cell_is_unknown_and_not_zero(home):
    tables = changed(a_return(), "contrats", "duree_hebdo", "", range(PEOPLE))
    tables = changed(tables, "heures", "heures_travaillees", "", [4])
    tables["salaries"] = [row | {"rqth": ""} for row in tables["salaries"]]
    (receipt,) = take_in(home, tables)
    assert lake(home, "contrats")["duree_hebdo"].null_count() == PEOPLE
    assert lake(home, "salaries")["rqth"].null_count() == PEOPLE, "unknown, and not no"
    assert [(f["line"], f["rule"]) for f in receipt["failures"]] == [(6, "valeur_absente")]
    assert lake(home, "heures")["heures_travaillees"].min() == 100.5


@pytest.mark.parametrize("table", ["structures", "salaries", "contrats", "heures", "missions"])
def test_one_malformed_identifier_costs_its_row_and_is_named(home, table):
    """Elsewhere one cell that was no number turned the type of a column, and every join found nothing."""
    spoiled = {
        "structures": "siret",
        "salaries": "pass_iae",
        "contrats": "siret",
        "heures": "mois",
        "missions": "id_contrat",
    }
    tables = a_return()
    extra = {
        "structures": {"siret": "8.07469E+13", "type_structure": "ACI"},
        "salaries": {"id_salarie": "M-X", "pass_iae": "12"},
        "contrats": {"id_contrat": "CX", "siret": "abc"}, "heures": {"mois": "juillet"},
        "missions": {"id_mission": "MX", "id_contrat": "8.07E+13"},
    }  # fmt: skip
    tables[table] = [*(tables[table] * 12 if table in ("structures", "missions") else tables[table]),
                     tables[table][0] | extra[table]]  # fmt: skip
    (receipt,) = take_in(home, tables)
    assert receipt["verdict"] == "partial"
    last = len(tables[table]) + 1
    assert {(f["table"], f["line"], f["column"]) for f in receipt["failures"]} == {(table, last, spoiled[table])}
    accepted = {count["table"]: count["accepted"] for count in receipt["tables"]}
    expected = {name: len(rows) for name, rows in a_return().items() if name != "remontee"}
    assert accepted == expected, "nothing else is lost, in this table or in those that refer to it"


def test_the_latest_of_dates_typed_in_two_ways_is_the_latest_day(home):
    """As text, 31/01/2025 comes after 01/02/2025, and after 2025-03-01."""
    tables = changed(a_return(), "contrats", "date_debut", "31/01/2025", range(7))
    tables = changed(tables, "contrats", "date_debut", "2025-03-01", range(7, 9))
    tables = changed(tables, "contrats", "date_debut", "01/02/2025", range(9, PEOPLE))
    take_in(home, tables)
    starts = lake(home, "contrats")["date_debut"]
    assert (str(starts.min()), str(starts.max())) == ("2025-01-31", "2025-03-01")


def test_a_member_who_says_false_is_not_heard_to_say_true(home):
    answers = {"false": False, "faux": False, "0": False, "N": False, "non": False, "true": True, "1": True}
    tables = a_return()
    said = [*answers, *["oui"] * (PEOPLE - len(answers))]
    tables["salaries"] = [row | {"qpv": text} for row, text in zip(tables["salaries"], said, strict=True)]
    take_in(home, tables)
    kept = lake(home, "salaries").sort("ligne")["qpv"].to_list()
    assert kept == [answers.get(text, True) for text in said]
