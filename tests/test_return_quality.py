"""The quality of returns, and rows that a correction has orphaned, on a lake worked out by hand.

Here: `mart_return_quality`, `mart_return_quality_rule`, and what no longer counts. Not here: verdicts.
"""

from datetime import date, datetime
from pathlib import Path

import pytest
from lakes import ALPHA, BRAVO, CHARLIE, PLACE, Rows, built, day, question, write_lake, write_table

NEEDED = ("activites", "contrats", "cooperations", "formations", "heures", "sorties", "structures")
PEOPLE_TABLES = ("structures", "salaries", "contrats", "heures", "sorties")
QUARTER_1, QUARTER_2 = ("2024-01-01", "2024-03-31"), ("2024-04-01", "2024-06-30")

RETURNS = [  # member, return, period, its days, received, tables, kept
    (ALPHA, "a1", "2024T1", QUARTER_1, "2024-05-15", PEOPLE_TABLES, True),  # 31 March + 45 days
    (ALPHA, "a1fix", "2024T1", QUARTER_1, "2024-06-01", ("contrats",), True),
    (ALPHA, "a2", "2024T2", QUARTER_2, "2024-07-02", ("contrats",), False),
    (BRAVO, "b4", "2024-04", ("2024-04-01", "2024-04-30"), "2024-06-14", (*NEEDED, "salaries"), True),
    (BRAVO, "b4fix", "2024-04", ("2024-04-01", "2024-04-30"), "2024-06-20", ("salaries",), True),
    (BRAVO, "b5", "2024-05", ("2024-05-01", "2024-05-31"), "2024-07-16", (*NEEDED, "salaries"), True),  # a day late
    (BRAVO, "b6", "2024-06", ("2024-06-01", "2024-06-30"), "2024-07-01", NEEDED[:-1], True),  # without structures
    (CHARLIE, "c1", "2024T1", QUARTER_1, "2024-04-10", ("bilans", "annexes_financieres"), True),
]


def quality_lake(lake: Path) -> None:
    rows = Rows({row[1]: row[0] for row in RETURNS})
    add = rows.add
    for return_id in ("a1", "b4"):
        add("structures", return_id, commune_insee=PLACE[rows.member_of[return_id]], date_debut=day("2000-01-01"))
    people = [("a1", "ann"), ("a1", "bob"), ("a1", "cleo"), ("b4", "dan"), ("b4", "eve"), ("b4fix", "eve")]
    for return_id, person in people:  # the correction of April no longer knows dan
        add("salaries", return_id, id_salarie=person, annee_naissance=1980, sexe="F", commune_residence="76540")
    contracts = [("a1", "k1", "ann"), ("a1", "k2", "bob"), ("a1", "k3", "cleo"), ("a1fix", "k1", "ann"),
                 ("a1fix", "k2", "bob"), ("b4", "k4", "dan"), ("b4", "k5", "eve")]  # fmt: skip
    for return_id, key, person in contracts:
        add("contrats", return_id, id_contrat=key, id_salarie=person, type_contrat="CDD", rang=0,
            date_debut=day("2024-01-01"), date_fin_prevue=day("2024-12-31"))  # fmt: skip
    for return_id, key, month, worked in (
        ("a1", "k1", "2024-01-01", 160.0), ("a1", "k2", "2024-01-01", 150.0), ("a1", "k3", "2024-01-01", 149.0),
        ("b4", "k4", "2024-04-01", 100.0), ("b4", "k5", "2024-04-01", 80.0),
    ):  # fmt: skip
        add("heures", return_id, id_contrat=key, mois=day(month), heures_travaillees=worked)
    for person, left, reason in (("ann", "2024-02-10", None), ("bob", "2024-03-01", "3"), ("cleo", "2024-03-01", "3")):
        add("sorties", "a1", id_salarie=person, date_sortie=day(left), motif=reason)  # cleo: 149 hours are too few
    add("activites", "b5", id_activite="kept", date_debut=day("2024-05-01"))
    add("activites", "b5", id_activite="lost", date_debut=day("2024-05-01"), siret="00000000200019")
    add("cooperations", "b5", id_action="lost", date_debut=day("2024-05-01"), type="mediation", siret="00000000200019")
    registry = [
        {
            "siren_adherent": member, "id_remontee": return_id, "periode": period, "periode_debut": day(first),
            "periode_fin": day(last), "recue_le": datetime.fromisoformat(received), "nom_table": table,
            "verdict": "partial" if kept else "refused", "retenue": kept, "lignes_recues": 10,
            "lignes_acceptees": 7 if kept else 0, "lignes_quarantaine": 2 if kept else 10,
            "lignes_repliees": 1 if kept else 0, "empreinte": "0",
        }
        for member, return_id, period, (first, last), received, tables, kept in RETURNS
        for table in tables
    ]  # fmt: skip
    write_lake(lake, rows, registry)
    told = [("a1", "code_inconnu", "erreur"), ("a1", "code_inconnu", "erreur"), ("a1", "valeur_absente", "erreur"),
            ("a1fix", "code_inconnu", "erreur"), ("a1", "sortie_sans_contrat", "avertissement"),
            ("a2", "remontee_refusee", "erreur")]  # fmt: skip
    write_table(lake, "returns", "anomalies", [
        {"siren_adherent": ALPHA, "id_remontee": return_id, "ligne": line, "nom_table": "contrats", "colonne": "sexe",
         "regle": rule, "gravite": severity, "message": "…"}
        for line, (return_id, rule, severity) in enumerate(told)
    ])  # fmt: skip
    write_table(lake, "returns", "reparations", [
        {"siren_adherent": ALPHA, "id_remontee": "a1", "nom_table": "contrats", "colonne": column, "reparation": "x",
         "message": "…", "premiere_ligne": 2, "lignes_reparees": count}
        for column, count in (("siret", 3), ("code_rome", 2))
    ])  # fmt: skip


