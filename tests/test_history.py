"""A later return replaces the earlier one, whole, for the same member, table and period; nothing else changes.

Here: late corrections, returns out of order, in part or repeated, followed to the published figures through the real
intake and warehouse; and the versions of a row over time. Not here: what `trace` says of them (`test_trace.py`).
"""

import shutil
from pathlib import Path

import duckdb
import polars as pl
import pytest
from hand_federation import PERIODS, quarter_slice, write
from intake import OTHER_SIREN, SIREN, Tables, a_return, another_home, changed, deposit, hidden, take_in

from orchestration import cli, releases
from orchestration.resources import Storage
from orchestration.returns import history

KEY = ("territory_level", "territory_code", "period_type", "period", "basis", "breakdown", "category", "metric")
ALPHA = "000100016"

pytestmark = pytest.mark.slow  # four warehouses


def figures(home: Storage, where: str = "true") -> dict[tuple, tuple]:
    """Every figure of the current release: key -> what is published, floats as far as they do not hang on the order
    in which they were added up."""
    with duckdb.connect(str(home.current_db), read_only=True) as db:
        found = db.execute(
            f"""
            select {", ".join(KEY)}, round(numerator, 6), round(denominator, 6), round(value, 9), round(ci_low, 9),
                round(ci_high, 9), people_count, structure_count, coverage_share, status
            from marts.fct_territory_metric where {where}
            """
        ).fetchall()
    return {row[: len(KEY)]: row[len(KEY) :] for row in found}


def different(before: dict, after: dict) -> set[tuple]:
    return {key for key in before.keys() | after.keys() if before.get(key) != after.get(key)}


# --- a late correction of an old quarter ---------------------------------------------------------------------------


@pytest.fixture(scope="module")
def before_and_after(hand: Storage, refresh, tmp_path_factory) -> tuple[dict, dict]:
    """Figures before and after ALPHA corrects two old quarters: Nadia worked 50 hours in February 2024, not 60; Ahmed
    was unemployed (7) when he left in September 2024, and had found no job."""
    home = Storage(tmp_path_factory.mktemp("corrected") / "home")
    shutil.copytree(hand.home, home.home, symlinks=True)
    before = figures(home)
    first, third = quarter_slice("ALPHA", "2024T1"), quarter_slice("ALPHA", "2024T3")
    (february,) = [i for i, h in enumerate(first["heures"]) if (h["id_contrat"], h["mois"]) == ("A02a", "2024-02")]
    assert first["heures"][february]["heures_travaillees"] == "60"
    (ahmed,) = [i for i, e in enumerate(third["sorties"]) if e["id_salarie"] == "P-ALPHA-01"]
    third = changed(third, "sorties", "motif", "7", [ahmed])
    third = changed(third, "sorties", "date_nouvel_emploi", "", [ahmed])
    third = changed(third, "sorties", "type_nouveau_contrat", "", [ahmed])
    deposit(home, filled(changed(first, "heures", "heures_travaillees", "50", [february])), ALPHA)
    deposit(home, filled(third), ALPHA)
    refresh(home.home)
    return before, figures(home)


def filled(tables: Tables) -> Tables:
    """Without the tables that have no row: a file needs a header. (They were empty before and stay so.)"""
    return {table: lines for table, lines in tables.items() if lines}


#: Where ALPHA is, and where Nadia (correction of hours) and Ahmed (of his exit) live: all three in Rouen.
PLACES = {
    ("commune", "76540"), ("epci", "200023414"), ("arrondissement", "763"), ("departement", "76"), ("region", "28"),
    ("france", "FR"),
}  # fmt: skip
#: Nadia is a woman of 25, Ahmed a man of 44; ALPHA is an AI.
NADIA = {("all", "all"), ("kind", "AI"), ("sex", "F"), ("age_band", "under_26")}
AHMED = {("all", "all"), ("kind", "AI"), ("sex", "H"), ("age_band", "26_49")}
AHMED |= {("destination", end) for end in ("same_structure", "other_structure", "outside_job", "training")}
#: The year 2024 holds both quarters; April 2024 to March 2025 only the second.
OF_FIRST, OF_THIRD = (
    {("quarter", "2024-Q1"), ("rolling_year", "2024-Q4")},
    {("quarter", "2024-Q3"), ("rolling_year", "2024-Q4"), ("rolling_year", "2025-Q1")},
)
#: Her pay stays: only what divides or adds hours. (With 215 hours in the year she is present long enough all the same.)
OF_HOURS = {"hours_worked", "fte_realised", "fte_realisation_share", "hourly_pay_smic_ratio"}
OF_HOURS |= {"hourly_pay_smic_ratio_gap_fm", "monthly_hours_variation_median", "training_hours_per_fte"}


