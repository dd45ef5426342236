"""What the models say of themselves: every table and column is described, once, and whoever reads a mart is known.

Here: dbt's descriptions, doc blocks and exposures. Not here: the pages made of them (`test_documentation.py`,
`test_catalogue.py`), the descriptions of sources and staging models (`test_sources.py`).
"""

import json
import re
from collections import Counter
from functools import cache

import duckdb
import pytest

from orchestration.dictionary import label_of
from orchestration.resources import PROJECT, Storage
from orchestration.warehouse import manifest_path

MODELS = PROJECT / "dbt_project" / "models"
#: Longer than this, what a description opens with is no label.
LABEL_LENGTH = 80


@cache
def manifest() -> dict:
    return json.loads(manifest_path().read_text(encoding="utf-8"))


def columns(*schemas: str) -> dict[tuple[str, str], str]:
    """(model, column) -> its description, doc blocks put in."""
    return {
        (node["name"], column): said["description"]
        for node in models(*schemas)
        for column, said in node["columns"].items()
    }


def models(*schemas: str) -> list[dict]:
    return [
        node
        for node in manifest()["nodes"].values()
        if node["resource_type"] == "model" and node["config"]["schema"] in schemas
    ]


@pytest.mark.parametrize("schema", ["marts", "intermediate"])
def test_every_model_opens_with_its_grain_and_every_column_is_described(schema: str):
    found = models(schema)
    assert len(found) > 20
    assert [node["name"] for node in found if not node["description"].strip() or not node["columns"]] == []
    assert [place for place, said in columns(schema).items() if not said.strip()] == []


def test_every_column_that_is_built_is_among_those_described(hand: Storage):
    with duckdb.connect(str(hand.build_db), read_only=True) as db:
        built = db.execute(
            "select table_name, column_name from duckdb_columns() where schema_name in ('marts', 'intermediate')"
        ).fetchall()
    assert len(built) > 600
    assert set(built) - set(columns("marts", "intermediate")) == set()


def test_every_published_column_opens_with_a_french_label():
    labels = {place: label_of(said) for place, said in columns("marts").items()}
    assert len(labels) > 300
    assert {place: label for place, label in labels.items() if not 2 < len(label) <= LABEL_LENGTH} == {}
    assert [place for place, label in labels.items() if not re.match(r"[A-ZÀÉÊÎÔ0-9]", label)] == []


def test_a_label_is_what_comes_before_the_explanation():
    assert label_of("Trimestre, ou plus : le dernier.") == "Trimestre, ou plus"
    assert label_of("Fin ; vide si elle dure.") == "Fin"
    assert label_of("Part (0 à 1). Des contrats.") == "Part"
    assert label_of("SIREN de l'adhérent.") == "SIREN de l'adhérent"


def test_what_columns_of_several_marts_share_is_said_in_one_place():
    text = (MODELS / "marts" / "_marts.yml").read_text(encoding="utf-8")
    lines = re.findall(r"      - name: (\w+)\n(?:        [^\n]*\n)*?        description: \"(.*)\"", text)
    assert len(lines) > 200
    times = Counter((column, said) for column, said in lines if not said.startswith("{{ doc("))
    assert [place for place, count in times.items() if count > 1] == []


def test_every_block_is_used():
    written = "".join(path.read_text(encoding="utf-8") for path in MODELS.rglob("*.yml"))
    blocks = {
        name for path in MODELS.rglob("*.md") for name in re.findall(r"{% docs (\w+) %}", path.read_text("utf-8"))
    }
    assert len(blocks) > 40
    assert {name for name in blocks if f"doc('{name}')" not in written} == {"__overview__"}


def test_every_mart_that_is_not_only_rows_of_persons_or_enterprises_has_a_reader():
    exposures = manifest()["exposures"].values()
    assert {one["name"] for one in exposures} >= {"questions_of_analysts", "public_site", "follow_up_of_returns"}
    assert all(one["description"] and one["label"] and one["owner"]["name"] for one in exposures)
    read = {node.rpartition(".")[2] for one in exposures for node in one["depends_on"]["nodes"]}
    marts = {node["name"] for node in models("marts")}
    assert read <= marts
    assert {name for name in marts - read if name.startswith(("mart_", "dim_"))} == set()


def test_the_public_site_reads_no_row_of_a_person_or_an_enterprise():
    (public,) = [one for one in manifest()["exposures"].values() if one["name"] == "public_site"]
    told = {column for name in public["depends_on"]["nodes"] for column in manifest()["nodes"][name]["columns"]}
    assert told & {"member_siren", "structure_id", "person_id", "member_person_id", "siret"} == set()
