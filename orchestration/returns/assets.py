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
from orchestration.returns import publishing, receipts
from orchestration.returns.judging import Judgement

MEMBERS = dg.DynamicPartitionsDefinition(name="members")
INTAKE = dg.AssetKey(["returns", "intake"])
DEPOSITS = dg.AssetKey(["deposit", "returns"])
#: Of a member and table: its rows obey the contract. Of a member: what became of its returns.
CHECK, VERDICT = "contract", "verdict"
ERROR, WARN = dg.AssetCheckSeverity.ERROR, dg.AssetCheckSeverity.WARN
#: Most returns listed on the page of one intake.
SHOWN = 200
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
        _report(context, judgements, set(known), storage)
        verdicts = [judgement.verdict for judgement in judgements]
        return dg.MaterializeResult(
            metadata={
                "returns": len(judgements),
                **{verdict: verdicts.count(verdict) for verdict in ("accepted", "partial", "refused")},
                **{
                    f"rows_{part}": sum(getattr(c, part) for j in judgements for c in j.tables.values())
                    for part in ROWS
                },
                "verdicts": dg.MetadataValue.md(_table_of(judgements)),
            }
        )

    with warnings.catch_warnings():
        # A check per member is what the federation reads; of partitioned checks only the declaration is in preview.
        warnings.simplefilter("ignore", PreviewWarning)
        checks = [
            dg.AssetCheckSpec(
                CHECK, asset=["returns", c.table], partitions_def=MEMBERS,
                description="Rouge si la dernière remontée a ici des lignes écartées ; sans résultat, jamais.",
            )
            for c in RETURN_TABLES
        ]  # fmt: skip
        checks.append(
            dg.AssetCheckSpec(
                VERDICT, asset=DEPOSITS, partitions_def=MEMBERS,
                description="Le verdict de la dernière remontée de l'adhérent, et son accusé de réception.",
            )
        )  # fmt: skip

    @dg.multi_asset_check(specs=checks, can_subset=True)
    def return_contracts(context: dg.AssetCheckExecutionContext, storage: dg.ResourceParam[Storage]):
        """Verdict of the member's last return, read again from its receipt."""
        pages = sorted((storage.receipts / context.partition_key).glob("[0-9]*.json"))
        receipt = json.loads(pages[-1].read_text(encoding="utf-8")) if pages else {"verdict": "none", "tables": []}
        counts = {count["table"]: count for count in receipt["tables"]}
        for key in context.selected_asset_check_keys:
            mine = counts.values() if key.name == VERDICT else [counts.get(key.asset_key.path[-1], {})]
            wrong = sum(count.get("quarantined", 0) for count in mine)
            yield dg.AssetCheckResult(
                passed=not wrong and receipt["verdict"] != "refused",
                asset_key=key.asset_key,
                check_name=key.name,
                metadata={"verdict": receipt["verdict"], "quarantined": wrong},
            )

    return [deposited, *tables, federation_members, intake], [return_contracts]


def _report(context: dg.AssetExecutionContext, judgements: list[Judgement], known: set[str], storage: Storage) -> None:
    """Per member its verdict; per table that carried rows a materialisation; a check of a table that is wrong, or was.

    Each event costs a transaction of Dagster's books: a table that was right and stays so has nothing to tell.
    """
    newest: dict[tuple[str, str], dict[str, Judgement]] = {}
    for judgement in judgements:
        if judgement.deposit.siren in known:
            # A refused file that could not be read concerns every table; a table that came without rows says nothing.
            carried = [table for table, count in judgement.tables.items() if count.received]
            period = judgement.reading.period
            for table in carried or [c.table for c in RETURN_TABLES]:
                # Of two returns of one period in one pass, the later one tells how things stand.
                of_periods = newest.setdefault((judgement.deposit.siren, table), {})
                of_periods[period.text if period else judgement.deposit.return_id] = judgement
    were_red = _red(context.instance, {siren for siren, _ in newest})
    members: dict[str, dict[str, Judgement]] = {}
    for (siren, table), of_periods in newest.items():
        mine = list(of_periods.values())
        members.setdefault(siren, {}).update((j.deposit.return_id, j) for j in mine)
        counts = [j.tables[table] for j in mine if table in j.tables]
        taken = [c for c in counts if not c.refused]
        if taken:
            rows = {"rows_accepted": sum(c.accepted for c in taken), "returns": len(taken)}
            context.log_event(dg.AssetMaterialization(["returns", table], partition=siren, metadata=rows))
        wrong = [(j, reason) for j in mine for reason in _reasons(j, table)]
        if wrong or (siren, table) in were_red:
            facts = {part: sum(getattr(c, part) for c in counts) for part in ROWS}
            facts |= {"returns": ", ".join(sorted({j.deposit.return_id for j, _ in wrong}))}
            is_refused = any(j.verdict == "refused" for j, _ in wrong)
            key = dg.AssetCheckKey(dg.AssetKey(["returns", table]), CHECK)
            _evaluate(context, key, siren, not wrong, is_refused, [reason for _, reason in wrong], facts)
    for siren, by_id in members.items():
        mine = [by_id[return_id] for return_id in sorted(by_id)]
        last = mine[-1]
        reasons = [reason for j in mine for reason in _reasons(j)]
        facts = {
            "verdict": last.verdict,
            "period": last.reading.period.text if last.reading.period else "",
            **{part: sum(getattr(c, part) for j in mine for c in j.tables.values()) for part in ROWS},
            "warnings": sum(j.warnings.height for j in mine),
            "first_reasons": "; ".join(reasons[:5]),
            "receipt": dg.MetadataValue.path(str(receipts.base(last, storage).with_suffix(".html"))),
        }
        is_right = all(j.verdict == "accepted" for j in mine)
        is_refused = any(j.verdict == "refused" for j in mine)
        _evaluate(context, dg.AssetCheckKey(DEPOSITS, VERDICT), siren, is_right, is_refused, reasons, facts)


