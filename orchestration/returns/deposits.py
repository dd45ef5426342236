"""What lies in the landing folder, and how a deposit gets there.

Here: finding deposits that are complete, their identity and time of arrival, putting files in atomically. Not here:
opening them (`reading.py`). Cheap enough for a sensor that looks every few seconds: no file is opened by `pending`.
"""

import contextlib
import json
import os
import re
import secrets
import shutil
import time
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path

from orchestration.resources import SettingError, Storage, replace_file, sha256_of

#: A loose file that changed less than this ago may still be arriving. `deposit` needs no such wait: it renames.
QUIET_SECONDS = 2.0
#: Single CSV files that lie together are one return; any other file is one by itself.
_SINGLE_TABLE = (".csv", ".txt", ".tsv")
_COMPLETE, _JUDGED = ".depot", ".judged"


@dataclass(frozen=True)
class Deposit:
    """One return as it lies in a member's landing folder: `paths` are its files, `place` is what to remove."""

    siren: str
    place: tuple[Path, ...]
    paths: tuple[Path, ...]
    arrived_ns: int

    @property
    def received_at(self) -> datetime:
        """Arrival in the folder (UTC, microseconds): the same on every retry, and no sender can set it."""
        return datetime.fromtimestamp(self.arrived_ns // 1000 / 1_000_000, UTC).replace(tzinfo=None)

    @cached_property
    def contents(self) -> list[tuple[str, bytes]]:
        """(name, bytes) of each file."""
        return [(path.name, path.read_bytes()) for path in self.paths]

    @cached_property
    def sha256(self) -> str:
        """Of the contents alone: the same file under another name is the same deposit."""
        return sha256_of("".join(sorted(sha256_of(content) for _, content in self.contents)).encode())

    @property
    def return_id(self) -> str:
        return f"{self.received_at:%Y%m%dT%H%M%S%f}-{self.sha256[:12]}"


def pending(storage: Storage, now: float | None = None) -> tuple[list[Deposit], list[Path]]:
    """Complete deposits in order of arrival, and the files that may still be arriving."""
    now = time.time() if now is None else now
    ready: list[Deposit] = []
    arriving: list[Path] = []
    for folder in _entries(storage.landing):
        if not folder.is_dir(follow_symlinks=False):
            continue
        loose: list[os.DirEntry] = []
        for entry in _entries(folder.path):
            if entry.is_dir(follow_symlinks=False):
                files = [e for e in _entries(entry.path) if e.is_file(follow_symlinks=False)]
                _sort(folder.name, (Path(entry.path),), files, entry.name.endswith(_COMPLETE), now, ready, arriving)
            elif entry.is_file(follow_symlinks=False):
                if entry.name.lower().endswith(_SINGLE_TABLE):
                    loose.append(entry)
                else:
                    _sort(folder.name, (Path(entry.path),), [entry], False, now, ready, arriving)
        _sort(folder.name, tuple(Path(e.path) for e in loose), loose, False, now, ready, arriving)
    return sorted(ready, key=lambda d: (d.arrived_ns, str(d.place))), arriving


def _sort(siren, place, files, complete, now, ready, arriving) -> None:
    if not files:
        return
    arrived = max(file.stat().st_ctime_ns for file in files)
    if complete or now - arrived / 1e9 >= QUIET_SECONDS:
        ready.append(Deposit(siren, place, tuple(sorted(Path(f.path) for f in files)), arrived))
    else:
        arriving.extend(Path(f.path) for f in files)


def _entries(folder: str | Path) -> list[os.DirEntry]:
    """Visible entries: a name that begins with a dot, or ends as half-sent files do, is not there yet."""
    if not os.path.isdir(folder):
        return []
    with os.scandir(folder) as found:
        return [e for e in found if not e.name.startswith(".") and not e.name.endswith((".part", ".tmp", ".filepart"))]


def put(storage: Storage, siren: str, files: Iterable[Path]) -> Path:
    """Copies `files` into the member's folder as one deposit, visible only when complete."""
    files = list(files)
    if not re.fullmatch(r"\d{9}", siren):
        raise SettingError(f"--member must be a SIREN of nine digits, got: {siren}")
    for file in files:
        if not file.is_file():
            raise SettingError(f"no such file: {file}")
    if len({file.name for file in files}) < len(files):
        raise SettingError("two of these files have the same name: deposit them one by one")
    folder = storage.landing / siren
    folder.mkdir(parents=True, exist_ok=True)
    name = f"{datetime.now(UTC):%Y%m%dT%H%M%S%f}-{secrets.token_hex(2)}{_COMPLETE}"
    hidden = folder / f".{name}"
    hidden.mkdir()
    try:
        for file in files:
            shutil.copyfile(file, hidden / file.name)
        return hidden.rename(folder / name)
    except OSError:
        shutil.rmtree(hidden, ignore_errors=True)
        raise


def remove(deposit: Deposit) -> None:
    """Takes a judged deposit out of the landing folder.

    Of several files some may be gone when the process is killed, and the others would then pass for another return:
    a hidden note says what to remove, and `finish_removals` heeds it.
    """
    if len(deposit.paths) < 2:
        _unlink(deposit.paths, deposit.place)
        return
    folder = deposit.place[0].parent
    facts = {
        "files": [[str(path.relative_to(folder)), path.stat().st_ctime_ns] for path in deposit.paths],
        "folders": [place.name for place in deposit.place if place.is_dir()],
    }
    note = folder / f".{deposit.return_id}{_JUDGED}"
    replace_file(note, lambda path: path.write_text(json.dumps(facts), encoding="utf-8"))
    _finish(note)


def finish_removals(storage: Storage) -> None:
    """Removes what a killed refresh had judged and published but not yet taken away."""
    for note in storage.landing.glob(f"*/.*{_JUDGED}"):
        _finish(note)


def _finish(note: Path) -> None:
    facts, folder = json.loads(note.read_text(encoding="utf-8")), note.parent
    files = [(folder / name, changed) for name, changed in facts["files"]]
    # A file that has changed since is a new deposit under an old name.
    same = [path for path, changed in files if path.exists() and path.stat().st_ctime_ns == changed]
    _unlink(same, [folder / name for name in facts["folders"]])
    note.unlink()


def _unlink(paths: Iterable[Path], places: Iterable[Path]) -> None:
    for path in paths:
        path.unlink(missing_ok=True)
    for place in places:
        if place.is_dir():
            with contextlib.suppress(OSError):  # it holds something that was not read, such as a hidden file
                place.rmdir()
