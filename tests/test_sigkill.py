"""The real `territoires refresh`, killed at fifty moments and started again, ends as if nothing had happened.

Here: processes and SIGKILL. Not here: the intake dying at each single step, in this process (`test_publishing.py`).
"""

import contextlib
import json
import os
import random
import signal
import subprocess
import sys
import tarfile
import time
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path

import duckdb
import polars as pl
import polars.selectors
import pytest
from intake import MEMBERS_CSV, NIR, SIREN, a_return, as_zip, changed

from orchestration import releases
from orchestration.resources import PROJECT, Keyring, Storage
from orchestration.returns import deposits
from sample.deposits import write_return
from sample.facts import Member, quarters_until
from sample.federation import draw_federation
from sample.returns import draw_returns

KILLS = 50
SEED = 20251124
#: Beyond this many starts the rounds have not been killed often enough, and something is wrong.
MOST_STARTS = 110
COMMAND = [str(Path(sys.executable).parent / "territoires"), "refresh"]

#: siren, files of one deposit
Deposits = list[tuple[str, list[Path]]]


def _federation(outbox: Path) -> tuple[str, Deposits]:
    """members.csv, and the deposits of a few members in order of period, good, refused, corrected and repeated."""
    window = quarters_until("2025T3", 8)
    drawn = draw_federation(SEED, 0.02, window)
    special = {m.case: m for m in drawn if m.case}
    members: list[Member] = [special[case] for case in ("refused", "correction", "repeat", "folder")]
    waiting: list[tuple[str, str, list[Path]]] = []
    for member in members:
        for ret in draw_returns(random.Random(member.siren), window, member):
            made = write_return(outbox, ret)
            files = sorted(made.iterdir()) if made.is_dir() else [made]
            waiting.append((ret.period + ret.suffix, member.siren, files))
    found = [(siren, files) for _, siren, files in sorted(waiting)]
    # By hand: a row set aside, bytes of no kind of file, what must not be received, and a good one to end with.
    for place, content in (
        (1, as_zip(changed(a_return(period="2025T1"), "salaries", "sexe", "?", [7]))),
        (5, b"PK\x03\x04" + bytes(300)),
        (9, as_zip(a_return(period="2025T1", contact=NIR))),
        (13, as_zip(a_return(period="2025T2"))),
        (len(found) + 4, as_zip(a_return(period="2025T3"))),
    ):
        path = outbox / f"{place}.bin"
        path.write_bytes(content)
        found.insert(place, (SIREN, [path]))
    lines = [f"{m.siren},{m.name},{s.siret},{s.kind},28," for m in members for s in m.structures]
    return MEMBERS_CSV + "\n".join(lines) + "\n", found


@dataclass
class House:
    """A home, and the refreshes started on it."""

    storage: Storage
    log: Path
    kills: list[str] = field(default_factory=list)
    starts: int = 0

    def refresh(self) -> float:
        """One undisturbed refresh; returns its seconds."""
        began = time.monotonic()
        assert self._run(600), "a refresh that does not end"
        return time.monotonic() - began

    def kill(self, moment: float) -> bool:
        """A refresh killed after `moment` seconds; False when it had ended before."""
        if self._run(moment):
            return False
        self.kills.append(f"start {self.starts}, after {moment:.2f} s")
        return True

    def _run(self, seconds: float) -> bool:
        """True when a refresh ended by itself; after `seconds` it dies with its children."""
        self.starts += 1
        environment = os.environ | {"TERRITOIRES_HOME": str(self.storage.home), "PYTHONPATH": str(PROJECT)}
        with self.log.open("ab") as log:
            process = subprocess.Popen(COMMAND, env=environment, stdout=log, stderr=log, start_new_session=True)
        try:
            self._ended(process.wait(timeout=seconds))
            return True
        except subprocess.TimeoutExpired:
            return False
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()

    def _ended(self, code: int) -> None:
        """Well, or with nothing to release because all it found was refused."""
        told = self.log.read_text()
        assert code == 0 or (code == 1 and told.rstrip().rpartition("\n")[2].startswith("Nothing new for the marts")), (
            told[-3000:]
        )


def _house(folder: Path, members: str) -> House:
    storage = Storage(folder / "home")
    storage.home.mkdir(parents=True)
    storage.members_csv.write_text(members, encoding="utf-8")
    return House(storage, folder / "log.txt")


@pytest.mark.slow
def test_a_refresh_killed_at_fifty_moments_loses_nothing_and_doubles_nothing(tmp_path):
    members, waiting = _federation(tmp_path / "outbox")
    reference = _house(tmp_path / "undisturbed", members)
    for siren, files in waiting:
        deposits.put(reference.storage, siren, files)
    whole = reference.refresh()
    idle = reference.refresh()  # nothing new: start-up, and the intake's look around
    house = _house(tmp_path / "killed", members)
    try:
        _killed_over_and_over(house, list(waiting), whole, idle)
        found, expected = _state(house.storage), _state(reference.storage)
        assert len(list(house.storage.receipts.glob("*/*.json"))) == len(waiting)
        assert expected["lake contrats"] and expected["mart fct_contract"]
        assert found.keys() == expected.keys()
        for name, content in expected.items():
            assert found[name] == content, name
        house.refresh()
        assert _state(house.storage) == expected, "nothing was left to do"
    except AssertionError as error:
        error.add_note("\n".join(["killed:", *house.kills]))
        raise


