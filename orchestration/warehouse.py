"""The warehouse: dbt in this process, over the lake, into a private DuckDB file.

Here: whether there is anything to build, running dbt, its nodes and tests as Dagster assets and checks, and dbt's own
page about them. Not here: what the models mean (`dbt_project`), what analysts open (`releases.py`), when it runs
(`automation.py`).
"""

import hashlib
import json
import logging
import os
import tempfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import dagster as dg
import duckdb
from dagster_dbt import DagsterDbtTranslator, dbt_assets
from dagster_dbt.asset_utils import get_asset_check_key_for_test

from orchestration import releases
from orchestration.open_data import INTAKE as OPEN_INTAKE
from orchestration.resources import PROJECT, Storage, replace_file
from orchestration.returns.assets import INTAKE
from orchestration.sources import SOURCES

LOG = logging.getLogger("territoires")
OPEN_SCHEMAS = {source.schema for source in SOURCES}
DBT_PROJECT = PROJECT / "dbt_project"
RELEASE = dg.AssetKey(["release", "current"])
_TARGET = DBT_PROJECT / "target"
_PARSED = _TARGET / "partial_parse.msgpack"
_PROJECT_FILES = (".sql", ".yml", ".csv", ".md")


class WarehouseError(Exception):
    """dbt did not build: the message names the models or tests that failed."""


class Translator(DagsterDbtTranslator):
    """dbt's own schema and name make the asset key, so that sources meet the lake's assets without mapping."""

    def get_group_name(self, dbt_resource_props) -> str | None:
        return dbt_resource_props["config"].get("schema") or dbt_resource_props["resource_type"]

    def get_asset_spec(self, manifest, unique_id, project) -> dg.AssetSpec:
        """The lake's tables are written by the intake, in the same run: models that read them wait for it."""
        spec = super().get_asset_spec(manifest, unique_id, project)
        upstream = manifest["nodes"].get(unique_id, {}).get("depends_on", {}).get("nodes", [])
        schemas = {name.split(".")[2] for name in upstream if name.startswith("source.")}
        intakes = ({INTAKE} if "returns" in schemas else set()) | ({OPEN_INTAKE} if schemas & OPEN_SCHEMAS else set())
        return spec.replace_attributes(deps=[*spec.deps, *sorted(intakes)]) if intakes else spec


