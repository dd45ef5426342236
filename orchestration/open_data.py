"""Reference tables of the lake that do not come from members: today the bundled snapshot of communes.

Here: open-data sources as assets: read, judge, publish as parquet. Not here: the federation's list of members
(`returns/publishing.py`), the making of the snapshot (`snapshots/`).
"""

import dagster as dg
import polars as pl

from contracts import CONTRACTS, validate
from orchestration.resources import PROJECT, Storage, replace_file

#: Communes of the whole country and their territories; licence and source in the folder's README.
COMMUNES_SNAPSHOT = PROJECT / "orchestration" / "snapshots" / "communes_2026.parquet"


def publish_communes(storage: Storage) -> int:
    """Snapshot -> lake, judged by its contract; written only when it differs. Returns the number of communes."""
    verdict = validate(pl.read_parquet(COMMUNES_SNAPSHOT), CONTRACTS["geography", "communes"])
    if verdict.failures.height:
        raise ValueError(f"{COMMUNES_SNAPSHOT.name} breaks its contract: {verdict.failures.head(5).rows()}")
    path = storage.lake_table("geography", "communes") / "communes.parquet"
    if not path.exists() or not pl.read_parquet(path).equals(verdict.accepted):
        replace_file(path, verdict.accepted.write_parquet)
    return verdict.accepted.height


def build_open_data_assets() -> list[dg.AssetsDefinition]:
    @dg.asset(key=["geography", "communes"], group_name="raw", kinds={"parquet"})
    def communes(storage: dg.ResourceParam[Storage], home_lock: dg.ResourceParam[None]) -> dg.MaterializeResult:
        """Communes actuelles et territoires dont elles font partie (photographie nationale fournie)."""
        return dg.MaterializeResult(metadata={"dagster/row_count": publish_communes(storage)})

    return [communes]
