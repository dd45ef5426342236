"""The page of documentation in a release: whole, of this release, and silent about the machine and the federation.

Here: what a browser is given. Not here: the texts themselves, the dictionary (`test_catalogue.py`).
"""

import json
from pathlib import Path

import dagster as dg
import duckdb
import pytest
from dbt.task.docs import DOCS_INDEX_FILE_PATH

from orchestration import cli, releases
from orchestration.resources import PROJECT, Storage
from orchestration.warehouse import RELEASE, build_warehouse_assets


@pytest.fixture(scope="module")
def page(hand: Storage) -> str:
    return (hand.current_release / releases.DOCS_PAGE).read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def told(page: str) -> tuple[dict, dict]:
    """(manifest, catalogue) as the page carries them, in the two places that dbt's own page leaves for them."""
    shell = Path(DOCS_INDEX_FILE_PATH).read_text(encoding="utf-8").strip()
    head, rest = shell.split('"MANIFEST.JSON INLINE DATA"')
    between, tail = rest.split('"CATALOG.JSON INLINE DATA"')
    assert page.startswith(head) and page.endswith(tail)
    manifest, catalogue = page[len(head) : len(page) - len(tail)].split(between)
    return json.loads(manifest), json.loads(catalogue)


def test_the_page_describes_each_table_and_column_of_the_release_in_french(hand: Storage, told):
    manifest, catalogue = told
    with duckdb.connect(str(hand.current_db), read_only=True) as db:
        held = db.execute("select table_name, column_name from duckdb_columns() where schema_name = 'marts'").fetchall()
    assert len(held) > 300
    for table, column in held:
        node = f"model.territoires.{table}"
        assert manifest["nodes"][node]["columns"][column]["description"].strip(), (table, column)
        assert column in catalogue["nodes"][node]["columns"], (table, column)
    described = manifest["nodes"]["model.territoires.mart_employment_quality"]["columns"]["stable_contract_share"]
    assert described["description"].startswith("Part de contrats stables")
    assert catalogue["nodes"]["model.territoires.mart_employment_quality"]["columns"]["period"]["type"] == "VARCHAR"


def test_the_page_leads_from_a_mart_back_to_what_members_send(told):
    parents, seen, todo = told[0]["parent_map"], set(), ["model.territoires.mart_transition_time"]
    while todo:
        found = set(parents[todo.pop()]) - seen
        seen |= found
        todo += found
    assert {"source.territoires.returns.contrats", "model.territoires.int_spells"} <= seen


def test_the_page_shows_the_sql_as_it_ran(told):
    code = told[0]["nodes"]["model.territoires.stg_returns__contracts"]["compiled_code"]
    assert "read_parquet('lake/returns/contrats/*.parquet')" in code


def test_the_page_names_no_place_of_the_machine(hand: Storage, page: str):
    for place in {str(hand.home), str(PROJECT), str(Path.home()), hand.home.name}:
        assert json.dumps(place)[1:-1] not in page


def test_the_page_says_nothing_of_members_structures_and_people(hand: Storage, page: str):
    asked = (
        "select member_siren from marts.dim_member union select member_name from marts.dim_member "
        "union select siret from marts.dim_structure union select structure_name from marts.dim_structure "
        "union select person_id from marts.dim_person union select member_person_id from marts.dim_person "
        "union select return_id from marts.fct_return"
    )
    with duckdb.connect(str(hand.current_db), read_only=True) as db:
        secrets = {text for (text,) in db.execute(asked).fetchall() if text}
    assert len(secrets) > 20
    assert [text for text in secrets if text in page] == []


def test_a_page_that_cannot_be_made_is_a_red_check_and_holds_up_no_release(storage: Storage, caplog):
    storage.build.mkdir()
    with duckdb.connect(str(storage.build_db)) as db:
        db.execute("create schema marts; create table marts.t as select 1 as one")
    storage.docs_page.parent.mkdir()
    storage.docs_page.write_text("of the release before", encoding="utf-8")
    (release,) = [asset for asset in build_warehouse_assets() if RELEASE in asset.keys]
    resources = {"storage": storage, "home_lock": dg.ResourceDefinition.none_resource()}
    result = dg.materialize([release], resources=resources)  # dbt built nothing here: there is no manifest to show
    (check,) = result.get_asset_check_evaluations()
    assert result.success and len(releases.listed(storage)) == 1
    assert not check.passed and check.severity == dg.AssetCheckSeverity.WARN
    assert "manifest.json" in check.description and "manifest.json" in caplog.text
    assert not (storage.current_release / releases.DOCS_PAGE).exists()


@pytest.mark.parametrize(
    ("undocumented", "said"), [("no", ("index.html", "")), ("OSError: full", ("", "OSError: full"))]
)
def test_a_refresh_says_where_the_page_is_or_why_it_is_not(hand: Storage, capsys, undocumented, said):
    assert cli._tell(hand, (True, {"release": "x", "undocumented": undocumented}, []), 1.0) == 0
    printed = capsys.readouterr()
    assert said[0] in printed.out and said[1] in printed.err
    assert bool(printed.err) == (undocumented != "no")
