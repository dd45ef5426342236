"""`territoires trace`: the rows behind a figure are those that count in it, no more and no fewer; what changed since.

Here: real releases of the federation worked out by hand and of a small home with corrections. Not here: which rows
are believed when, case by case (`test_history.py`).
"""

import json
from datetime import date, datetime
from math import isclose
from pathlib import Path

import duckdb
import lakes
import polars as pl
import pytest
from hand_federation.expected import EXPECTED, Row
from intake import OTHER_SIREN, SIREN, a_return, another_home, changed, hidden, take_in

from contracts import CONTRACTS
from contracts.codes import seed_rows
from orchestration import cli, releases, trace, trace_text
from orchestration.resources import SettingError, Storage

ALPHA, BRAVO, CHARLIE = "000100016", "000200022", "000300038"
ROUEN, LE_HAVRE = ("commune", "76540"), ("commune", "76351")


@pytest.fixture(scope="module")
def release(hand: Storage):
    with trace.open_release(hand) as db:
        yield db


def keys(hand: Storage, db: duckdb.DuckDBPyConnection, cell: trace.Cell, role: str, *columns: str) -> list[tuple]:
    """Columns of the lake's rows that count in a role, with the table they come from."""
    counted = trace.rows(db, cell, trace.figure(db, cell)).filter(pl.col("role") == role)
    found = []
    for (siren, table), group in counted.group_by("member_siren", "table_name"):
        path = hand.member_file(table, siren)
        places = group.select(id_remontee="return_id", ligne="line_number")
        held = pl.read_parquet(path).join(places, on=["id_remontee", "ligne"])
        found += [(table, *row) for row in held.select(columns).rows()]
    return sorted(found)