@pytest.fixture(scope="module")
def ask(tmp_path_factory):
    return question(built(tmp_path_factory.mktemp("quality"), quality_lake))


def quality(ask, *columns: str) -> dict[tuple[str, str], tuple]:
    rows = ask(
        f"select member_siren, period_as_sent, {', '.join(columns)} from marts.mart_return_quality order by 1, 2"
    )
    return {row[:2]: row[2:] for row in rows}


def test_there_is_a_row_for_every_period_sent_and_for_every_quarter_expected_of_which_nothing_came(ask):
    assert quality(ask, "period", "is_received", "is_on_time", "due_date") == {
        (ALPHA, "2024T1"): ("2024-Q1", True, True, date(2024, 5, 15)),
        (ALPHA, "2024T2"): ("2024-Q2", True, False, date(2024, 8, 14)),  # what was refused did not arrive in time
        (BRAVO, "2024-04"): ("2024-Q2", True, True, date(2024, 6, 14)),
        (BRAVO, "2024-05"): ("2024-Q2", True, False, date(2024, 7, 15)),
        (BRAVO, "2024-06"): ("2024-Q2", True, True, date(2024, 8, 14)),
        (BRAVO, "2024T1"): ("2024-Q1", False, False, date(2024, 5, 15)),
        (CHARLIE, "2024T1"): ("2024-Q1", True, True, date(2024, 5, 15)),
        (CHARLIE, "2024T2"): ("2024-Q2", False, False, date(2024, 8, 14)),
    }


def test_the_network_s_coverage_counts_members_that_cover_each_month_of_the_quarter(ask):
    found = quality(
        ask, "is_quarter_covered", "covering_member_count", "expected_member_count", "network_coverage_share"
    )
    assert {(key[0], row) for key, row in found.items()} == {
        (ALPHA, (True, 2, 3, 2 / 3)), (BRAVO, (False, 2, 3, 2 / 3)), (CHARLIE, (True, 2, 3, 2 / 3)),
        (ALPHA, (False, 1, 3, 1 / 3)), (BRAVO, (True, 1, 3, 1 / 3)), (CHARLIE, (False, 1, 3, 1 / 3)),
    }  # fmt: skip


def test_lines_are_counted_by_what_became_of_them(ask):
    counts = ("received_count", "accepted_count", "quarantined_count", "folded_count", "accepted_share")
    found = quality(ask, "return_count", "refused_return_count", *counts)
    assert found[ALPHA, "2024T1"] == (2, 0, 60, 42, 12, 6, pytest.approx(42 / 54))
    assert found[ALPHA, "2024T2"] == (1, 1, 10, 0, 10, 0, 0.0)
    assert found[BRAVO, "2024T1"] == (0, 0, 0, 0, 0, 0, None)


def test_tables_that_figures_need_are_named_when_they_are_missing(ask):
    found = quality(ask, "table_count", "missing_table_count", "missing_tables", "is_aggregates_only")
    assert found[ALPHA, "2024T1"] == (5, 3, "activites cooperations formations", False)
    assert found[ALPHA, "2024T2"] == (0, 7, " ".join(NEEDED), False)
    assert found[BRAVO, "2024-04"] == (8, 0, "", False)
    assert found[BRAVO, "2024-06"] == (6, 1, "structures", False)
    assert found[CHARLIE, "2024T1"] == (2, 7, " ".join(NEEDED), True)


def test_faults_warnings_and_repairs_are_counted_by_period_and_by_rule(ask):
    found = quality(ask, "fault_count", "fault_rule_count", "warning_count", "repair_count")
    assert found[ALPHA, "2024T1"] == (4, 2, 1, 5) and found[ALPHA, "2024T2"] == (1, 1, 0, 0)
    assert {row for key, row in found.items() if key[0] != ALPHA} == {(0, 0, 0, 0)}
    by_rule = ask("select * exclude (member_siren) from marts.mart_return_quality_rule order by 1, 2")
    assert by_rule == [
        ("2024T1", "code_inconnu", "error", 3, 2), ("2024T1", "sortie_sans_contrat", "warning", 1, 1),
        ("2024T1", "valeur_absente", "error", 1, 1), ("2024T2", "remontee_refusee", "error", 1, 1),
    ]  # fmt: skip


def test_exits_without_reason_are_those_of_the_published_share(ask):
    found = quality(ask, "exit_count", "undocumented_exit_count")
    assert found[ALPHA, "2024T1"] == (2, 1)  # ann without reason, bob; cleo has worked too little
    assert sum(row[0] for row in found.values()) == 2


def test_rows_that_a_correction_has_orphaned_do_not_count(ask):
    contracts = ask("select contract_id from marts.fct_contract order by 1")
    assert contracts == [("k1",), ("k2",), ("k5",)], "k3 is gone; k4's person is"
    assert ask("select sum(hours_worked) from marts.fct_person_month") == [(160 + 150 + 80,)]
    assert ask("select activity_id from marts.fct_activity") == [("kept",)]
    assert ask("select count(*) from marts.fct_cooperation") == [(0,)]
