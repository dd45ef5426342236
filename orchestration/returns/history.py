"""What was believed of a member's rows, and from when to when.

Here: the versions of each row of one member and table, from the lake (which keeps every row ever accepted) and the
registry (which says which returns made faith when). The rule is that of the macro `current_rows` of the warehouse,
applied to each date at which something was received instead of to today. Not here: figures (`orchestration/trace.py`).
"""

import polars as pl

from contracts import CONTRACTS
from orchestration.resources import Storage

_TRACE = ("siren_adherent", "id_remontee", "ligne")


def returns_of(storage: Storage, siren: str) -> pl.DataFrame:
    """The member's kept returns, one row a table, with `fait_foi_du`, `fait_foi_au` (null: still) and `remplace`: the
    return of the same table and period that it replaced."""
    path = storage.member_file("remontees", siren)
    registry = pl.read_parquet(path) if path.exists() else CONTRACTS["returns", "remontees"].empty
    same = ("nom_table", "periode")
    return (
        registry.filter("retenue")
        .sort("recue_le", "id_remontee")
        .with_columns(
            fait_foi_du=pl.col("recue_le"),
            fait_foi_au=pl.col("recue_le").shift(-1).over(same),
            remplace=pl.col("id_remontee").shift(1).over(same),
        )
    )


def versions(storage: Storage, siren: str, table: str) -> pl.DataFrame:
    """One row per row of the lake and stretch of time during which it was the one believed for its key: the columns of
    the table, `cru_du`, `cru_au` (null: still). Rows that never were are absent."""
    contract = CONTRACTS["returns", table]
    path, key = storage.member_file(table, siren), list(contract.key)
    returns = returns_of(storage, siren).filter(pl.col("nom_table") == table)
    rows = (pl.read_parquet(path) if path.exists() else contract.empty).join(
        returns.select("id_remontee", "periode_fin", "recue_le", "fait_foi_du", "fait_foi_au"), on="id_remontee"
    )
    times = returns["fait_foi_du"].unique().sort().to_list()
    believed = [
        rows.filter(pl.col("fait_foi_du") <= time, pl.col("fait_foi_au").is_null() | (pl.col("fait_foi_au") > time))
        .sort(
            "periode_fin", "recue_le", "id_remontee", "ligne",
            descending=[True, True, True, False], nulls_last=True, maintain_order=True,
        )
        .unique(key, keep="first", maintain_order=True)
        .with_columns(moment=pl.lit(moment, pl.Int64))
        for moment, time in enumerate(times)
    ]  # fmt: skip
    if not believed:
        empty = pl.lit(None, rows.schema["recue_le"])
        return rows.select(*contract.polars_schema).with_columns(cru_du=empty, cru_au=empty)
    ends = dict(enumerate([*times[1:], None]))
    of_row = ["id_remontee", "ligne"]
    return (
        pl.concat(believed)
        .sort(*key, "moment")
        .with_columns(
            stretch=(
                (pl.col("moment") != pl.col("moment").shift(1) + 1)
                | (pl.struct(of_row) != pl.struct(of_row).shift(1))
            ).fill_null(True).cum_sum().over(key)
        )
        .group_by(*key, "stretch", maintain_order=True)
        .agg(pl.exclude("moment").first(), first=pl.col("moment").first(), last=pl.col("moment").last())
        .with_columns(
            cru_du=pl.col("first").replace_strict(dict(enumerate(times)), return_dtype=rows.schema["recue_le"]),
            cru_au=pl.col("last").replace_strict(ends, return_dtype=rows.schema["recue_le"]),
        )
        .select(*contract.polars_schema, "cru_du", "cru_au")
        .sort(*key, "cru_du")
    )  # fmt: skip


def changes(storage: Storage, siren: str, table: str) -> list[dict]:
    """What corrections changed: one entry per key and return that replaced an earlier one of the same period and after
    which something else was believed: `moment`, `id_remontee`, `periode`, `avant`, `apres` (rows, or None)."""
    contract = CONTRACTS["returns", table]
    corrections = {
        row["fait_foi_du"]: row
        for row in returns_of(storage, siren).filter(pl.col("nom_table") == table).iter_rows(named=True)
        if row["remplace"]
    }
    found = []
    by_key = versions(storage, siren, table).partition_by(list(contract.key), as_dict=True) if corrections else {}
    for of_key in by_key.values():
        stretches = list(of_key.iter_rows(named=True))
        for moment, correction in corrections.items():
            before = next((row for row in stretches if row["cru_au"] == moment), None)
            after = next((row for row in stretches if row["cru_du"] == moment), None)
            if _content(before) != _content(after):
                facts = {"moment": moment, "id_remontee": correction["id_remontee"], "periode": correction["periode"]}
                found.append(facts | {"table": table, "siren": siren, "avant": before, "apres": after})
    return sorted(found, key=lambda change: change["moment"])


def _content(row: dict | None) -> dict | None:
    """What the row says, whatever return and line say it."""
    return row and {name: value for name, value in row.items() if name not in (*_TRACE, "cru_du", "cru_au")}