def _red(instance: dg.DagsterInstance, sirens: set[str]) -> set[tuple[str, str]]:
    """(member, table) whose last contract check failed: it must be said when it passes."""
    keys = [dg.AssetCheckKey(dg.AssetKey(["returns", c.table]), CHECK) for c in RETURN_TABLES]
    found = instance.event_log_storage.get_asset_check_partition_info(keys)
    return {
        (info.partition_key, info.check_key.asset_key.path[-1])
        for info in found
        if info.partition_key in sirens and info.latest_execution_status.value == "FAILED"
    }


def _evaluate(context, key: dg.AssetCheckKey, siren: str, passed: bool, is_refused: bool, reasons, facts) -> None:
    evaluation = dg.AssetCheckEvaluation(
        asset_key=key.asset_key,
        check_name=key.name,
        passed=passed,
        partition=siren,
        severity=ERROR if is_refused else WARN,
        description="; ".join(sorted(set(reasons)))[:2000] or None,
        metadata=facts,
    )
    # Within this run: a check reported outside any run is kept once per partition, for ever.
    event = dg.DagsterEvent(
        dg.DagsterEventType.ASSET_CHECK_EVALUATION.value, context.job_name, event_specific_data=evaluation
    )
    context.instance.report_dagster_event(event, run_id=context.run_id)


def _reasons(judgement: Judgement, table: str | None = None) -> list[str]:
    """Rules broken (in this table, or by whatever had the whole return refused), with the number of rows."""
    if judgement.failures.is_empty():
        return []
    of_table = pl.col("nom_table").is_null() | (pl.col("nom_table") == (table or "")) | (table is None)
    rows = judgement.failures.filter(of_table | (judgement.verdict == "refused"))
    counted = rows.group_by("regle", "colonne").len().sort("regle", "colonne", nulls_last=True)
    return [f"{rule}{f' ({column})' if column else ''} × {n}" for rule, column, n in counted.iter_rows()]


def _table_of(judgements: list[Judgement]) -> str:
    """What became of each return, the refused ones first; no value, no line."""
    lines = ["| member | period | verdict | accepted / received | warnings | reasons |", "|---|---|---|---|---|---|"]
    ranks = {"refused": 0, "partial": 1}
    for j in sorted(judgements, key=lambda j: (ranks.get(j.verdict, 2), j.deposit.siren, j.deposit.return_id))[:SHOWN]:
        accepted, received = (sum(getattr(c, part) for c in j.tables.values()) for part in ("accepted", "received"))
        period = j.reading.period.text if j.reading.period else "?"
        reasons = "; ".join(_reasons(j)[:3]) or (f"repeats {j.repeats}" if j.repeats else "")
        lines.append(
            f"| {receipts.member_folder(j)} | {period} | {j.verdict} | {accepted:,} / {received:,} "
            f"| {j.warnings.height} | {reasons} |"
        )
    more = len(judgements) - SHOWN
    return "\n".join(lines) + (f"\n\n… and {more} more." if more > 0 else "")
