"""Verdicts -> vault, quarantine, lake, registry, receipts; then the landing folder is emptied.

Here: the order of writes that makes a refresh safe to kill. The registry is the commit log: rows of a return that is
not in it do not exist for the warehouse, and a retry writes the same bytes again (identity and time of arrival come
from the deposit). Not here: verdicts (`judging.py`), the words of a receipt (`receipts.py`).
"""

import csv
import io
import json
import logging
import tarfile
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import cache, partial
from pathlib import Path

import polars as pl

from contracts import CONTRACTS, Contract, explanation, validate
from orchestration.resources import Keyring, SettingError, Storage, forget_unfinished, replace_file, sha256_of
from orchestration.returns import corrections, deposits, identity, reading, receipts, signalements
from orchestration.returns.judging import Judgement, Known, judge
from orchestration.returns.limits import BATCH_BYTES
from orchestration.returns.references import DELIVERY, RETURN

REGISTRY, ANOMALIES, REPAIRS = (CONTRACTS["returns", table] for table in ("remontees", "anomalies", "reparations"))
#: Returns judged together: bounds memory, and long work says where it is.
BATCH = 250
LOG = logging.getLogger("territoires")


def take_in(storage: Storage, keyring: Keyring) -> list[Judgement]:
    """Judges and publishes every complete deposit of the landing folder. Returns one judgement each, in order.

    The caller holds the home's lock. What is still arriving stays for the next time.
    """
    forget_unfinished(storage)
    prepare_lake(storage)
    deposits.finish_removals(storage)
    ready = [deposit for deposit in deposits.pending(storage)[0] if _if_there(deposit, lambda d: d.sha256)]
    done: list[Judgement] = []
    waiting = ready
    while waiting:
        batch, waiting = _next_batch(waiting)
        fresh = [d for d in batch if not _already_published(storage, d)]
        for deposit in set(batch) - set(fresh):
            deposits.remove(deposit)
        with ThreadPoolExecutor() as pool:  # unpacking and parsing leave the interpreter free
            readings = list(pool.map(lambda deposit: _if_there(deposit, _reading), fresh))
        pairs, held = corrections.apart([(d, r) for d, r in zip(fresh, readings, strict=True) if r])
        waiting = sorted([*held, *waiting], key=lambda d: (d.arrived_ns, str(d.place)))
        pairs = [(deposit, _whole(deposit, read, storage, keyring)) for deposit, read in pairs]
        done += _settle(pairs, storage, keyring)
        LOG.info("Returns judged: %d of %d", len(ready) - len(waiting), len(ready))
    signalements.write(storage)
    return sorted(done, key=lambda j: (j.deposit.arrived_ns, str(j.deposit.place)))


def _whole(deposit: deposits.Deposit, read: reading.Reading, storage: Storage, keyring: Keyring) -> reading.Reading:
    """The return that a deposit makes; a correction is laid over the original in the vault."""
    return corrections.whole(
        deposit,
        read,
        opened=lambda siren, return_id: corrections.sealed_original(storage, keyring, siren, return_id),
        kept=lambda siren: _read(storage, REGISTRY, [siren]).filter("retenue"),
    )


def _if_there(deposit: deposits.Deposit, use: Callable):
    """What `use` makes of a deposit; None when it went away or changed since it was listed: left for the next time."""
    try:
        return use(deposit)
    except deposits.GoneError as error:
        LOG.warning("A deposit of %s is left for the next refresh: %s", deposit.siren, error)
        return None


def _reading(deposit: deposits.Deposit) -> reading.Reading:
    return reading.read(deposit.contents, deposit.obstacles)


def _settle(pairs: list[tuple[deposits.Deposit, reading.Reading]], storage, keyring) -> list[Judgement]:
    """Judges and publishes one batch; when judging fails unforeseen, one by one, so that it costs one return."""
    known = _known(storage, {deposit.siren for deposit, _ in pairs})
    try:
        judgements = judge(pairs, known, keyring)
    except Exception as error:
        LOG.exception("unforeseen failure while judging %d returns", len(pairs))
        if len(pairs) > 1:
            return [judgement for pair in pairs for judgement in _settle([pair], storage, keyring)]
        pairs[0][1].refuse("fichier_illisible", type(error).__name__)
        judgements = judge(pairs, known, keyring)
    _publish(judgements, storage, keyring)
    for judgement in judgements:
        judgement.let_go()
    return judgements


def _next_batch(waiting: list[deposits.Deposit]) -> tuple[list[deposits.Deposit], list[deposits.Deposit]]:
    """At most BATCH deposits of BATCH_BYTES in all, in order of arrival, and those left for later.

    A file sent again waits, with all that came after it: whether it is a repeat hangs on the verdict of the first, and
    what is said of a return hangs on those that came before it, of whichever member.
    """
    taken: set[tuple[str, str]] = set()
    size = 0
    for count, deposit in enumerate(waiting):
        is_full = count == BATCH or (count and size + deposit.size > BATCH_BYTES)
        if is_full or (deposit.siren, deposit.sha256) in taken:
            return waiting[:count], waiting[count:]
        taken.add((deposit.siren, deposit.sha256))
        size += deposit.size
    return waiting, []