def of_exit_or_transition(metric: str) -> bool:
    return metric.startswith(("exit_", "transition", "back_within_"))


def test_a_late_correction_of_an_old_quarter_changes_only_what_it_should(before_and_after) -> None:
    before, after = before_and_after
    changed_keys = different(before, after)
    for level, code, period_type, period, basis, breakdown, category, metric in changed_keys:
        key = (level, code, period_type, period, basis, breakdown, category, metric)
        assert (level, code) in PLACES, key
        nadia = metric in OF_HOURS and (period_type, period) in OF_FIRST and (breakdown, category) in NADIA
        ahmed = (
            of_exit_or_transition(metric)
            and (period_type, period) in OF_THIRD
            and (breakdown, category) in AHMED
        )  # fmt: skip
        # His exit was durable: what it says of the pathway belongs to the period in which he entered.
        entry = metric == "first_durable_days_p50" and (breakdown, category) in AHMED
        assert nadia or ahmed or entry, key


def test_a_late_correction_changes_everything_it_should(before_and_after) -> None:
    before, after = before_and_after

    def both(metric: str, period_type: str, period: str, level: str = "commune", code: str = "76540", **more) -> tuple:
        key = (level, code, period_type, period, "structure", more.get("breakdown", "all"), more.get("category", "all"))
        return before[(*key, metric)][0], after[(*key, metric)][0]

    for period_type, period in OF_FIRST:
        for level, code in PLACES:
            was, is_now = both("hours_worked", period_type, period, level, code)
            assert is_now == was - 10, (period, level)
            was, is_now = both("hours_worked", period_type, period, level, code, breakdown="sex", category="F")
            assert is_now == was - 10, (period, level)
    for period_type, period in OF_THIRD:
        for level, code in PLACES - {("commune", "76540")}:
            was, is_now = both("exit_durable_share", period_type, period, level, code)
            assert is_now == was - 1, (period, level)
    # Ahmed's transition was over after one day; without a job it is still going on: not over, and still counted.
    assert both("transitions_count", "quarter", "2024-Q3") == (2, 2)
    assert both("transitions_censored_share", "quarter", "2024-Q3") == (1, 2)


# --- out of order --------------------------------------------------------------------------------------------------


def test_returns_in_reverse_order_give_the_same_figures(hand: Storage, refresh, tmp_path: Path) -> None:
    """Where no two returns speak of the same member, table and period; BRAVO's correction follows what it corrects."""
    written = tmp_path / "written"
    write(written)
    reversed_home = Storage(tmp_path / "reversed")
    reversed_home.home.mkdir()
    shutil.copy(written / "members.csv", reversed_home.members_csv)
    shutil.copytree(written / "open_data_drop", reversed_home.open_data_drop)
    for folder in sorted((written / "landing").iterdir()):
        for period in reversed(PERIODS):
            for path in sorted(folder.glob(f"{period}*.zip"), key=lambda path: len(path.name)):
                deposit(reversed_home, {path.name: path.read_bytes()}, folder.name)
    refresh(reversed_home.home)
    assert not different(figures(hand), figures(reversed_home))


# --- in part, and repeated -----------------------------------------------------------------------------------------


def only(tables: Tables, *names: str, **header: str) -> Tables:
    told = {line["champ"]: line["valeur"] for line in tables["remontee"]} | header
    return {"remontee": [{"champ": champ, "valeur": valeur} for champ, valeur in told.items()]} | {
        name: tables[name] for name in names
    }


@pytest.fixture(scope="module")
def parts(refresh, tmp_path_factory) -> Storage:
    """SIREN: a whole third quarter, then exits alone (another reason), then one month of hours of the next quarter.
    OTHER_SIREN: the same third quarter month by month: hours of July, August and September, the rest at once."""
    home = another_home(tmp_path_factory.mktemp("parts") / "home")
    whole = a_return()
    october = {"periode": "2025-10", "date_extraction": "2025-11-05"}
    hours = changed(whole, "heures", "mois", "2025-10", range(20))
    receipts = take_in(
        home, whole, only(changed(whole, "sorties", "motif", "7", [0]), "sorties"), only(hours, "heures", **october)
    )
    other = a_return(OTHER_SIREN)
    rest = [name for name in other if name not in ("remontee", "heures")]
    months = ("2025-07", "2025-08", "2025-09")
    receipts += take_in(
        home,
        only(other, *rest),
        *(only(changed(other, "heures", "mois", month, range(20)), "heures", periode=month) for month in months),
        siren=OTHER_SIREN,
    )
    assert [receipt["verdict"] for receipt in receipts] == ["accepted"] * 7
    refresh(home.home)
    return home


