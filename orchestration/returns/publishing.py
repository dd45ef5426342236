"""Verdicts -> vault, quarantine, lake, registry, receipts; then the landing folder is emptied. The same from the vault.

Here: the order of writes that makes a refresh safe to kill. The registry is the commit log: rows of a return that is
not in it do not exist for the warehouse, and a retry writes the same bytes again (identity and time of arrival come
from the deposit). Not here: verdicts (`judging.py`), the words of a receipt (`receipts.py`).
"""

import csv
import io
import logging
import shutil
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache, partial
from pathlib import Path

import polars as pl

from contracts import CONTRACTS, Contract, explanation, validate
from orchestration.resources import Keyring, SettingError, Storage, forget_unfinished, replace_file
from orchestration.returns import (
    corrections,
    deposits,
    forgotten,
    identity,
    reading,
    receipts,
    signalements,
    vault,
)  # fmt: skip
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

    def publish(judgements: list[Judgement]) -> None:
        for judgement in judgements:
            vault.seal(judgement, storage, keyring)
        _publish(judgements, storage)
        for judgement in judgements:
            deposits.remove(judgement.deposit)

    for deposit in [d for d in ready if _already_published(storage, d)]:
        deposits.remove(deposit)
        ready.remove(deposit)
    for pairs in _rounds(ready, lambda deposit: _if_there(deposit, _reading)):
        learned = forgotten.refuse_all_at_the_door(pairs, storage, keyring)
        wholes = [(deposit, whole(deposit, read, storage, keyring)) for deposit, read in pairs]
        done += _settle(wholes, storage, keyring, publish)
        forgotten.save(storage, learned)
    signalements.write(storage)
    return sorted(done, key=lambda j: (j.deposit.arrived_ns, str(j.deposit.place)))


def replay(
    storage: Storage,
    keyring: Keyring,
    target: Storage,
    change: Callable[[vault.Original, reading.Reading], None] = lambda original, read: None,
) -> list[Judgement]:
    """Judges every return of the vault of `storage` again, in order of arrival, and publishes under `target`.

    Made again: rows, registry, anomalies and repairs of the lake, quarantine, receipts. `change` sees each reading
    before it is judged. Who is a member is what members.csv says today, what is right what the contracts say today.
    """
    members(storage)  # says at once when members.csv is wrong
    replace_file(target.members_csv, partial(shutil.copyfile, storage.members_csv))
    prepare_lake(target)
    for folder in (target.quarantine, target.receipts):
        folder.mkdir(exist_ok=True)
    done: list[Judgement] = []
    for pairs in _rounds(vault.originals(storage, keyring), vault.Original.read):
        wholes = [(original, whole(original, read, storage, keyring, target)) for original, read in pairs]
        for original, read in wholes:
            change(original, read)
        done += _settle(wholes, target, keyring, lambda judgements: _publish(judgements, target))
    signalements.write(target)
    return done


def put_in_place(storage: Storage, target: Storage) -> None:
    """What was made under `target`, which is `storage.beside()`, becomes what the home holds; marts are due again."""
    replace_file(target.rebuilt, lambda path: path.write_text(f"{datetime.now(UTC).isoformat()}\n", encoding="utf-8"))
    storage.put_in_place()


def move_out(storage: Storage, target: Storage, home: Path) -> None:
    """What was made under `target` becomes a home by itself, with the same key and members, and without originals."""
    for path in (storage.key_json, storage.erased_json, storage.sample_json):
        if path.exists():
            copied = target.home / path.relative_to(storage.home)
            replace_file(copied, partial(shutil.copyfile, path), private=path.parent == storage.vault)
    home.parent.mkdir(parents=True, exist_ok=True)
    if home.exists():
        home.rmdir()  # the caller has seen that it is empty
    shutil.move(target.home, home)


