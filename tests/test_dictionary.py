"""The data dictionary: whole, as the project is now, and true of a release.

Here: the page against the seeds, the models and the figures themselves. Not here: the page of sources
(`test_catalogue.py`), the descriptions of the models (`test_descriptions.py`).
"""

import csv
import re
from itertools import pairwise

import duckdb
import pytest

from contracts.codes import seed_rows
from orchestration import dictionary, markdown
from orchestration.resources import PROJECT, Storage

METRICS = list(csv.DictReader((PROJECT / "dbt_project/seeds/metrics/metrics.csv").open(encoding="utf-8", newline="")))
BY_NAME = {metric["metric"]: metric for metric in METRICS}


@pytest.fixture(scope="module")
def page() -> str:
    return dictionary.page()


def card(page: str, metric: str) -> str:
    return page.split(f'<a id="{metric}"></a>')[1].split("<a id=", maxsplit=1)[0]


@pytest.fixture(scope="module")
def figures(hand: Storage):
    with duckdb.connect(str(hand.current_db), read_only=True) as db:
        yield db


def test_the_page_is_what_the_project_says_now(page):
    assert dictionary.PAGE.read_text(encoding="utf-8") == page, "run: python -m orchestration.catalogue"


def test_every_link_leads_somewhere_and_every_place_is_one(page):
    places = re.findall(r'<a id="([^"]+)"></a>', page)
    assert len(places) == len(set(places))
    assert set(re.findall(r"\]\(#([^)]+)\)", page)) <= set(places)


@pytest.mark.parametrize("metric", METRICS, ids=lambda metric: metric["metric"])
def test_every_metric_has_a_card_with_what_it_counts(page, metric):
    said = card(page, metric["metric"])
    assert f"#### {metric['label_fr']}\n" in said
    assert metric["definition_fr"] in said
    if metric["formula"] == "ratio":
        assert f"- **Calcul** : {metric['numerator_fr']} ÷ {metric['denominator_fr']}" in said
    assert "- **Unité** : " in said and "- **Mission** : " in said
    assert (f"- **Dimension (CEE-ONU)** : {metric['unece_dimension']}\n" in said) == bool(metric["unece_dimension"])


def test_every_table_and_column_of_a_release_is_in_it(page, figures):
    held = figures.execute(
        "select table_name, column_name from duckdb_columns() where schema_name = 'marts'"
    ).fetchall()
    for table, column in held:
        family = table.removeprefix("mart_")
        owner = next((m for m in METRICS if m["family"] == family and column.startswith(m["metric"])), None)
        suffix = column.removeprefix(owner["metric"]) if owner else ""
        shown = f"| `{column}` |" if owner is None else f"| `<indicateur>{suffix}` |" if suffix else f"(#{column})"
        assert shown in card(page, table), (table, column)


def test_a_metric_is_shown_where_the_page_says(figures):
    shown = figures.execute("select distinct metric, basis, breakdown from marts.fct_territory_metric").fetchall()
    said = {
        (name, basis, breakdown)
        for name, metric in BY_NAME.items()
        for basis, breakdowns in dictionary.breakdowns_of(metric).items()
        for breakdown in breakdowns
    }
    assert set(shown) - said == set()
    assert len(shown) > 0.9 * len(said)  # the federation has no training nor some activities


def test_a_metric_has_an_interval_where_the_page_says(figures):
    told = figures.execute(
        "select metric from marts.fct_territory_metric group by all having count(ci_low) + count(ci_high) > 0"
    ).fetchall()
    bounded = {dictionary.interval(BY_NAME[name]) for (name,) in told}
    assert len(told) > 20
    assert bounded == {dictionary.interval(metric) for metric in METRICS} - {""}


def test_a_metric_of_one_type_of_period_says_so(page, figures):
    types = dict(
        figures.execute(
            "select metric, list_sort(list(distinct period_type)) from marts.fct_territory_metric "
            "where value is not null group by all"
        ).fetchall()
    )
    only = {name for name, found in types.items() if found == ["rolling_year"]}
    assert {
        name for name in types if "- **Périodes** : quatre trimestres glissants seulement" in card(page, name)
    } <= only


def test_every_parameter_has_its_values_dates_source_and_status(page):
    rows = seed_rows("parameters/parameters")
    for row in rows:
        value = row["value"].replace(".", ",")
        shown = f"| {row['label_fr']} | `{row['parameter']}` | {row['kind']} | {value} | {row['unit']} | "
        assert shown in page
    labels = {
        row["parameter"]: {other["label_fr"] for other in rows if other["parameter"] == row["parameter"]}
        for row in rows
    }
    assert [name for name, found in labels.items() if len(found) != 1 or "" in found] == []
    assert "| 11,65 € | du 01/01/2024 au 31/10/2024 | SMIC horaire brut (décret) | confirmé |" in page
    assert "| 12,02 € | depuis le 01/01/2026 | SMIC horaire brut (à confirmer) | à confirmer |" in page


def test_the_smic_has_no_day_without_a_value_and_none_with_two():
    from datetime import date, timedelta

    rows = sorted(seed_rows("parameters/smic_hourly"), key=lambda row: row["valid_from"])
    for before, after in pairwise(rows):
        assert date.fromisoformat(before["valid_to"]) + timedelta(days=1) == date.fromisoformat(after["valid_from"])


def test_a_code_without_french_words_is_an_error_that_says_where_to_write_them():
    metric = METRICS[0] | {"mission": "colonisation_de_mars"}
    with pytest.raises(
        markdown.CatalogueError, match=r"mission of members_count 'colonisation_de_mars': add its row in .*dictionary"
    ):
        dictionary._metric(metric, {})
