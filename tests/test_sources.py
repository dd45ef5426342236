"""What every source of open data must have, whichever it is: a source without one of these fails here by its name.

Here: its two files (`open_data_fixtures.py`), its contract, its staging models and what is said of them, its terms.
Not here: layouts one by one (`test_open_data.py`, `test_sirene.py`), producers (`test_live.py`).
"""

import re
from dataclasses import replace
from pathlib import Path

import duckdb
import polars as pl
import pytest
import yaml
from mirrors import drop
from open_data_fixtures import FIXTURES

from contracts import CONTRACTS, FIELDS
from orchestration import archive
from orchestration.open_data import take_in
from orchestration.resources import PROJECT, Storage
from orchestration.sources import SOURCES, Source

STAGING = PROJECT / "dbt_project" / "models" / "staging"
SEEDS = PROJECT / "dbt_project" / "seeds"

each_source = pytest.mark.parametrize("source", SOURCES, ids=lambda one: ".".join(one.key))


def described(schema: str, kind: str, entries: str) -> list[dict]:
    """What a yaml file of the staging folder lists."""
    return yaml.safe_load((STAGING / schema / f"_{schema}__{kind}.yml").read_text(encoding="utf-8"))[entries]


def descriptions(columns: list[dict]) -> dict[str, str]:
    """Column -> what is said of it; those of which nothing is said are left."""
    return {one["name"]: one["description"] for one in columns if one.get("description", "").strip()}


def test_the_table_of_files_has_the_sources_and_no_other():
    assert set(FIXTURES) == {source.key for source in SOURCES}


@each_source
def test_a_good_file_is_taken_in_and_a_broken_one_leaves_it_in_use(source: Source, home: Storage, tmp_path: Path):
    assert source.key in FIXTURES, f"{source.key} has no row in tests/open_data_fixtures.py"
    case, one, mirror = FIXTURES[source.key], replace(source, minimum_rows=1), tmp_path / "mirror"
    later = f"{int(case.edition[:4]) + 1}{case.edition[4:]}"

    def put(edition: str, content: bytes, name: str) -> None:
        schema, folder = ("", source.shelf) if source.shelf else (source.schema, edition)
        drop(mirror, folder, content, name, schema)

    def in_lake() -> pl.DataFrame:
        return pl.read_parquet(home.lake_table(*source.key) / "*.parquet")

    put(case.edition, case.good, case.good_name)
    outcome = take_in(one, home, str(mirror))
    assert outcome.problems == []
    assert [(got.edition, got.rows) for got in outcome.published] == [(case.edition, case.rows)]
    good = in_lake()
    assert (good.height, set(good["edition"])) == (case.rows, {case.edition})

    put(later, case.broken, case.broken_name)
    (problem,) = take_in(one, home, str(mirror)).problems
    assert case.reason in problem and case.broken_name in problem
    assert in_lake().equals(good)
    book = archive.Book(home, *source.key)
    assert [version.status for version in book.versions()] == [archive.IN_USE, archive.REFUSED]
    assert book.in_use()[case.edition].rows == case.rows


@each_source
def test_a_source_has_a_contract_that_describes_every_column(source: Source):
    assert source.key in CONTRACTS, f"{source.key} has no contract"
    contract = CONTRACTS[source.key]
    assert contract.description_fr.strip()
    unsaid = [name for name in contract.polars_schema if not (FIELDS[name].label_fr and FIELDS[name].description_fr)]
    assert unsaid == []
    for layout in source.layouts.values():
        brought = {*layout.columns, *(layout.fold.columns if layout.fold else ())}
        assert brought <= set(contract.columns), "a layout brings columns that the contract has not"


@each_source
def test_a_source_is_a_source_of_dbt_with_its_columns(source: Source):
    (made,) = described(source.schema, "sources", "sources")
    tables = {one["name"]: one for one in made["tables"]}
    assert made["name"] == source.schema and source.table in tables
    assert tables[source.table]["description"] == CONTRACTS[source.key].description_fr
    assert list(descriptions(tables[source.table]["columns"])) == list(CONTRACTS[source.key].polars_schema)


@each_source
def test_a_source_has_a_staging_model_that_says_what_each_of_its_columns_is(source: Source):
    reads = re.compile(rf"source\('{source.schema}', '{source.table}'\)")
    folder = STAGING / source.schema
    models = [path for path in sorted(folder.glob("stg_*.sql")) if reads.search(path.read_text(encoding="utf-8"))]
    assert models, f"no staging model reads {source.key}"
    said = {one["name"]: one for one in described(source.schema, "models", "models")}
    for path in models:
        assert path.stem in said and said[path.stem]["description"].strip()
        assert list(descriptions(said[path.stem]["columns"])) == columns_of(path), path.stem


def columns_of(model: Path) -> list[str]:
    """Those that DuckDB finds in the model, over empty tables of the shapes of the contracts."""
    sql = model.read_text(encoding="utf-8")
    with duckdb.connect() as db:
        for schema, table in set(re.findall(r"\{\{ source\('(\w+)', '(\w+)'\) \}\}", sql)):
            db.register("shape", CONTRACTS[schema, table].empty)
            db.execute(f"create schema if not exists {schema}")
            db.execute(f"create table {schema}.{table} as select * from shape")
        for seed in set(re.findall(r"\{\{ ref\('(\w+)'\) \}\}", sql)):
            (file,) = SEEDS.rglob(f"{seed}.csv")
            db.execute(f"create table {seed} as select * from read_csv($1, all_varchar = true)", [str(file)])
        plain = re.sub(r"\{\{ source\('(\w+)', '(\w+)'\) \}\}", r"\1.\2", sql)
        return db.sql(re.sub(r"\{\{ ref\('(\w+)'\) \}\}", r"\1", plain)).columns


#: Words that a sentence in French cannot do without, and that an English one does not have.
FRENCH = re.compile(r"(?i)\b(le|la|les|l'\w+|est|sont|un|une|du|des|par)\b")


@each_source
def test_a_source_says_its_terms_and_how_it_comes(source: Source):
    assert source.title_fr and source.producer and source.licence and source.cadence
    assert re.match(r"https://[\w.-]+\.\w+", source.page)
    assert source.fresh_days > 0 and source.minimum_rows > 0 and source.layouts
    assert (source.connector is None) != (source.manual is None), "it has either an address or a reason to have none"
    if source.manual is not None:
        assert FRENCH.search(source.manual) and source.manual.endswith(".")