def whole(
    deposit: deposits.Deposit, read: reading.Reading, storage: Storage, keyring: Keyring, target: Storage | None = None
) -> reading.Reading:
    """The return that a deposit makes; a correction is laid over the original in the vault of `storage`.

    `target`: the home whose registry says what has been replaced since; `storage` itself by default.
    """
    return corrections.whole(
        deposit,
        read,
        opened=lambda siren, return_id: vault.earlier(storage, keyring, siren, return_id),
        kept=lambda siren: _read(target or storage, REGISTRY, [siren]).filter("retenue"),
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


def _rounds(
    ready: list[deposits.Deposit], read: Callable[[deposits.Deposit], reading.Reading | None]
) -> Iterator[list[tuple[deposits.Deposit, reading.Reading]]]:
    """Deposits and what is in them, as many at a time as can be judged together."""
    waiting = ready
    held_back: dict[int, reading.Reading] = {}  # read once, however many corrections wait for one another

    def once(deposit: deposits.Deposit) -> reading.Reading | None:
        return held_back.pop(id(deposit), None) or read(deposit)

    while waiting:
        batch, waiting = _next_batch(waiting)
        with ThreadPoolExecutor() as pool:  # unpacking and parsing leave the interpreter free
            readings = list(pool.map(once, batch))
        pairs, held = corrections.apart([(d, r) for d, r in zip(batch, readings, strict=True) if r])
        of_batch = {id(deposit): found for deposit, found in zip(batch, readings, strict=True)}
        held_back.update((id(deposit), of_batch[id(deposit)]) for deposit in held)
        waiting = sorted([*held, *waiting], key=lambda d: (d.arrived_ns, str(d.place)))
        yield pairs
        LOG.info("Returns judged: %d of %d", len(ready) - len(waiting), len(ready))


def _settle(pairs: list[tuple[deposits.Deposit, reading.Reading]], storage, keyring, publish) -> list[Judgement]:
    """Judges and publishes one batch; when judging fails unforeseen, one by one, so that it costs one return."""
    known = _known(storage, {deposit.siren for deposit, _ in pairs})
    try:
        judgements = judge(pairs, known, keyring)
    except Exception as error:
        LOG.exception("unforeseen failure while judging %d returns", len(pairs))
        if len(pairs) > 1:
            return [judgement for pair in pairs for judgement in _settle([pair], storage, keyring, publish)]
        pairs[0][1].refuse("fichier_illisible", type(error).__name__)
        judgements = judge(pairs, known, keyring)
    publish(judgements)
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
    if storage.is_unfinished:
        with storage.lock():  # takes the lake out of the middle of a replay that was killed
            pass
    deposit = deposits.of_files(siren or "", files, time.time_ns())
    read = _reading(deposit)
    if siren is None:
        stated = read.header.get("siren_adherent") or read.siren_of_export or ""
        deposit = replace(deposit, siren=stated.replace(" ", "").removesuffix(".0"))
    keyring = Keyring.open(storage, remember=False)
    forgotten.refuse_at_the_door(read, deposit.siren, forgotten.load(storage), keyring)
    read = whole(deposit, read, storage, keyring)
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


def _publish(judgements: list[Judgement], storage: Storage) -> None:
    """Per member: wrong rows, accepted rows, receipts, and last the registry."""
    by_member: dict[str, list[Judgement]] = {}
    for judgement in judgements:
        by_member.setdefault(judgement.deposit.siren, []).append(judgement)
    for siren, mine in by_member.items():
        for judgement in mine:
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
    """The wrong rows, as far as they could be read, with their reasons; unreadable cells are null here, and so is what
    names a person in a column that is nobody's."""
    if not any(rows.height for rows in judgement.wrong.values()):
        return
    text = pl.col(pl.String).exclude(*RETURN, "id_salarie", "pass_iae")
    clear = pl.when(~text.str.strip_chars().is_in(sorted(judgement.naming))).then(text).name.keep()
    reasons = judgement.failures.group_by("nom_table", "ligne").agg(
        regles=(pl.col("colonne").fill_null("") + " : " + pl.col("regle")).str.join(" | ")
    )
    for table, rows in judgement.wrong.items():
        if rows.height:
            mine = reasons.filter(pl.col("nom_table") == table).drop("nom_table")
            path = storage.quarantine / table / f"{judgement.deposit.siren}-{judgement.deposit.return_id}.parquet"
            replace_file(path, rows.with_columns(clear).join(mine, on="ligne", how="left").sort("ligne").write_parquet)
