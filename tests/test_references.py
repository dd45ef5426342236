"""Rows judged among others: references to what is in force, dates within one another, renewals, corrections."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from intake import (
    OTHER_SIREN,
    SIREN,
    Tables,
    a_return,
    another_home,
    changed,
    content,
    counts,
    deposit,
    lake,
    take_in,
)
from polars.testing import assert_frame_equal

from contracts import RETURN_TABLES


def warned(receipt: dict) -> list[tuple]:
    return [(w["table"], w["line"], w["column"], w["rule"]) for w in receipt["warnings"]]


def failed(receipt: dict) -> list[tuple]:
    return [(f["table"], f["line"], f["column"], f["rule"]) for f in receipt["failures"]]


def only(tables: Tables, *names: str) -> Tables:
    """A partial return: the header and these tables."""
    return {name: rows for name, rows in tables.items() if name in ("remontee", *names)}


def without(tables: Tables, table: str, column: str, value: str) -> Tables:
    return tables | {table: [row for row in tables[table] if row[column] != value]}


def with_exits(tables: Tables, day: str = "2025-08-31") -> Tables:
    """One exit per person, so that a wrong one stays under the budget of the table."""
    exit_row = tables["sorties"][0]
    exits = [exit_row | {"id_salarie": row["id_salarie"], "date_sortie": day} for row in tables["salaries"]]
    return tables | {"sorties": exits}


# --- dates within one another ------------------------------------------------------------------------------------


def test_an_exit_before_the_first_known_contract_is_set_aside(home):
    tables = changed(with_exits(a_return()), "sorties", "date_sortie", "2025-01-31", [4])
    (receipt,) = take_in(home, tables)
    assert failed(receipt) == [("sorties", 6, "date_sortie", "sortie_avant_contrat")]
    assert counts(receipt, "sorties") == (20, 19, 1, 0) and receipt["warnings"] == []


@pytest.mark.parametrize("day", ["2025-02-01", "2026-03-01"], ids=["on its first day", "after its planned end"])
def test_an_exit_inside_or_after_the_contract_is_right(home, day):
    (receipt,) = take_in(home, with_exits(a_return(date_extraction="2026-03-02"), day))
    assert (receipt["verdict"], receipt["warnings"]) == ("accepted", [])


def test_an_older_contract_sent_before_makes_the_exit_right(home):
    take_in(home, a_return(period="2025T2"))
    later = changed(a_return(), "contrats", "id_contrat", "NOUVEAU", [0])
    later = changed(later, "contrats", "date_debut", "2025-09-15", [0])
    later = changed(later, "heures", "id_contrat", "NOUVEAU", [0])
    later = changed(later, "heures", "mois", "2025-09", [0])
    later = changed(later, "missions", "id_contrat", "NOUVEAU", [0])
    later = changed(later, "missions", "date_debut", "2025-09-20", [0])
    (receipt,) = take_in(home, later)  # out on 31 August, back on 15 September
    assert (receipt["verdict"], failed(receipt)) == ("accepted", [])


def test_an_exit_after_entry_into_the_pathway_but_before_the_first_known_contract_is_a_doubt(home):
    tables = changed(with_exits(a_return()), "sorties", "date_sortie", "2025-01-31", [4])
    tables["salaries"] = [row | {"date_entree_parcours": "2024-11-01"} for row in tables["salaries"]]
    (receipt,) = take_in(home, tables)
    assert (receipt["verdict"], warned(receipt)) == (
        "accepted", [("sorties", 6, "date_sortie", "sortie_sans_contrat")],
    )  # fmt: skip


def test_an_exit_of_a_person_without_contract_there_is_accepted_with_a_doubt(home):
    tables = with_exits(a_return())
    tables["salaries"] = [*tables["salaries"], tables["salaries"][0] | {"id_salarie": "SANS", "pass_iae": ""}]
    tables["sorties"] = [*tables["sorties"], tables["sorties"][0] | {"id_salarie": "SANS"}]
    (receipt,) = take_in(home, tables)
    assert (receipt["verdict"], warned(receipt)) == (
        "accepted", [("sorties", 22, "date_sortie", "sortie_sans_contrat")],
    )  # fmt: skip
    page = (home.receipts / SIREN / f"{receipt['return_id']}.html").read_text(encoding="utf-8")
    assert "À vérifier" in page and "Aucun contrat de cette personne" in page
    doubts = lake(home, "anomalies").select("nom_table", "ligne", "colonne", "regle", "gravite").rows()
    assert doubts == [("sorties", 22, "date_sortie", "sortie_sans_contrat", "avertissement")]


def test_a_mission_lies_within_its_contract(home):
    tables = a_return()
    mission = tables["missions"][0] | {"date_fin": ""}
    tables["missions"] = [mission | {"id_mission": f"M{i}"} for i in range(20)]
    tables = changed(tables, "missions", "date_debut", "2025-01-31", [0])  # the contract began the day after
    tables = changed(tables, "missions", "date_fin", "2026-02-01", [1])  # and ends the day before
    tables = changed(tables, "missions", "date_fin", "2026-01-31", [2])
    tables = changed(tables, "missions", "date_fin", "2099-01-01", [3])
    (receipt,) = take_in(home, tables)
    assert failed(receipt) == [("missions", 2, "date_debut", "mission_avant_contrat")]
    assert warned(receipt) == [("missions", 3, "date_fin", "mission_apres_contrat")]


def test_hours_of_a_month_outside_the_contract_are_doubtful(home):
    tables = changed(a_return(), "contrats", "date_fin_reelle", "2025-07-01", [2])
    for row, month in ((0, "2025-01"), (1, "2025-02"), (2, "2025-08"), (3, "2025-09")):
        tables = changed(tables, "heures", "mois", month, [row])
    (receipt,) = take_in(home, tables)
    assert receipt["verdict"] == "accepted" and counts(receipt, "heures") == (20, 20, 0, 0)
    assert warned(receipt) == [("heures", line, "mois", "heures_hors_contrat") for line in (2, 4)]


def test_a_partial_return_is_judged_by_the_contract_as_it_was_stated_last(home):
    take_in(home, a_return(period="2025T2"))
    take_in(home, changed(a_return(), "contrats", "date_fin_reelle", "2025-09-15", [0]))
    hours = only(a_return(period="2025-10", date_extraction="2025-11-02"), "heures")
    (receipt,) = take_in(home, changed(hours, "heures", "mois", "2025-10", range(20)))
    assert (receipt["verdict"], warned(receipt)) == ("accepted", [("heures", 2, "mois", "heures_hors_contrat")])


# --- renewals ----------------------------------------------------------------------------------------------------


def test_renewals_without_origin_are_doubtful_once_the_member_should_have_sent_it(home):
    tables = a_return()
    tables = changed(tables, "contrats", "id_contrat_parent", "", [])
    renewal = tables["contrats"][0] | {"date_debut": "2025-08-01", "rang": "1"}
    tables["contrats"] = [row | {"id_contrat_parent": ""} for row in tables["contrats"]] + [
        renewal | {"id_contrat": "R1", "id_contrat_parent": "C1"},
        renewal | {"id_contrat": "R2", "id_contrat_parent": "JAMAIS"},
        renewal | {"id_contrat": "R3", "id_contrat_parent": ""},  # the same person has an older contract
        renewal | {"id_contrat": "R4", "id_contrat_parent": "", "id_salarie": "NEUF"},
        # Begun before the first period the member ever sent: its origin never was to be sent.
        renewal | {"id_contrat": "R5", "id_contrat_parent": "AVANT", "date_debut": "2025-06-30"},
    ]
    tables["salaries"] = [*tables["salaries"], tables["salaries"][0] | {"id_salarie": "NEUF", "pass_iae": ""}]
    (receipt,) = take_in(home, tables)
    assert receipt["verdict"] == "accepted"
    assert warned(receipt) == [
        ("contrats", 23, "id_contrat_parent", "contrat_parent_inconnu"),
        ("contrats", 25, "rang", "renouvellement_sans_origine"),
    ]
    later = a_return(period="2025T4", date_extraction="2026-01-05")
    later["contrats"] = [row | {"id_contrat_parent": ""} for row in later["contrats"]] + [
        renewal | {"id_contrat": f"R{i}", "id_contrat_parent": "R1"} for i in range(1, 6) if i != 1
    ]
    (receipt,) = take_in(home, later)
    assert ("contrats", "contrat_parent_inconnu") not in {(w[0], w[3]) for w in warned(receipt)}, "R1 was sent before"


def test_a_contract_that_renews_itself_is_set_aside_and_one_that_leads_there_is_not(home):
    tables = a_return()
    parents = {"C3": "C3", "C5": "C6", "C6": "C7", "C7": "C5", "C8": "C5", "C9": "C8", "C10": "C1", "C11": "C10"}
    tables["contrats"] = [
        row | {"id_contrat_parent": parents.get(row["id_contrat"], "")} for row in tables["contrats"] * 1
    ]
    more = [row | {"id_contrat": f"X{i}"} for i, row in enumerate(tables["contrats"][11:] * 4)]
    (receipt,) = take_in(home, tables | {"contrats": tables["contrats"] + more})
    loops = [(line, rule) for table, line, _, rule in failed(receipt) if table == "contrats"]
    assert loops == [(line, "contrats_en_boucle") for line in (4, 6, 7, 8)]


# --- between returns ---------------------------------------------------------------------------------------------


def test_a_contract_left_open_and_not_repeated_is_said_once_in_the_next_period(home):
    first = a_return(period="2025T2", date_extraction="2025-07-03")
    for row, column, text in (
        (16, "date_fin_reelle", "2025-06-30"), (17, "date_fin_prevue", "2025-06-30"),  # both ended: nothing to repeat
        (18, "date_fin_prevue", ""), (19, "date_fin_prevue", "2099-01-01"),
    ):  # fmt: skip
        first = changed(first, "contrats", column, text, [row])
    take_in(home, first)
    second = only(a_return(), "structures", "salaries", "contrats")
    (receipt,) = take_in(home, second | {"contrats": second["contrats"][:15]})
    assert (receipt["verdict"], warned(receipt)) == ("accepted", [("contrats", None, None, "contrats_non_repetes")])
    assert ": 3 (période 2025T2)" in receipt["warnings"][0]["message"]  # C16, C19 and C20
    third = only(a_return(period="2025T4", date_extraction="2026-01-05"), "structures", "salaries", "contrats")
    (receipt,) = take_in(home, third | {"contrats": third["contrats"][:15]})
    assert receipt["warnings"] == []


def test_a_correction_says_which_accepted_rows_it_orphans(home):
    take_in(home, a_return())
    hours = only(a_return(period="2025-10", date_extraction="2025-11-02"), "heures")
    take_in(home, changed(hours, "heures", "mois", "2025-10", range(20)))
    fixed = a_return()
    for table in ("contrats", "heures"):
        fixed = without(fixed, table, "id_contrat", "C5")
    (receipt,) = take_in(home, fixed)
    assert (receipt["verdict"], warned(receipt)) == ("accepted", [("contrats", None, None, "lignes_orphelines")])
    assert (
        "de « contrats »" in receipt["warnings"][0]["message"]
        and "1 ligne de « heures »" in receipt["warnings"][0]["message"]
    )
    october = changed(hours, "heures", "mois", "2025-10", range(20))
    (receipt,) = take_in(home, changed(october, "heures", "heures_travaillees", "90", range(20)))
    assert failed(receipt) == [("heures", 6, "id_contrat", "reference_inconnue")], "what was replaced is no reference"
    (receipt,) = take_in(home, a_return())
    assert receipt["warnings"] == []
    (receipt,) = take_in(home, october)
    assert receipt["verdict"] == "accepted", "the contract is back"


def test_a_correction_orphans_through_several_tables(home):
    take_in(home, a_return())
    people = without(only(a_return(), "salaries"), "salaries", "id_salarie", "MATRICULE-0001")
    (receipt,) = take_in(home, people)
    told = {w["message"].split("(")[1].split(")")[0]: w["table"] for w in receipt["warnings"]}
    assert told == {
        "1 ligne de « contrats »": "salaries", "1 ligne de « missions »": "contrats",
        "1 ligne de « heures »": "contrats", "1 ligne de « sorties »": "salaries",
    }  # fmt: skip


def test_a_row_that_another_period_still_states_orphans_nothing(home):
    take_in(home, a_return(period="2025T2"), a_return())
    (receipt,) = take_in(home, without(a_return(), "contrats", "id_contrat", "C5") | {"heures": a_return()["heures"]})
    assert receipt["verdict"] == "accepted"
    assert {rule for *_, rule in warned(receipt)} == {"contrats_non_repetes"}


def test_an_older_quarter_may_arrive_after_a_newer_one(home):
    newer, older = take_in(home, a_return(period="2025T4", date_extraction="2026-01-10"), a_return())
    assert [(r["verdict"], r["warnings"]) for r in (newer, older)] == [("accepted", [])] * 2
    assert lake(home, "contrats").height == 40


@pytest.mark.parametrize("tables", [("sorties",), ("heures",), ("formations",), ("activites", "cooperations")])
def test_a_return_of_a_few_tables_refers_to_what_was_sent_before(home, tables):
    (receipt,) = take_in(home, only(a_return(), *tables))
    assert receipt["verdict"] == "refused"
    take_in(home, a_return(period="2025T2"))
    (receipt,) = take_in(home, only(a_return(), *tables))
    assert (receipt["verdict"], receipt["failures"], receipt["warnings"]) == ("accepted", [], [])


def test_rows_that_refer_to_a_refused_table_fall_with_it_and_are_named_when_their_own_table_stands(home):
    take_in(home, a_return(period="2025T2"))
    tables = a_return()
    hours = [row | {"mois": f"2025-0{m}"} for m in (7, 8, 9) for row in tables["heures"]]
    new = tables["contrats"][0] | {"id_contrat": "NEUF"}
    tables = only(tables, "structures", "salaries", "contrats") | {
        "contrats": [new, *({**new, "id_contrat": f"N{i}", "type_contrat": "CDX"} for i in range(3))],
        "heures": [*hours, hours[0] | {"id_contrat": "NEUF"}],
    }
    (receipt,) = take_in(home, tables)
    assert receipt["verdict"] == "partial" and counts(receipt, "contrats") == (4, 0, 4, 0)
    assert counts(receipt, "heures") == (61, 60, 1, 0)
    assert ("heures", 62, "id_contrat", "reference_ecartee") in failed(receipt)


def test_a_refused_correction_takes_nothing_away_in_whatever_batch(tmp_path):
    wrong = changed(without(a_return(), "contrats", "id_contrat", "C5"), "contrats", "type_contrat", "CDX", range(12))
    hours = changed(
        only(a_return(period="2025-10", date_extraction="2025-11-02"), "heures"), "heures", "mois", "2025-10", range(20)
    )
    found = _both_ways(tmp_path, [(SIREN, a_return()), (SIREN, wrong), (SIREN, hours)])
    assert [(r["verdict"], r["warnings"]) for r in found] == [("accepted", []), ("refused", []), ("accepted", [])]


def _both_ways(path, returns: list[tuple[str, Tables]]) -> list[dict]:
    """Receipts of the returns judged together; those of the same judged one by one are the same."""
    together, apart = another_home(path / "together" / "home"), another_home(path / "apart" / "home")
    for siren, tables in returns:
        deposit(together, tables, siren)
    at_once = take_in(together)
    one_by_one = [receipt for siren, tables in returns for receipt in take_in(apart, tables, siren=siren)]
    parts = ("siren", "period", "verdict", "tables", "failures", "warnings")
    assert [[r[p] for p in parts] for r in at_once] == [[r[p] for p in parts] for r in one_by_one]
    for contract in RETURN_TABLES:
        assert_frame_equal(content(together, contract.table), content(apart, contract.table))
    return at_once


@st.composite
def _returns(draw) -> tuple[str, Tables]:
    """A return near a good one: some tables left out, some rows dropped, some values changed."""
    siren = draw(st.sampled_from([SIREN, SIREN, OTHER_SIREN]))
    period = draw(st.sampled_from(["2025T2", "2025T3", "2025-09"]))
    tables = a_return(siren, period=period)
    if draw(st.booleans()):
        kept = draw(st.sets(st.sampled_from([c.table for c in RETURN_TABLES]), min_size=1, max_size=4))
        tables = only(tables, *kept)
    for table, column, texts in (
        ("salaries", "annee_naissance", ["1960"]), ("salaries", "sexe", ["?", "F"]),
        ("contrats", "type_contrat", ["CDX"]),
        ("contrats", "date_debut", ["2025-09-15"]), ("contrats", "id_contrat", ["C1", "NEUF"]),
    ):  # fmt: skip
        if table in tables and draw(st.booleans()):
            rows = draw(st.sets(st.integers(0, 19), max_size=4))
            tables = changed(tables, table, column, draw(st.sampled_from(texts)), rows)
    for table in ("salaries", "contrats"):
        if table in tables:
            dropped = draw(st.sets(st.integers(0, 19), max_size=3))
            tables = tables | {table: [row for i, row in enumerate(tables[table]) if i not in dropped]}
    return siren, tables


@pytest.mark.slow
@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(returns=st.lists(_returns(), min_size=2, max_size=6))
def test_how_returns_are_batched_changes_neither_verdicts_nor_warnings(tmp_path_factory, returns):
    _both_ways(tmp_path_factory.mktemp("law"), returns)