def ask(home: Storage, sql: str) -> list[tuple]:
    with duckdb.connect(str(home.current_db), read_only=True) as db:
        return db.execute(sql).fetchall()


def test_a_return_of_exits_alone_replaces_exits_alone(parts: Storage) -> None:
    assert ask(parts, f"select exit_reason from marts.fct_exit where member_siren = '{SIREN}'") == [("7",)]
    assert ask(
        parts,
        f"""select table_name, count(*) filter (where is_in_force), count(*) from marts.fct_return
        where member_siren = '{SIREN}' and period_as_sent = '2025T3' and table_name in ('contrats', 'sorties')
        group by all order by 1""",
    ) == [("contrats", 1, 1), ("sorties", 1, 2)]
    assert ask(parts, f"select count(*) from marts.fct_contract where member_siren = '{SIREN}'") == [(20,)]


def test_months_together_cover_a_quarter_and_one_month_alone_does_not(parts: Storage) -> None:
    covered = ask(
        parts, "select member_siren, period from marts.bridge_coverage where coverage_set = 'hours' order by all"
    )
    assert [row for row in covered if row[1] == "2025-Q3"] == [(SIREN, "2025-Q3"), (OTHER_SIREN, "2025-Q3")]
    assert not [row for row in covered if row[1] == "2025-Q4"]
    hours = figures(parts, "metric = 'hours_worked' and territory_level = 'france' and basis = 'structure'")
    place = ("france", "FR", "quarter")
    assert hours[(*place, "2025-Q3", "structure", "all", "all", "hours_worked")][0] == 20 * 100.5 + 3 * 20 * 100.5
    fourth = hours[(*place, "2025-Q4", "structure", "all", "all", "hours_worked")]
    assert (fourth[2], fourth[7], fourth[8]) == (None, 0.0, "empty"), "a month of it is not the quarter, and not zero"


def test_a_repeated_return_changes_nothing(parts: Storage, monkeypatch: pytest.MonkeyPatch, capsys) -> None:
    monkeypatch.setenv("TERRITOIRES_HOME", str(parts.home))
    before, current = figures(parts), releases.current_id(parts)
    whole = a_return()
    deposit(parts, only(changed(whole, "sorties", "motif", "7", [0]), "sorties"))
    assert cli.main(["refresh"]) == 0
    assert releases.current_id(parts) == current
    assert figures(parts) == before


# --- versions of a row ---------------------------------------------------------------------------------------------


def test_each_version_of_a_row_keeps_the_dates_between_which_it_was_believed(home: Storage) -> None:
    first = changed(a_return(), "heures", "heures_travaillees", "26", [4])
    second = changed(a_return(), "heures", "heures_travaillees", "24", [4])
    gone = {**second, "heures": [row for row in second["heures"] if row["id_contrat"] != "C5"]}
    take_in(home, first, second, second, gone)
    kept = history.returns_of(home, SIREN).filter(nom_table="heures")
    received = kept["recue_le"].to_list()
    assert len(received) == 3, "the repeat is not kept"
    assert kept["fait_foi_au"].to_list() == [*received[1:], None]
    found = history.versions(home, SIREN, "heures").filter(id_contrat=hidden("C5")[0])
    assert found.select("heures_travaillees", "cru_du", "cru_au").rows() == [
        (26.0, received[0], received[1]),
        (24.0, received[1], received[2]),
    ]
    others = history.versions(home, SIREN, "heures").filter(id_contrat=hidden("C6")[0])
    assert others["heures_travaillees"].unique().to_list() == [100.5]
    told = [(change["avant"], change["apres"]) for change in history.changes(home, SIREN, "heures")]
    assert [tuple(row and row["heures_travaillees"] for row in pair) for pair in told] == [(26.0, 24.0), (24.0, None)]


def test_the_row_of_the_latest_period_is_believed_whatever_the_order_of_arrival(home: Storage) -> None:
    july = only(changed(a_return(), "heures", "heures_travaillees", "1", range(20)), "heures", periode="2025-07")
    take_in(home, a_return(), july)
    assert set(history.versions(home, SIREN, "heures")["heures_travaillees"]) == {100.5}
    alone = {**only(a_return(), "contrats", "salaries", "structures"), "heures": july["heures"][:1]}
    take_in(home, alone)  # the quarter again, with one row of hours: the others are gone from it, not from July
    believed = history.versions(home, SIREN, "heures").filter(pl.col("cru_au").is_null())
    assert sorted(believed["heures_travaillees"]) == [1.0] * 20


def test_a_member_that_sent_nothing_has_no_history(home: Storage) -> None:
    assert history.versions(home, SIREN, "heures").is_empty()
    assert history.changes(home, SIREN, "contrats") == []