def test_the_rows_traced_give_the_figures_worked_out_by_hand(release) -> None:
    by_metric: dict[str, list[Row]] = {}
    for row in EXPECTED:
        if row.numerator not in (None, ...):
            by_metric.setdefault(row.metric, []).append(row)
    known = [row for rows in by_metric.values() for row in rows[:: max(1, len(rows) // 5)]]
    assert len(by_metric) >= 43
    differences = []
    for row in known:
        cell = cell_of(row)
        shown = trace.figure(release, cell)
        counted = trace.rows(release, cell, shown)
        for role in ("numerator", "denominator"):
            expected, found = getattr(row, role), trace.total(release, shown, counted, role)
            if found is not None and expected not in (None, ...) and not isclose(found, expected, rel_tol=1e-9):
                differences.append((cell, role, expected, found))
        if row.people_count not in (None, ...):
            of = next(r for r in ("counted", "denominator", "numerator") if r in set(counted["role"]) | {"numerator"})
            people = counted.filter(pl.col("role") == of)["unit_id"].drop_nulls().n_unique()
            if people != row.people_count:
                differences.append((cell, "people", row.people_count, people))
    assert not differences, differences[:10]


def cell_of(row: Row) -> trace.Cell:
    code = "FR" if row.territory_code is ... else row.territory_code
    category = "all" if row.category is ... else row.category
    return trace.Cell(
        row.metric, row.territory_level, code, row.period, row.period_type, row.basis, row.breakdown, category
    )


def test_every_metric_of_every_breakdown_is_given_again_by_its_rows(release) -> None:
    cells = release.execute(
        """
        select metric, territory_level, territory_code, period, period_type, basis, breakdown, category
        from marts.fct_territory_metric
        where numerator is not null and metric <> 'population'
        qualify row_number() over (
            partition by metric, basis, breakdown
            order by (numerator > 0) desc, md5(territory_code || period || category)
        ) = 1
        order by all
        """
    ).fetchall()
    metrics = {metric for metric, *_ in cells}
    assert {"epci_covered_share", "fte_realisation_share", "activities_per_10k_inhabitants"} <= metrics
    for key in cells:
        cell = trace.Cell(*key)
        shown = trace.figure(release, cell)
        counted = trace.rows(release, cell, shown)
        again = trace.total(release, shown, counted, "numerator")
        assert again is not None and isclose(again, shown["numerator"], rel_tol=1e-9, abs_tol=1e-9), cell


def test_each_subject_shows_the_very_rows_the_member_sent(hand: Storage, release) -> None:
    second = ("2024-Q2", "quarter")
    in_force = trace.Cell("stable_contract_share", *LE_HAVRE, *second)
    assert keys(hand, release, in_force, "numerator", "id_contrat") == [("contrats", *hidden("B06a", siren=BRAVO))]
    assert [key for _, key in keys(hand, release, in_force, "denominator", "id_contrat")] == sorted(
        hidden("B01a", "B02a", "B03a", "B06a", siren=BRAVO)
    )
    hires = trace.Cell("long_hire_share", *ROUEN, "2024-Q1", "quarter")  # A03d states no planned end
    assert [key for _, key in keys(hand, release, hires, "denominator", "id_contrat")] == sorted(
        hidden("A01a", "A02a", "A03a", "A03b", "A03c", siren=ALPHA)
    )
    hours = trace.Cell("hours_worked", *LE_HAVRE, *second, breakdown="sex", category="F")
    assert {key for _, key, _ in keys(hand, release, hours, "numerator", "id_contrat", "mois")} == set(
        hidden("B01a", "B02a", "B04a", "B06a", siren=BRAVO)
    )
    # Nadia's exit is deduced from her last contract, Rachid's is a row of its own: two exits, two sorts of row.
    exits = trace.Cell("exit_undocumented_share", *ROUEN, *second)
    assert keys(hand, release, exits, "numerator", "id_contrat") == [("contrats", *hidden("A02a", siren=ALPHA))]
    rachid = trace.Cell("exit_positive_share", *ROUEN, *second)
    assert keys(hand, release, rachid, "numerator", "date_sortie", "motif") == [("sorties", date(2024, 6, 21), "5")]
    # Ahmed, Nadia, and Rachid twice: the last contract of each spell that ended.
    transitions = trace.Cell("transitions_count", *ROUEN, *second)
    assert [key for _, key in keys(hand, release, transitions, "numerator", "id_contrat")] == sorted(
        hidden("A01d", "A02a", "A05a", "A05b", siren=ALPHA)
    )
    started = trace.Cell("activities_started_count", *ROUEN, "2024-Q1", "quarter")
    assert keys(hand, release, started, "numerator", "id_activite") == [("activites", "ACT-A1")]
    begun = trace.Cell("cooperation_actions_count", *LE_HAVRE, "2024-Q1", "quarter")
    assert [key for _, key in keys(hand, release, begun, "numerator", "id_action")] == ["COOP-B1", "COOP-B2"]
    structures = trace.Cell("structures_count", "epci", "200023414", *second)
    assert {siret[:9] for _, siret in keys(hand, release, structures, "numerator", "siret")} == {ALPHA, CHARLIE}


def test_durations_of_a_median_are_shown_with_their_rows(release) -> None:
    cell = trace.Cell("transition_days_p50", *ROUEN, "2024-Q2", "quarter")
    counted = trace.rows(release, cell, trace.figure(release, cell))
    assert sorted(counted["observed_value"]) == [1, 11, 30, 31]
    assert counted["is_event"].all()


def test_a_distance_from_home_to_work_is_shown_with_the_rows_that_place_it(hand: Storage, release) -> None:
    """C01a, C03a, C04a: .4, .7 and .1 degrees of a meridian (`hand_federation/expected/employment.py`)."""
    cell = trace.Cell("home_work_km_median", "commune", "76681", "2024-Q3", "quarter")
    facts = trace.figure_trace(hand, cell)
    counted = trace.rows(release, cell, facts["figure"])
    assert [round(km / 111.195080233532925, 9) for km in sorted(counted["observed_value"])] == [0.1, 0.4, 0.7]
    assert set(counted["table_name"]) == {"contrats"}
    ids = [key for _, key in keys(hand, release, cell, "counted", "id_contrat")]
    assert ids == sorted(hidden("C01a", "C03a", "C04a", siren=CHARLIE))
    behind = trace.sources(release, counted).group_by("table_name", "counts").len()
    assert set(behind.iter_rows()) == {("contrats", True, 3), ("salaries", False, 3), ("structures", False, 1)}
    text = trace_text.figure_text(facts)
    assert "44,478 km" in text and "jours" not in text.partition("Premières lignes")[2]
    of_rouen = trace.Cell("home_work_km_median", "commune", "76447", "2024-Q1", "quarter", basis="residence")
    assert trace.rows(release, of_rouen, trace.figure(release, of_rouen)).height == 0, "nobody knows where Évreux is"


def test_members_that_do_not_cover_the_period_are_named_and_do_not_count(release) -> None:
    cell = trace.Cell("hires_count", "france", "FR", "2025-Q1", "quarter")
    shown = trace.figure(release, cell)
    assert {row["member_siren"]: row["covers"] for row in trace.members(release, cell, shown)} == {
        ALPHA: True, BRAVO: True, CHARLIE: False,
    }  # fmt: skip
    assert CHARLIE not in set(trace.rows(release, cell, shown)["member_siren"])


def test_a_correction_shows_what_was_believed_before_and_since(hand: Storage) -> None:
    facts = trace.figure_trace(hand, trace.Cell("hours_worked", *LE_HAVRE, "2024-Q2", "quarter"))
    told = {
        (change["table"], (change["apres"] or change["avant"])["id_contrat"]): tuple(
            change[side] and change[side].get("heures_travaillees") for side in ("avant", "apres")
        )
        for change in facts["corrections"]
    }
    corrected, gone = hidden("B03a", "B07x", siren=BRAVO)
    assert told[("heures", corrected)] == (100.0, 110.0)
    assert told[("heures", gone)] == (40.0, None), "a month that never was is gone, and still shown"
    assert all(check["same"] for check in facts["check"].values())
    superseded = [row for row in facts["returns"] if row["is_kept"] and not row["is_in_force"]]
    assert {(row["member_siren"], row["period_as_sent"]) for row in superseded} == {(BRAVO, "2024T2")}
    followers = [row for row in facts["returns"] if row["is_in_force"] and row["member_siren"] == BRAVO]
    assert {row["valid_to"] for row in superseded} <= {row["received_at"] for row in followers}
    text = trace_text.figure_text(facts)
    assert "heures_travaillees : avant 100, depuis 110" in text
    assert "remplacée, a fait foi du" in text
    assert "Les lignes redonnent le numérateur" in text


def test_the_annex_that_sets_the_target_is_behind_the_gap_and_behind_it_alone(corrected) -> None:
    home, _ = corrected
    with trace.open_release(home) as db:
        (gap,) = db.execute(
            "select distinct value from marts.fct_territory_metric where metric = 'exit_dynamic_target_gap' "
            "and territory_level = 'france' and period = '2025-Q3' and period_type = 'quarter' and breakdown = 'all' "
            "and basis = 'structure'"
        ).fetchone()
        assert gap is not None
        behind = {}
        for metric in ("exit_dynamic_target_gap", "exit_dynamic_share"):
            cell = trace.Cell(metric, "france", "FR", "2025-Q3", "quarter")
            behind[metric] = trace.sources(db, trace.rows(db, cell, trace.figure(db, cell)))
    assert "annexes_financieres" not in behind["exit_dynamic_share"]["table_name"].to_list()
    annexes = behind["exit_dynamic_target_gap"].filter(pl.col("table_name") == "annexes_financieres")
    assert annexes["member_siren"].to_list() == [SIREN] and not annexes["counts"].any()
    for return_id in annexes["return_id"]:
        assert "exit_dynamic_target_gap" in {row["metric"] for row in trace.return_trace(home, return_id)["figures"]}


def test_a_correction_of_a_column_that_no_measure_of_the_figure_reads_is_not_shown(hand: Storage) -> None:
    pay = trace.figure_trace(hand, trace.Cell("transitions_count", *LE_HAVRE, "2024-Q2", "quarter"))
    assert all(change["table"] != "heures" for change in pay["corrections"])


def test_a_return_names_the_figures_it_feeds(hand: Storage, release) -> None:
    (first, second) = release.execute(
        "select distinct return_id from marts.fct_return where member_siren = ? and period_as_sent = ? order by 1",
        [BRAVO, "2024T2"],
    ).fetchall()
    assert trace.return_trace(hand, first[0])["figures"] == [], "replaced: nothing of it is read any more"
    facts = trace.return_trace(hand, second[0])
    fed = {(row["metric"], row["period_type"], row["period"]) for row in facts["figures"]}
    assert ("hours_worked", "quarter", "2024-Q2") in fed
    assert ("hours_worked", "rolling_year", "2024-Q4") in fed
    assert ("hours_worked", "quarter", "2024-Q3") not in fed
    assert not {metric for metric, *_ in fed} & {"population"}
    assert {(t["territory_level"], t["territory_code"]) for t in facts["territories"]} >= {LE_HAVRE, ("france", "FR")}
    assert "hours_worked (Heures travaillées)" in trace_text.return_text(facts)


def test_a_return_feeds_exactly_the_figures_whose_trace_names_it(hand: Storage, release) -> None:
    (return_id,) = release.execute(
        "select distinct return_id from marts.fct_return where member_siren = ? and period_as_sent = '2024T3'", [ALPHA]
    ).fetchone()
    fed = {(row["metric"], row["period_type"], row["period"]) for row in trace.return_trace(hand, return_id)["figures"]}
    cells = release.execute(
        "select distinct metric, period, period_type from marts.fct_territory_metric where metric in "
        "('hours_worked', 'exit_dynamic_share', 'hires_count', 'transitions_count', 'activities_stock', "
        "'epci_covered_share')"
    ).fetchall()
    for metric, period, period_type in cells:
        cell = trace.Cell(metric, "france", "FR", period, period_type)
        behind = trace.sources(release, trace.rows(release, cell, trace.figure(release, cell)))
        assert (return_id in set(behind["return_id"])) == ((metric, period_type, period) in fed), cell


# --- a small home with a correction --------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def corrected(refresh, tmp_path_factory) -> tuple[Storage, list[dict]]:
    """A member sends its quarter, corrects 26 hours into 24 and repeats that; a second member has an anomaly."""
    home = another_home(tmp_path_factory.mktemp("corrected") / "home")
    first = changed(a_return(), "heures", "heures_travaillees", "26", [4])
    second = changed(a_return(), "heures", "heures_travaillees", "24", [4])
    receipts = take_in(home, first, second, second)
    other = changed(a_return(OTHER_SIREN), "contrats", "type_contrat", "CDDU", range(20))
    receipts += take_in(home, changed(other, "heures", "heures_travaillees", "9999", [7]), siren=OTHER_SIREN)
    refresh(home.home)
    return home, receipts


@pytest.fixture
def at_home(corrected, monkeypatch: pytest.MonkeyPatch) -> Storage:
    monkeypatch.setenv("TERRITOIRES_HOME", str(corrected[0].home))
    return corrected[0]


def asked(*more: str) -> list[str]:
    figure = "--metric hours_worked --level commune --code 35238 --period 2025T3 --period-type quarter"
    return ["trace", *figure.split(), *more]


def test_the_command_shows_both_versions_and_which_return_made_faith_when(at_home, corrected, capsys) -> None:
    assert cli.main(asked()) == 0
    text = capsys.readouterr().out
    assert "heures_travaillees : avant 26, depuis 24" in text
    first, second, repeat, _ = (receipt["return_id"] for receipt in corrected[1])
    assert f"({first}) : remplacée, a fait foi du" in text
    assert f"({second}) : fait foi" in text
    assert f"({repeat}) : non retenue" in text
    assert "1 × heures" in text, "the anomaly of the other member"
    assert "MATRICULE" not in text


def test_as_of_a_moment_shows_the_returns_and_rows_believed_then(at_home, corrected) -> None:
    cell = trace.Cell("hours_worked", "commune", "35238", "2025-Q3", "quarter")
    first = corrected[1][0]
    with trace.open_release(at_home) as db:
        received = dict(
            db.execute(
                "select return_id, received_at from marts.fct_return where table_name = 'heures' and is_kept"
            ).fetchall()
        )
    moment = received[first["return_id"]]
    facts = trace.figure_trace(at_home, cell, limit=100, as_of=moment)
    assert {row["return_id"] for row in facts["returns"]} == {first["return_id"]}
    assert all(row["is_in_force"] for row in facts["returns"])
    assert 26.0 in {row["row"]["heures_travaillees"] for row in facts["rows"]}
    now = trace.figure_trace(at_home, cell, limit=100)
    assert {24.0, 100.5} == {row["row"]["heures_travaillees"] for row in now["rows"]}
    assert facts["corrections"] == [] and len(now["corrections"]) == 1
    assert now["is_figure_of_then"] and not facts["is_figure_of_then"], "no release had been made by then"
    assert "n'est pas celui du" in trace_text.figure_text(facts)
    assert "n'est pas celui du" not in trace_text.figure_text(now)


@pytest.mark.slow
def test_as_of_a_moment_shows_the_figure_of_the_release_of_then(refresh, tmp_path) -> None:
    home, cell = another_home(tmp_path / "home"), trace.Cell("hours_worked", "commune", "35238", "2025-Q3", "quarter")
    for hours in ("26", "24"):
        take_in(home, changed(a_return(), "heures", "heures_travaillees", hours, [4]))
        refresh(home.home)
    second, first = releases.listed(home)
    asked = [
        trace.figure_trace(home, cell, as_of=datetime.strptime(release.id.split("-")[0], "%Y%m%dT%H%M%S%fZ"))
        for release in (first, second)
    ]
    found = [(facts["release"], facts["figure"]["numerator"], facts["is_figure_of_then"]) for facts in asked]
    assert found == [(first.id, 19 * 100.5 + 26, True), (second.id, 19 * 100.5 + 24, True)]
    chosen = trace.figure_trace(home, cell, second.id, as_of=datetime(2020, 1, 1))
    assert not chosen["is_figure_of_then"]


def test_the_trace_as_json_holds_everything_and_nothing_personal(at_home, corrected, capsys) -> None:
    assert cli.main(asked("--json", "--rows", "100")) == 0
    text = capsys.readouterr().out
    facts = json.loads(text)
    assert facts["figure"]["numerator"] == facts["check"]["numerator"]["from_rows"] == 19 * 100.5 + 24 + 19 * 100.5
    assert {member["member_siren"] for member in facts["members"]} == {SIREN, OTHER_SIREN}
    assert not {"pass_iae", "annee_naissance", "commune_residence"} & {
        name for row in facts["rows"] for name in (row["row"] or {})
    }
    assert {rule["rule"] for rule in facts["rules"]} and all(rule["count"] == 1 for rule in facts["rules"])


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (asked("--metric", "nothing"), "--metric nothing"),
        (asked("--code", "99999"), "--code 99999; there are: 35238"),
        (asked("--period", "2020-Q1"), "--period 2020-Q1"),
        (asked("--release", "never"), "no release never"),
        (asked("--as-of", "hier"), "--as-of hier"),
        (["trace", "--metric", "hires_count"], "missing: --level, --code, --period"),
        (["trace", "--return", "never"], "no return never"),
    ],
)
def test_a_wrong_question_says_what_there_is(at_home, capsys, arguments: list[str], said: str) -> None:
    assert cli.main(arguments) == 2
    assert said in capsys.readouterr().err


def test_every_metric_is_among_the_choices_shown_for_a_wrong_one(at_home, capsys) -> None:
    assert cli.main(asked("--metric", "nothing")) == 2
    metrics = {row["metric"] for row in seed_rows("metrics/metrics")}
    shown = capsys.readouterr().err.partition("there are: ")[2].strip().split(", ")
    assert set(shown) <= metrics and {"transition_days_p50", "weekly_hours_mean"} < set(shown) and len(shown) > 60


def test_a_share_of_few_people_is_told_to_be_fragile_and_a_count_is_not(hand: Storage) -> None:
    share, count = (
        trace_text.figure_text(trace.figure_trace(hand, trace.Cell(metric, *ROUEN, "2024-Q2", "quarter")))
        for metric in ("stable_contract_share", "hires_count")
    )
    assert "Chiffre fragile" in share and "fragile" not in count


@pytest.mark.parametrize(
    ("metric", "where", "said"),
    [
        ("hires_count", ("commune", "76681", "2025-Q1"), "aucun adhérent ayant ici une structure (du type montré)"),
        ("exit_dynamic_target_gap", (*ROUEN, "2024-Q2"), "Rien de ce sur quoi porte"),
        ("first_durable_days_p50", (*ROUEN, "2024-Q2"), "la courbe s'arrête avant"),
        ("weekly_hours_mean_gap_fm", (*ROUEN, "2024-Q2"), "pour les femmes ou celle pour les hommes manque"),
        ("net_creations_share_of_territory", (*ROUEN, "2024-Q2"), "aucune source de données ouvertes"),
    ],
)
def test_an_empty_figure_says_why(hand: Storage, metric: str, where: tuple[str, str, str], said: str) -> None:
    text = trace_text.figure_text(trace.figure_trace(hand, trace.Cell(metric, *where, "quarter")))
    assert "non disponible" in text and said in text


def test_the_row_that_states_the_entry_is_behind_the_pathway_and_behind_no_hire(tmp_path: Path) -> None:
    """x1 is hired and states no entry; x2, the same person at the same member, states it."""
    received = (lakes.ALPHA, "a1", "2024T1", "2024-01-01", "2024-03-31", 1)

    def write(folder: Path) -> None:
        rows = lakes.Rows({"a1": lakes.ALPHA})
        rows.add("structures", "a1", commune_insee="76540", date_debut=date(2000, 1, 1))
        for number, entry in (("x1", None), ("x2", date(2024, 1, 1)), ("x3", date(2023, 1, 1))):
            rows.add("salaries", "a1", id_salarie=number, pass_iae=None if number == "x3" else "X", sexe="F",
                     annee_naissance=1990, commune_residence="76540", date_entree_parcours=entry)  # fmt: skip
        rows.add("contrats", "a1", id_contrat="k", rang=0, id_salarie="x1", type_contrat="CDDU",
                 date_debut=date(2024, 1, 5), date_fin_prevue=date(2024, 2, 28))  # fmt: skip
        lakes.write_lake(folder, rows, lakes.registered(received, lakes.RETURN_TABLES))

    lakes.built(tmp_path, write)
    with duckdb.connect(str(tmp_path / "build.duckdb"), read_only=True) as db:
        stating = dict(db.execute("select member_person_id, line_number from marts.dim_person").fetchall())

        def people_behind(metric: str) -> set[int]:
            cell = trace.Cell(metric, "commune", "76540", "2024-Q1", "quarter")
            behind = trace.sources(db, trace.rows(db, cell, trace.figure(db, cell)))
            return set(behind.filter(pl.col("table_name") == "salaries")["line_number"])

        assert people_behind("first_durable_days_p50") == {stating["x1"], stating["x2"]}
        assert people_behind("hires_count") == {stating["x1"]}


def test_a_gap_shows_the_two_figures_it_compares(hand: Storage) -> None:
    asked = trace.Cell("hourly_pay_smic_ratio_gap_fm", "france", "FR", "2024-Q2", "quarter")
    facts = trace.figure_trace(hand, asked)
    women, men = facts["sides"]
    assert (women["category"], men["category"]) == ("F", "H")
    assert facts["figure"]["value"] == pytest.approx(women["value"] - men["value"])
    text = trace_text.figure_text(facts)
    assert "\n  Femme : " in text and "\n  Homme : " in text
    other = trace.figure_trace(hand, trace.Cell("hires_count", *ROUEN, "2024-Q2", "quarter"))
    assert other["sides"] == [] and "Femme" not in trace_text.figure_text(other).split("Remontées")[0]


def test_a_moment_with_a_time_zone_is_told_in_utc() -> None:
    assert trace.moment_named("2025-11-03T14:00+02:00") == datetime(2025, 11, 3, 12)
    assert trace.moment_named("2025-11-03T14:00") == datetime(2025, 11, 3, 14)
    assert trace.moment_named("2025-11-03").date() == date(2025, 11, 3)


def test_a_home_without_release_says_so(tmp_path: Path) -> None:
    with pytest.raises(SettingError, match="no release yet"):
        trace.open_release(Storage(tmp_path))


@pytest.mark.parametrize(("breakdown", "is_read"), [("all", False), ("kind", False), ("rome_domain", True)])
def test_a_correction_of_the_rome_code_changes_only_what_is_told_by_it(breakdown, is_read):
    before = dict.fromkeys(CONTRACTS["returns", "contrats"].columns, "x") | {"code_rome": "K1304"}
    change = {"table": "contrats", "avant": before, "apres": before | {"code_rome": "K2204"}}
    measures = {f"{role}_measure": "hires" for role in ("numerator", "denominator", "counted")}
    assert trace._is_read(change, measures, breakdown) is is_read


def test_a_correction_of_the_naf_code_changes_only_what_looks_at_sections():
    before = dict.fromkeys(CONTRACTS["returns", "activites"].columns, "x") | {"naf": "88.99B"}
    change = {"table": "activites", "avant": before, "apres": before | {"naf": "56.10A"}}
    survival = {"numerator_measure": "births_surviving_24m_same_sections",
                "denominator_measure": "births_observable_24m_same_sections",
                "counted_measure": "activities_started"}  # fmt: skip
    share = survival | {"numerator_measure": "activities_started", "denominator_measure": "net_creations"}
    assert trace._is_read(change, survival, "all") and not trace._is_read(change, share, "all")