def _killed_over_and_over(house: House, left: Deposits, whole: float, idle: float) -> None:
    """Rounds of new deposits, kills, and now and then an undisturbed refresh; one at the end.

    The last return waits for the end: refused and repeated ones make no release, and a mart counts them too.
    `whole` and `idle`: seconds of a refresh that builds a release, and of one that has nothing to do.
    """
    rng = random.Random(SEED)
    last = left.pop()
    undone = False  # something waits in the landing folder, or was begun by a refresh that died
    while len(house.kills) < KILLS:
        assert house.starts < MOST_STARTS
        rounds = max(1, (KILLS - len(house.kills)) // 2)
        for siren, files in [left.pop(0) for _ in range(min(len(left), -(-len(left) // rounds)))]:
            deposits.put(house.storage, siren, files)
            undone = True
        for _ in range(rng.choice((1, 2, 2, 3))):  # the restart is killed too
            # Half of them while returns are taken in: just after the start-up.
            early = rng.random() < 0.5
            moment = rng.uniform(0.5 * idle, 1.7 * idle) if early else rng.uniform(0, whole)
            undone = house.kill(moment if undone else rng.uniform(0, 0.8 * idle)) and undone
        if rng.random() < 0.2:
            before = releases.current_id(house.storage)
            seconds, undone = house.refresh(), False
            if releases.current_id(house.storage) != before:
                whole = seconds  # the home grows, and the machine has other work
            _assert_nothing_is_left_over(house.storage)
    for siren, files in [*left, last]:
        deposits.put(house.storage, siren, files)
    house.refresh()
    _assert_nothing_is_left_over(house.storage)


def _assert_nothing_is_left_over(storage: Storage) -> None:
    assert not [p for p in storage.landing.rglob("*") if p.is_file()]
    hidden = [p for p in storage.home.rglob("*") if p.name.startswith(".") or p.name.endswith((".part", ".judged"))]
    kept = [p for p in hidden if storage.dagster_home not in p.parents and p != storage.home / ".lock"]
    assert not kept, kept
    current = releases.current_id(storage)
    assert current and [r.id for r in releases.listed(storage) if r.is_current] == [current]


# --- what a home holds, free of the hour at which it arrived -----------------------------------------------------


def _identity(frame: pl.DataFrame) -> list[tuple]:
    """Rows without moments, all of them of arrival; a return is named by the hash of its contents."""
    kept = frame.select(~polars.selectors.datetime())
    ids = [c for c in kept.columns if c in ("id_remontee", "return_id") or c.endswith("_return_id")]
    rows = kept.with_columns(pl.col(ids).str.slice(-12)).rows()
    return sorted((tuple(round(v, 9) if isinstance(v, float) else v for v in row) for row in rows), key=repr)


def _state(storage: Storage) -> dict[str, object]:
    state: dict[str, object] = {}
    for table in sorted(storage.lake.glob("*/*")):
        frame = pl.concat(pl.read_parquet(path) for path in sorted(table.glob("*.parquet")))
        state[f"lake {table.name}"] = _identity(frame)
    state["quarantine"] = sorted(
        ((path.parent.name, path.stem[-12:], _identity(pl.read_parquet(path)))
         for path in storage.quarantine.rglob("*.parquet")), key=repr,
    )  # fmt: skip
    for kind in ("json", "html", "xlsx"):
        state[f"receipts {kind}"] = sorted(
            (path.parent.name, path.stem[-12:]) for path in storage.receipts.glob(f"*/*.{kind}")
        )
    state["receipts"] = sorted((_receipt(path) for path in storage.receipts.glob("*/*.json")), key=repr)
    state["vault"] = sorted(_originals(storage), key=repr)
    with duckdb.connect(str(storage.current_db), read_only=True) as db:
        for (table,) in db.execute("select table_name from duckdb_tables() where schema_name = 'marts'").fetchall():
            state[f"mart {table}"] = _identity(db.execute(f"from marts.{table}").pl())
    return state


def _receipt(path: Path) -> dict:
    receipt = json.loads(path.read_text(encoding="utf-8"))
    del receipt["received_at"]
    receipt["repeats"] = receipt["repeats"] and receipt["repeats"][-12:]
    return receipt | {"return_id": receipt["return_id"][-12:]}


def _originals(storage: Storage) -> list[tuple]:
    keyring, found = Keyring.open(storage), []
    for path in storage.vault.glob("*/*.sealed"):
        facts = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
        with tarfile.open(fileobj=BytesIO(keyring.decrypt(path.read_bytes(), facts["label"]))) as archive:
            files = [(m.name, archive.extractfile(m).read()) for m in archive.getmembers()]
        found.append((path.parent.name, path.stem[-12:], files))
    return found
