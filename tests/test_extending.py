"""The recipe of `docs/extending.md` for a source of open data, followed word by word for a source that does not exist.

Here: the project copied aside, the files a person would write or change, and that everything else follows. Not here:
real sources (`test_open_data.py`), the words of the page (`test_catalogue.py`).
"""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from orchestration.resources import PROJECT

#: What the commands of the recipe and its tests read; nothing else of the project is copied.
NEEDED = ("contracts", "orchestration", "dbt_project", "sample", "docs", "tests", "bench")

# Step 1: the entry, first in SOURCES.
ENTRY = """
    Source(
        "velo_gares", "communes", "Places de vélo dans les gares", "Ministère du vélo", _LO,
        "https://www.data.gouv.fr/datasets/velo-gares/", "annuelle (mai)", 400, 2,
        {"gares_velo_*.csv": Reader("csv", {"codgeo": "insee", "libgeo": "commune", "places_velo": "places"})},
        DataGouv("velo-gares", r"Places (?P<vintage>\\d{4})", "csv"),
        geography=0,
        traps_fr=("Une place couverte compte pour une, pas pour deux.",),
    ),"""
# Step 2: its column, its contract.
FIELD = """
    Field("places_velo", "integer", "Places de vélo", "Places de vélo près d'une gare.", unit="places", low=0),"""
CONTRACT = """
    _table("velo_gares", "communes", "Places de vélo près des gares.", "codgeo* libgeo places_velo*", "codgeo"),"""
# Step 4: the staging model.
MODEL = """-- One row per edition × commune.
select
    edition,
    geographie as geography_year,
    codgeo as commune_code,
    cast(places_velo as bigint) as bicycle_places
from {{ source('velo_gares', 'communes') }}
"""
MODEL_YAML = """version: 2
models:
  - name: stg_velo_gares__bicycle_places
    description: "One row per edition × commune."
    columns:
      - name: edition
        description: "Edition of the file."
      - name: geography_year
        description: "Year whose communes the file follows."
      - name: commune_code
        description: "Commune."
      - name: bicycle_places
        description: "Places for bicycles near a station."
"""
# What the producer gives: two communes.
FILE = "insee;commune;places;colonne de plus\n76540;Rouen;620;x\n27229;Évreux;0;y\n"
# Step 5: a good file and a broken one.
FIXTURE = """
    ("velo_gares", "communes"): Fixture(
        "2025", "gares_velo_2025.csv", text("insee;commune;places", "76540;Rouen;620"), 1,
        "gares_velo_2026.csv", text("insee;commune", "76540;Rouen"), "no column like places",
    ),"""

LOOK = """
import json
import dagster as dg, duckdb
from orchestration.definitions import build_defs
from orchestration.open_data import mirror, take_in
from orchestration.resources import Storage
from orchestration.returns.publishing import prepare_lake
from orchestration.sources import SOURCES
from orchestration.warehouse import build, failures_of

storage = Storage.from_environment()
graph = build_defs(storage).resolve_asset_graph()
model = dg.AssetKey(["staging", "stg_velo_gares__bicycle_places"])
prepare_lake(storage)
(source,) = (one for one in SOURCES if one.schema == "velo_gares")
outcome = take_in(source, storage, mirror())
failed = failures_of(storage, build(storage, ["stg_velo_gares__bicycle_places"]))
with duckdb.connect(str(storage.build_db), read_only=True) as db:
    rows = db.execute("from staging.stg_velo_gares__bicycle_places order by commune_code").fetchall()
print(json.dumps({
    "assets": [key.to_user_string() for key in graph.get_all_asset_keys()],
    "parents": [key.to_user_string() for key in graph.get(model).parent_keys],
    "checks": [[key.asset_key.to_user_string(), key.name] for key in graph.asset_check_keys],
    "problems": outcome.problems,
    "published": [[one.edition, one.rows] for one in outcome.published],
    "failed": failed,
    "rows": rows,
}))
"""


def after(path: Path, mark: str, text: str) -> None:
    """Writes `text` behind the one place where `mark` is."""
    before = path.read_text(encoding="utf-8")
    assert before.count(mark) == 1, f"{path.name}: {mark}"
    path.write_text(before.replace(mark, mark + text), encoding="utf-8")


@pytest.mark.slow
def test_a_source_is_added_by_the_steps_of_the_recipe_and_the_rest_follows(tmp_path: Path) -> None:
    copy = tmp_path / "project"
    for name in NEEDED:
        shutil.copytree(PROJECT / name, copy / name, ignore=shutil.ignore_patterns("target", "logs", "__pycache__"))
    shutil.copyfile(PROJECT / "pyproject.toml", copy / "pyproject.toml")
    environment = os.environ | {
        "PYTHONPATH": str(copy),
        "TERRITOIRES_HOME": str(tmp_path / "home"),
        "OPEN_DATA_MIRROR": str(tmp_path / "mirror"),
    }

    def run(*arguments: str) -> str:
        done = subprocess.run(
            [sys.executable, *arguments], cwd=copy, env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    after(copy / "orchestration" / "sources.py", "SOURCES: tuple[Source, ...] = (", ENTRY)
    after(copy / "contracts" / "fields.py", "_FIELDS = (", FIELD)
    after(copy / "contracts" / "open_data.py", "OPEN_DATA: tuple[Contract, ...] = (", CONTRACT)
    run("-m", "contracts.export")
    staging = copy / "dbt_project" / "models" / "staging" / "velo_gares"
    (staging / "stg_velo_gares__bicycle_places.sql").write_text(MODEL, encoding="utf-8")
    (staging / "_velo_gares__models.yml").write_text(MODEL_YAML, encoding="utf-8")
    after(copy / "tests" / "open_data_fixtures.py", "FIXTURES: dict[Key, Fixture] = {", FIXTURE)
    run("-m", "orchestration.catalogue")
    run("-m", "orchestration.catalogue", "--check")  # nothing is stale after the last step

    tried = run(
        "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/test_sources.py", "-k", "velo_gares or table_of_files"
    )
    assert "6 passed" in tried

    page = (copy / "docs" / "sources.md").read_text(encoding="utf-8")
    (section,) = [part for part in page.split('<a id="') if part.startswith("velo_gares-communes")]
    assert "## Places de vélo dans les gares" in section
    assert "« Source : Ministère du vélo, Places de vélo dans les gares. Licence : Licence Ouverte 2.0. »" in section
    assert "- **Modèle de lecture** : `stg_velo_gares__bicycle_places`" in section
    assert "- **Tableaux finaux qui en dépendent** : aucun pour l'instant" in section
    assert "la plus récente dont le titre contient `Places <millésime>`" in section
    assert "- Une place couverte compte pour une, pas pour deux." in section
    assert "| `places_velo` | Places de vélo | Places de vélo près d'une gare. (places) | oui |" in section

    dropped = tmp_path / "mirror" / "velo_gares" / "2025" / "gares_velo_2025.csv"
    dropped.parent.mkdir(parents=True)
    dropped.write_text(FILE, encoding="utf-8")
    seen = json.loads(run("-c", LOOK).splitlines()[-1])
    assert "velo_gares/communes" in seen["assets"]
    assert ["velo_gares/communes", "contract"] in seen["checks"]
    assert "velo_gares/communes" in seen["parents"]
    assert (seen["problems"], seen["published"]) == ([], [["2025", 2]])
    assert (seen["failed"], seen["rows"]) == ([], [["2025", 2025, "27229", 0], ["2025", 2025, "76540", 620]])