def judge_only(storage: Storage, files: list[Path], siren: str | None) -> Judgement:
    """The judgement that `files` would get as one return, against what the home holds; nothing is written.

    `siren`: whose return it is; None takes the file's word.
    """
    files = [found for file in files for found in (sorted(file.iterdir()) if file.is_dir() else [file])]
    for file in files:
        if not file.is_file():
            raise SettingError(f"no such file: {file}")
    deposit = deposits.of_files(siren or "", files, time.time_ns())
    read = _reading(deposit)
    if siren is None:
        stated = read.header.get("siren_adherent") or read.siren_of_export or ""
        deposit = replace(deposit, siren=stated.replace(" ", "").removesuffix(".0"))
    keyring = Keyring.open(storage, remember=False)
    read = _whole(deposit, read, storage, keyring)
    return judge([(deposit, read)], _known(storage, {deposit.siren}), keyring)[0]


def prepare_lake(storage: Storage) -> None:
    """Every table of the lake exists, be it without rows, and every file of it has today's columns."""
    for (schema, table), contract in CONTRACTS.items():
        path = storage.lake_table(schema, table) / "000_schema.parquet"
        if not path.exists() or pl.read_parquet_schema(path) != contract.polars_schema:
            for older in sorted(path.parent.glob("*.parquet")):
                replace_file(older, _in_shape([pl.read_parquet(older)], contract).write_parquet)
            replace_file(path, contract.empty.write_parquet)


def members(storage: Storage) -> pl.DataFrame:
    """Rows of members.csv, judged by its contract; raises SettingError when it is missing or wrong."""
    path = storage.members_csv
    if not path.exists():
        raise SettingError(f"{path.name} is missing from TERRITOIRES_HOME: it says who may deposit (see README)")
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise SettingError(f"{path.name} is not UTF-8 text: save it again as CSV UTF-8") from None
    separator = max(";,\t", key=text.partition("\n")[0].count)  # French spreadsheets write semicolons
    rows = list(csv.DictReader(io.StringIO(text, newline=""), delimiter=separator))
    for number, row in enumerate(rows, start=2):
        if None in row:
            raise SettingError(f"{path.name}, line {number}: more cells than the header has columns")
    if not rows:
        raise SettingError(f"{path.name} lists no member: it says who may deposit (see README)")
    contract = CONTRACTS["federation", "members"]
    frame = pl.DataFrame(rows, schema=dict.fromkeys(rows[0], pl.String))
    verdict = validate(frame, contract)
    if verdict.failures.height:
        first = verdict.failures.row(0, named=True)
        sentence, remedy = explanation(first["regle"], first["colonne"])
        place = f"members.csv, line {first['row'] + 2}, column {first['colonne']}"
        raise SettingError(f"{place}: {first['regle']} ({first['valeur']}). {sentence} {remedy}")
    return verdict.accepted


def publish_members(storage: Storage) -> None:
    """members.csv -> lake, so that the warehouse knows who is expected."""
    replace_file(storage.lake_table("federation", "members") / "members.parquet", members(storage).write_parquet)


def _known(storage: Storage, sirens: Iterable[str]) -> Known:
    sirets = {siren: set(group["siret"]) for (siren,), group in members(storage).group_by("siren_adherent")}
    registry = _read(storage, REGISTRY, sirens)
    last = {
        (row["siren_adherent"], row["periode"]): (row["empreinte"], row["id_remontee"], row["verdict"])
        for row in registry.sort("recue_le", "id_remontee").iter_rows(named=True)
    }
    kept = registry.filter("retenue").select(list(DELIVERY))

    @cache
    def lake(table: str) -> pl.DataFrame:
        mine = kept.filter(nom_table=table)
        return _read(storage, CONTRACTS["returns", table], sirens).join(mine, on=RETURN, how="semi")

    return Known(sirets, last, kept, lake, partial(identity.lake_people, storage))


def _read(storage: Storage, contract: Contract, sirens: Iterable[str]) -> pl.DataFrame:
    paths = [storage.member_file(contract.table, siren) for siren in sorted(sirens)]
    return _in_shape([pl.read_parquet(path) for path in paths if path.exists()], contract)


def _in_shape(frames: list[pl.DataFrame], contract: Contract) -> pl.DataFrame:
    """One frame in today's columns: those that a contract has gained since are null, those it has lost are dropped."""
    return pl.concat([contract.empty, *frames], how="diagonal").select(list(contract.polars_schema))


def _already_published(storage: Storage, deposit: deposits.Deposit) -> bool:
    """True for a deposit whose return was committed just before the last refresh was killed."""
    path = storage.member_file(REGISTRY.table, deposit.siren)
    return path.exists() and deposit.return_id in pl.read_parquet(path, columns=["id_remontee"])["id_remontee"]


