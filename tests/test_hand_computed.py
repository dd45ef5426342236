"""The whole pipeline against a federation worked out by hand, figure by figure.

Here: the comparison of `fct_territory_metric` with `hand_federation/expected`, and two laws every release obeys. Not
here: the data and the working of the figures.
"""

from collections import defaultdict
from math import isclose
from pathlib import Path

import duckdb
import polars as pl
import pytest
from hand_federation.expected import EXPECTED, STARTED_PER_INHABITANT, Row

SNAPSHOT = Path(__file__).parent.parent / "orchestration" / "snapshots" / "communes_2026.parquet"
KEY = Row._fields[: Row._fields.index("metric") + 1]
FIGURES = Row._fields[len(KEY) :]
TOLERANCE = 1e-9

#: Counts and sums that add over communes; distinct members and persons do not, nor does the same person twice.
ADDITIVE = (
    "hires_count",
    "contracts_in_force_count",
    "hours_worked",
    "transitions_count",
    "activities_started_count",
    "activities_ended_count",
    "activities_stock",
    "activities_net_change",
    "activity_fte_start",
    "activity_fte_now",
    "cooperation_actions_count",
    "cooperation_partners_count",
    "local_body_seats_count",
)
#: Column of the snapshot of communes that says where a commune lies at each level.
LEVELS = {
    "epci": "code_epci",
    "arrondissement": "code_arrondissement",
    "departement": "code_departement",
    "region": "code_region",
}
#: Levels of which only the sum over all codes is compared: the snapshot does not say where communes lie.
SUMMED = ("france", "zone_emploi")


@pytest.fixture(scope="module")
def metrics(hand) -> list[dict]:
    """Every row of `fct_territory_metric` of the hand federation."""
    with duckdb.connect(str(hand.current_db), read_only=True) as release:
        rows = release.execute(f"select {', '.join(Row._fields)} from marts.fct_territory_metric").fetchall()
    return [dict(zip(Row._fields, row, strict=True)) for row in rows]


def test_every_figure_is_the_one_worked_out_by_hand(metrics):
    found = _by_key(metrics)
    differences = []
    for expected in [*EXPECTED, *_started_per_10k_inhabitants()]:
        key = tuple(part for part in expected[: len(KEY)] if part is not ...)
        matches = found.get((_asserted(expected), key), [])
        if len(matches) != 1:
            differences.append((_named(expected), "rows", 1, len(matches)))
            continue
        differences += [
            (_named(expected), column, getattr(expected, column), matches[0][column])
            for column in FIGURES
            if not _same(getattr(expected, column), matches[0][column])
        ]
    print(_table(differences))
    assert not differences, f"{len(differences)} figures differ from the hand-computed ones (table above)"


def test_a_ratio_over_nothing_is_null_and_never_zero(metrics):
    wrong = [row for row in metrics if row["denominator"] == 0 and row["value"] is not None]
    assert not wrong, wrong[:20]
    assert any(row["denominator"] == 0 for row in metrics), "the hand federation has empty cells"


def test_where_nobody_covers_the_period_a_count_is_unknown_not_zero(metrics):
    """CHARLIE, alone in Sotteville-lès-Rouen, skipped 2025T1; in 2024T4 it was there and began nothing."""
    in_sotteville = {
        row["period"]: (row["value"], row["status"])
        for row in metrics
        if (row["territory_level"], row["territory_code"]) == ("commune", "76681")
        and (row["metric"], row["basis"], row["breakdown"]) == ("hires_count", "structure", "all")
        and row["period_type"] == "quarter"
    }
    assert in_sotteville["2024-Q4"] == (0, "published")
    assert in_sotteville["2025-Q1"] == (None, "empty")