def project_fingerprint() -> str:
    """Changes when any model, description, macro, test or seed does."""
    digest = hashlib.sha256()
    for path in sorted(p for p in DBT_PROJECT.rglob("*") if p.suffix in _PROJECT_FILES and _TARGET not in p.parents):
        digest.update(str(path.relative_to(DBT_PROJECT)).encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


@cache
def manifest_path() -> Path:
    """dbt's manifest of the project as it is now; parsed again only when a file of the project has changed."""
    manifest, mark = _TARGET / "manifest.json", _TARGET / "fingerprint"
    fingerprint = project_fingerprint()
    if not (manifest.exists() and mark.exists() and mark.read_text() == fingerprint):
        _TARGET.mkdir(exist_ok=True)
        # Beside, then renamed: two processes may be the first to need it.
        with tempfile.TemporaryDirectory(dir=_TARGET) as beside, _environment(Storage(PROJECT / "var")):
            _invoke(["parse", "--no-partial-parse", "--target-path", beside], manifest=None)
            for parsed in (_PARSED, manifest):
                os.replace(Path(beside) / parsed.name, parsed)
        replace_file(mark, lambda path: path.write_text(fingerprint))
    return manifest


def inputs_digest(storage: Storage) -> str:
    """Names what the marts are made of: the returns retained, who is expected, the territories, the models.

    A return that was refused, or that repeats what is known, changes nothing here.
    """
    import polars as pl

    registry = pl.read_parquet(storage.lake_table("returns", "remontees") / "*.parquet").filter("retenue")
    retained = registry.select("siren_adherent", "id_remontee", "nom_table").sort(pl.all())
    digest = hashlib.sha256(project_fingerprint().encode())
    digest.update(retained.write_csv().encode())
    if storage.rebuilt.exists():  # the same returns may have other rows since
        digest.update(storage.rebuilt.read_bytes())
    stocks = {source.key for source in SOURCES if source.is_stock}
    for path in sorted(storage.lake.glob("*/*/*.parquet")):
        if path.parts[-3:-1] in stocks:  # of gigabytes, and written only when a new one has come in
            digest.update(f"{path.parts[-3:]} {path.stat().st_size} {path.stat().st_mtime_ns}".encode())
        elif path.parts[-3] != "returns":
            digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def build(storage: Storage, select: list[str] | None = None) -> list:
    """Runs `dbt build`; returns dbt's results, failed ones included. Raises WarehouseError when dbt could not run."""
    storage.build.mkdir(parents=True, exist_ok=True)
    if select is None:
        storage.build_db.unlink(missing_ok=True)
    # Unit tests are about the models, not about these data: the suite runs them. Exposures have nothing to build.
    build_only = ["build", "--exclude-resource-type", "unit_test", "--exclude-resource-type", "exposure"]
    arguments = [*build_only, "--target-path", str(storage.build / "dbt"), "--log-path", str(storage.build / "logs")]
    LOG.info("Building the warehouse…")
    with _environment(storage):
        return _invoke([*arguments, *(["--select", *select] if select else [])], manifest=_parsed_manifest())


#: Where this machine keeps things: nothing a reader of the page needs, and nothing he should learn.
_PATHS = {"root_path", "build_path", "compiled_path"}


def document(storage: Storage) -> None:
    """dbt's page about what was just built, all in one file: models, columns, tests, SQL and lineage.

    dbt lays the manifest and catalogue it finds beside it into the page, so it finds the build's without paths of this
    machine. Nothing is compiled again. Raises when the page cannot be made; an older one is gone then.
    """
    storage.docs_page.unlink(missing_ok=True)
    storage.docs_page.parent.mkdir(parents=True, exist_ok=True)
    manifest = json.loads((storage.build / "dbt" / "manifest.json").read_text(encoding="utf-8"))
    text = json.dumps(_without_paths(manifest, str(storage.lake)), ensure_ascii=False, separators=(",", ":"))
    (storage.docs_page.parent / "manifest.json").write_text(text, encoding="utf-8")
    where = ["--target-path", str(storage.docs_page.parent), "--log-path", str(storage.build / "logs")]
    with _environment(storage):
        _invoke(["docs", "generate", "--static", "--no-compile", *where], manifest=_parsed_manifest())


def _without_paths(value, lake: str):
    """What dbt tells of its nodes, the lake named by its folder alone."""
    if isinstance(value, dict):
        return {key: _without_paths(held, lake) for key, held in value.items() if key not in _PATHS}
    if isinstance(value, list):
        return [_without_paths(held, lake) for held in value]
    return value.replace(lake, "lake") if isinstance(value, str) else value


def _invoke(arguments: list[str], manifest) -> list:
    from dbt.cli.main import dbtRunner

    where = ["--project-dir", str(DBT_PROJECT), "--profiles-dir", str(DBT_PROJECT), "--quiet", "--no-use-colors"]
    outcome = dbtRunner(manifest=manifest).invoke([*arguments, *where])
    if outcome.exception:
        raise WarehouseError(f"dbt {arguments[0]}: {outcome.exception}") from outcome.exception
    return list(getattr(outcome.result, "results", []))


def _parsed_manifest():
    """The manifest as dbt holds it in memory: saves parsing in every run. Read anew each time, as a run alters it."""
    from dbt.contracts.graph.manifest import Manifest

    manifest_path()
    return Manifest.from_msgpack(_PARSED.read_bytes())


class _environment:
    """What profiles.yml and the source macro read, for the time of one dbt call."""

    def __init__(self, storage: Storage):
        self.values = {"TERRITOIRES_LAKE": str(storage.lake), "TERRITOIRES_BUILD_DB": str(storage.build_db)}

    def __enter__(self):
        self.before = {name: os.environ.get(name) for name in self.values}
        os.environ.update(self.values)

    def __exit__(self, *_):
        for name, value in self.before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


#: Rows of a failed test that are told; the test's SQL finds the others.
_MOST_TOLD = 5


def failures_of(storage: Storage, results: list) -> list[str]:
    """One line per model or test that did not pass, with dbt's message; the rows of a test that names a problem."""
    told = []
    for r in results:
        if str(r.status) in ("error", "fail", "runtime error"):
            told.append(f"{r.node.name}: {r.message}" + (f" ({r.failures} rows)" if r.failures else ""))
            told += _problems_of(storage, r) if str(r.status) == "fail" else []
    return told


def _problems_of(storage: Storage, result) -> list[str]:
    """The first rows that a failed test found, when it says itself what is wrong with each (a column `problem`)."""
    with duckdb.connect(str(storage.build_db), read_only=True) as build:
        found = build.execute(f"select * from ({result.node.compiled_code}) limit {_MOST_TOLD}")
        names = [column[0] for column in found.description]
        rows = found.fetchall() if "problem" in names else []
    return ["  " + ", ".join(f"{n}: {v}" for n, v in zip(names, row, strict=True) if v is not None) for row in rows]


class BuildConfig(dg.Config):
    """`force`: build although nothing has changed since the newest release."""

    force: bool = False


def build_warehouse_assets() -> list[dg.AssetsDefinition]:
    """The dbt project as assets (models and seeds materialise, tests are checks) and the release that follows.

    A failing model or test stops the release; the last one stays.
    """
    translator = Translator()
    manifest = json.loads(manifest_path().read_text(encoding="utf-8"))

    @dbt_assets(manifest=manifest, dagster_dbt_translator=translator, name="warehouse")
    def warehouse(
        context: dg.AssetExecutionContext,
        config: BuildConfig,
        storage: dg.ResourceParam[Storage],
        home_lock: dg.ResourceParam[None],
    ):
        whole = not context.is_subset
        if whole and not config.force and releases.is_up_to_date(storage):
            LOG.info("Nothing has changed since the newest release: nothing is rebuilt.")
            return
        selected = None if whole else [key.path[-1] for key in context.selected_asset_keys]
        results = build(storage, selected)
        yield from _events(context, manifest, translator, results)
        if failed := failures_of(storage, results):
            raise dg.Failure(
                "The warehouse was not built; the last release stays.\n" + "\n".join(failed), allow_retries=False
            )

    marts = [key for key in warehouse.keys if key.path[0] == releases.SCHEMA]

    documented = dg.AssetCheckSpec("documented", asset=RELEASE, description="La release a sa page de documentation.")

    @dg.asset(key=RELEASE, deps=marts, group_name="release", kinds={"duckdb", "parquet"}, check_specs=[documented])
    def release(storage: dg.ResourceParam[Storage], home_lock: dg.ResourceParam[None]) -> dg.MaterializeResult:
        """Les marts, publiés par renommage : internal.duckdb, parquet et la page qui les documente."""
        problem = _problem_of_documenting(storage)
        made = releases.publish(storage, inputs_digest(storage))
        LOG.info("Release %s is current.", made.id)
        told = dg.AssetCheckResult(
            passed=not problem, severity=dg.AssetCheckSeverity.WARN, check_name="documented", description=problem
        )
        metadata = {"release": made.id, "rows": sum(made.tables.values()), "undocumented": problem or "no"}
        return dg.MaterializeResult(metadata=metadata, check_results=[told])

    return [warehouse, release]


def _problem_of_documenting(storage: Storage) -> str | None:
    """Figures do not wait for the page about them: what kept it from being made is told, and the release goes out."""
    try:
        document(storage)
    except Exception as error:  # noqa: BLE001
        LOG.warning("The page of documentation was not made: %s", error)
        return f"{type(error).__name__}: {error}"
    return None


def _events(context, manifest: dict, translator: Translator, results: list) -> Iterator:
    """dbt's results as Dagster's. A model that failed or was skipped materialises nothing."""
    known = set(context.selected_asset_check_keys)
    for result in results:
        node, passed = result.node, str(result.status) in ("success", "pass")
        timing = {"dbt/seconds": round(result.execution_time, 3)}
        if node.resource_type in ("model", "seed"):
            if passed:
                key = translator.get_asset_spec(manifest, node.unique_id, None).key
                yield dg.MaterializeResult(asset_key=key, metadata=timing)
        else:
            key = get_asset_check_key_for_test(manifest, translator, node.unique_id, None)
            if key in known and str(result.status) != "skipped":
                yield dg.AssetCheckResult(
                    passed=passed,
                    asset_key=key.asset_key,
                    check_name=key.name,
                    severity=dg.AssetCheckSeverity.WARN
                    if str(result.status) == "warn"
                    else dg.AssetCheckSeverity.ERROR,
                    metadata=timing | {"failed_rows": result.failures or 0, "message": result.message or ""},
                )
