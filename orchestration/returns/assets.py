"""Returns as Dagster sees them: the intake, the tables of a return partitioned by member, and their contract checks.

Here: turning judgements into events. Not here: judging or writing (`judging.py`, `publishing.py`), when it runs
(`orchestration/automation.py`).
"""

import json
import warnings

import dagster as dg
import polars as pl
from dagster_shared.utils.warnings import PreviewWarning

from contracts import CONTRACTS, RETURN_TABLES
from orchestration.resources import Keyring, Storage
from orchestration.returns import publishing
from orchestration.returns.judging import Judgement

MEMBERS = dg.DynamicPartitionsDefinition(name="members")
INTAKE = dg.AssetKey(["returns", "intake"])
DEPOSITS = dg.AssetKey(["deposit", "returns"])
CHECK = "contract"
ERROR, WARN = dg.AssetCheckSeverity.ERROR, dg.AssetCheckSeverity.WARN
ROWS = ("received", "accepted", "quarantined", "folded")


def build_return_assets() -> tuple[list, list]:
    """Assets and checks. The intake is one step for all members: one contract call per table, one run per refresh."""
    deposited = dg.AssetSpec(
        DEPOSITS, partitions_def=MEMBERS, group_name="external", description="Dossiers de dépôt des adhérents."
    )
    tables = [
        dg.AssetSpec(
            ["returns", table], partitions_def=MEMBERS, deps=[INTAKE], group_name="raw", kinds={"parquet"},
            description=CONTRACTS["returns", table].description_fr,
        )
        for schema, table in CONTRACTS if schema == "returns"
    ]  # fmt: skip

    @dg.asset(key=["federation", "members"], group_name="raw", kinds={"parquet"})
    def federation_members(
        storage: dg.ResourceParam[Storage], home_lock: dg.ResourceParam[None]
    ) -> dg.MaterializeResult:
        """Adhérents et structures attendus, d'après members.csv."""
        publishing.publish_members(storage)
        return dg.MaterializeResult(metadata={"dagster/row_count": publishing.members(storage).height})

    @dg.asset(key=INTAKE, deps=[deposited, federation_members], group_name="raw", kinds={"polars", "pandera"})
    def intake(
        context: dg.AssetExecutionContext, storage: dg.ResourceParam[Storage], home_lock: dg.ResourceParam[None]
    ) -> dg.MaterializeResult:
        """Juge toutes les remontées en attente, remplit le lac et la quarantaine, écrit les accusés de réception."""
        known = publishing.members(storage)["siren_adherent"].unique().sort()
        context.instance.add_dynamic_partitions(MEMBERS.name, known.to_list())
        judgements = publishing.take_in(storage, Keyring.open(storage))
        _report(context, judgements, set(known))
        verdicts = [judgement.verdict for judgement in judgements]
        return dg.MaterializeResult(
            metadata={
                "returns": len(judgements),
                **{verdict: verdicts.count(verdict) for verdict in ("accepted", "partial", "refused")},
                **{
                    f"rows_{part}": sum(getattr(c, part) for j in judgements for c in j.tables.values())
                    for part in ROWS
                },
                "refused_returns": dg.MetadataValue.md(_refused(judgements)),
            }
        )

    with warnings.catch_warnings():
        # A check per member is what the federation reads; of partitioned checks only the declaration is in preview.
        warnings.simplefilter("ignore", PreviewWarning)
        contract_checks = [
            dg.AssetCheckSpec(CHECK, asset=["returns", c.table], partitions_def=MEMBERS) for c in RETURN_TABLES
        ]

    @dg.multi_asset_check(specs=contract_checks, can_subset=True)
    def return_contracts(context: dg.AssetCheckExecutionContext, storage: dg.ResourceParam[Storage]):
        """Verdict of the member's last return, read again from its receipt."""
        pages = sorted((storage.receipts / context.partition_key).glob("*.json"))
        receipt = json.loads(pages[-1].read_text(encoding="utf-8")) if pages else {"verdict": "none", "tables": []}
        counts = {count["table"]: count for count in receipt["tables"]}
        for key in context.selected_asset_check_keys:
            wrong = counts.get(key.asset_key.path[-1], {}).get("quarantined", 0)
            yield dg.AssetCheckResult(
                passed=not wrong and receipt["verdict"] != "refused",
                asset_key=key.asset_key,
                check_name=CHECK,
                metadata={"verdict": receipt["verdict"], "quarantined": wrong},
            )

    return [deposited, *tables, federation_members, intake], [return_contracts]


def _report(context: dg.AssetExecutionContext, judgements: list[Judgement], known: set[str]) -> None:
    """One materialisation and one check per member and table, with what was refused and why (no values)."""
    newest: dict[tuple[str, str], list[Judgement]] = {}
    for judgement in judgements:
        if judgement.deposit.siren in known:
            # A refused file that could not be read concerns every table; a table that came without rows says nothing.
            carried = [table for table, count in judgement.tables.items() if count.received]
            for table in carried or [c.table for c in RETURN_TABLES]:
                newest.setdefault((judgement.deposit.siren, table), []).append(judgement)
    for (siren, table), mine in newest.items():
        counts = [j.tables[table] for j in mine if table in j.tables]
        taken = [c for c in counts if not c.refused]
        if taken:
            rows = {"rows_accepted": sum(c.accepted for c in taken), "returns": len(taken)}
            context.log_event(dg.AssetMaterialization(["returns", table], partition=siren, metadata=rows))
        wrong = [(j, reason) for j in mine for reason in _reasons(j, table)]
        evaluation = dg.AssetCheckEvaluation(
            asset_key=dg.AssetKey(["returns", table]),
            check_name=CHECK,
            passed=not wrong,
            partition=siren,
            severity=ERROR if any(j.verdict == "refused" for j, _ in wrong) else WARN,
            description="; ".join(sorted({reason for _, reason in wrong}))[:2000] or None,
            metadata={part: sum(getattr(c, part) for c in counts) for part in ROWS}
            | {"returns": ", ".join(sorted({j.deposit.return_id for j, _ in wrong}))},
        )
        # Within this run: a check reported outside any run is kept once per partition, for ever.
        event = dg.DagsterEvent(
            dg.DagsterEventType.ASSET_CHECK_EVALUATION.value, context.job_name, event_specific_data=evaluation
        )
        context.instance.report_dagster_event(event, run_id=context.run_id)


def _reasons(judgement: Judgement, table: str) -> list[str]:
    """Rules broken in this table, or by whatever had the whole return refused, with the number of rows."""
    if judgement.failures.is_empty():
        return []
    concerns_table = pl.col("nom_table").is_null() | (pl.col("nom_table") == table)
    rows = judgement.failures.filter(concerns_table | (judgement.verdict == "refused"))
    counted = rows.group_by("regle", "colonne").len().sort("regle", "colonne", nulls_last=True)
    return [f"{rule}{f' ({column})' if column else ''} × {n}" for rule, column, n in counted.iter_rows()]


def _refused(judgements: list[Judgement]) -> str:
    lines = [
        f"- {j.deposit.siren} {j.deposit.return_id}: "
        + "; ".join(sorted({r[4] for r in j.failures.rows() if r[0] is None}))
        for j in judgements
        if j.verdict == "refused"
    ]
    return "\n".join(lines) or "none"