def test_counts_add_over_communes_to_every_level(metrics):
    lies_in = _places_of_communes()
    from_communes = {level: defaultdict(float) for level in (*LEVELS, *SUMMED)}
    stated = {level: defaultdict(float) for level in (*LEVELS, *SUMMED)}
    for row in metrics:
        if row["metric"] not in ADDITIVE:
            continue
        if row["value"] is None:  # nobody there covers the period: nothing is known, and nothing adds
            assert row["status"] == "empty"
            continue
        cell = tuple(row[c] for c in ("period_type", "period", "basis", "breakdown", "category", "metric"))
        level, code = row["territory_level"], row["territory_code"]
        if level == "commune":
            for upper in LEVELS:
                place = lies_in.get(code, {}).get(upper) or "unknown"
                from_communes[upper][place, *cell] += row["value"]
            for upper in SUMMED:
                from_communes[upper]["all codes", *cell] += row["value"]
        elif level in stated:
            stated[level]["all codes" if level in SUMMED else code, *cell] += row["value"]

    assert all(stated[level] for level in (*LEVELS, "france")), "every level has counts"
    if not stated["zone_emploi"]:  # no source of zones d'emploi was loaded
        del stated["zone_emploi"]
    differences = [
        ((level, *map(str, cell)), "value", from_communes[level].get(cell, 0), found.get(cell, 0))
        for level, found in stated.items()
        for cell in from_communes[level].keys() | found.keys()
        if not _same(from_communes[level].get(cell, 0), found.get(cell, 0))
    ]
    print(_table(sorted(differences)))
    assert not differences, f"{len(differences)} counts are not the sum of their communes (table above)"


@pytest.mark.parametrize(
    ("former", "current"),
    [("76358", "76455"), ("60455", "60694"), ("69389", "69123")],
    ids=["merged in 2025", "part of a commune", "municipal district"],
)
def test_a_former_commune_lies_where_the_commune_it_is_in_today_lies(hand, former, current):
    with duckdb.connect(str(hand.current_db), read_only=True) as release:
        found = dict(
            release.execute(
                "select territory_level, territory_code from marts.bridge_territory where commune_code = ?", [former]
            ).fetchall()
        )
    (today,) = pl.read_parquet(SNAPSHOT).filter(code_commune=current).to_dicts()
    assert found["commune"] == current and found["france"] == "FR"
    assert {level: found[level] for level in LEVELS} == {level: today[column] for level, column in LEVELS.items()}


def _by_key(metrics: list[dict]) -> dict[tuple, list[dict]]:
    """Rows by the parts of their key that an expectation may assert: all, or all but two codes."""
    index = defaultdict(list)
    codes = (("territory_code",), ("category",), ("territory_code", "category"), ())
    for row in metrics:
        for left_out in codes:
            asserted = tuple(column for column in KEY if column not in left_out)
            index[asserted, tuple(row[column] for column in asserted)].append(row)
    return index


def _asserted(expected: Row) -> tuple[str, ...]:
    return tuple(column for column in KEY if getattr(expected, column) is not ...)


def _started_per_10k_inhabitants() -> list[Row]:
    communes = pl.read_parquet(SNAPSHOT)
    expected = []
    for cell, period, started, column, code in STARTED_PER_INHABITANT:
        population = communes.filter(pl.col(column) == code)["population_municipale"].sum()
        figures = dict.fromkeys(FIGURES, ...) | {"value": started / population * 10_000, "status": "published"}
        key = (cell.territory_level, cell.territory_code, *period, cell.basis, cell.breakdown, cell.category)
        expected.append(Row(*key, "activities_per_10k_inhabitants", **figures))
    return expected


def _places_of_communes() -> dict[str, dict[str, str | None]]:
    columns = [pl.col(column).alias(level) for level, column in LEVELS.items()]
    communes = pl.read_parquet(SNAPSHOT).select("code_commune", *columns)
    return {row["code_commune"]: row for row in communes.iter_rows(named=True)}


def _same(expected, found) -> bool:
    if expected is ...:
        return True
    if expected is None or found is None or isinstance(expected, str):
        return expected == found
    return isclose(expected, found, rel_tol=TOLERANCE, abs_tol=TOLERANCE)


def _named(expected: Row) -> tuple[str, ...]:
    return (expected.metric, *(str(part) for part in expected[: len(KEY) - 1] if part is not ...))


def _table(differences: list[tuple]) -> str:
    """Differences in aligned columns: metric and cell, figure, expected, found."""
    if not differences:
        return "no difference"
    lines = [("metric and cell", "figure", "expected", "found")]
    lines += [(" ".join(cell), str(column), str(want), str(got)) for cell, column, want, got in differences]
    widths = [max(len(line[i]) for line in lines) for i in range(4)]
    return "\n".join("  ".join(part.ljust(w) for part, w in zip(line, widths, strict=True)) for line in lines)