def _publish(judgements: list[Judgement], storage: Storage, keyring: Keyring) -> None:
    """Per member: originals, wrong rows, accepted rows, receipts, and last the registry; then the deposit may go."""
    by_member: dict[str, list[Judgement]] = {}
    for judgement in judgements:
        by_member.setdefault(judgement.deposit.siren, []).append(judgement)
    for siren, mine in by_member.items():
        for judgement in mine:
            if judgement.keeps_original:
                _seal(judgement, storage, keyring)
            _write_quarantine(judgement, storage)
        for table in sorted({table for judgement in mine for table in judgement.rows}):
            rows = [j.rows[table] for j in mine if table in j.rows and not j.tables[table].refused]
            _append(storage, CONTRACTS["returns", table], siren, mine, rows)
        for judgement in mine:
            receipts.write(judgement, storage)
        listed = [j for j in mine if j.reading.period is not None and not _is_stranger(j)]
        if listed:
            _append(storage, ANOMALIES, siren, listed, [_anomalies(j) for j in listed])
            _append(storage, REPAIRS, siren, listed, [_traced(j, j.repairs, REPAIRS) for j in listed])
            _append(storage, REGISTRY, siren, listed, [_registry_rows(j) for j in listed])
        for judgement in mine:
            deposits.remove(judgement.deposit)


def _is_stranger(judgement: Judgement) -> bool:
    return any(problem.rule == "adherent_inconnu" for problem in judgement.reading.problems)


def _append(storage, contract: Contract, siren: str, mine: list[Judgement], rows: list[pl.DataFrame]) -> None:
    """Adds rows to a member's file. Rows of the same returns from an interrupted refresh are written over."""
    new = pl.concat([contract.empty, *rows])
    path = storage.member_file(contract.table, siren)
    ids = [judgement.deposit.return_id for judgement in mine]
    old = _read(storage, contract, [siren]).filter(~pl.col("id_remontee").is_in(ids))
    if new.height or path.exists():
        replace_file(path, pl.concat([old, new]).write_parquet)


def _registry_rows(judgement: Judgement) -> pl.DataFrame:
    deposit, period = judgement.deposit, judgement.reading.period
    repeated = judgement.repeats is not None
    rows = [
        (
            deposit.siren, deposit.return_id, period.text, period.start, period.end, deposit.received_at,
            judgement.reading.extracted_on, table, judgement.verdict, not count.refused and not repeated,
            count.received, count.accepted, count.quarantined, count.folded, deposit.sha256,
        )
        for table, count in judgement.tables.items()
    ]  # fmt: skip
    return pl.DataFrame(rows, schema=REGISTRY.polars_schema, orient="row")


def _anomalies(judgement: Judgement) -> pl.DataFrame:
    graded = pl.concat(
        [
            judgement.failures.with_columns(gravite=pl.lit("erreur")),
            judgement.warnings.with_columns(gravite=pl.lit("avertissement")),
        ]
    )
    return _traced(judgement, graded.with_columns(pl.col("nom_table").fill_null("")), ANOMALIES)


def _traced(judgement: Judgement, facts: pl.DataFrame, contract: Contract) -> pl.DataFrame:
    """`facts` with the return they belong to, in the columns of `contract`."""
    trace = {"siren_adherent": judgement.deposit.siren, "id_remontee": judgement.deposit.return_id}
    return facts.with_columns(**{name: pl.lit(value) for name, value in trace.items()}).select(
        list(contract.polars_schema)
    )


def _write_quarantine(judgement: Judgement, storage: Storage) -> None:
    """The wrong rows, as far as they could be read, with their reasons; unreadable cells are null here."""
    if not any(rows.height for rows in judgement.wrong.values()):
        return
    reasons = judgement.failures.group_by("nom_table", "ligne").agg(
        regles=(pl.col("colonne").fill_null("") + " : " + pl.col("regle")).str.join(" | ")
    )
    for table, rows in judgement.wrong.items():
        if rows.height:
            mine = reasons.filter(pl.col("nom_table") == table).drop("nom_table")
            path = storage.quarantine / table / f"{judgement.deposit.siren}-{judgement.deposit.return_id}.parquet"
            replace_file(path, rows.join(mine, on="ligne", how="left").sort("ligne").write_parquet)


def _seal(judgement: Judgement, storage: Storage, keyring: Keyring) -> None:
    """The files as received, encrypted; names of files may hold a person's name, so they are inside too."""
    deposit = judgement.deposit
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        for name, content in deposit.contents:
            entry = tarfile.TarInfo(name)
            entry.size, entry.mtime = len(content), deposit.arrived_ns // 1_000_000_000
            archive.addfile(entry, io.BytesIO(content))
    folder = storage.vault / receipts.member_folder(judgement)
    label = f"{deposit.siren}/{deposit.return_id}"
    sealed = keyring.encrypt(packed.getvalue(), label)
    facts = {
        "label": label, "siren": deposit.siren, "return_id": deposit.return_id, "sha256": deposit.sha256,
        "size": sum(len(content) for _, content in deposit.contents), "files": len(deposit.paths),
        "received_at": f"{deposit.received_at.isoformat()}Z", "sealed_sha256": sha256_of(sealed),
    }  # fmt: skip
    replace_file(folder / f"{deposit.return_id}.sealed", lambda path: path.write_bytes(sealed))
    replace_file(folder / f"{deposit.return_id}.json", lambda path: path.write_text(json.dumps(facts, indent=1)))
