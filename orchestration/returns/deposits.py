"""What lies in the landing folder, and how a deposit gets there.

Here: finding deposits that are complete, their identity and time of arrival, their bytes, putting files in atomically.
Not here: what the bytes say (`formats.py`). Cheap enough for a sensor that looks every few seconds: no file is opened
by `pending`. Nothing is followed out of the landing folder: a link, a pipe or a device is refused as it lies there.
"""

import contextlib
import hashlib
import json
import logging
import os
import re
import secrets
import shutil
import stat
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path

from orchestration.resources import SettingError, Storage, replace_file, sha256_of
from orchestration.returns.limits import MAX_FILES, MAX_RECEIVED

LOG = logging.getLogger("territoires")
#: A loose file that changed less than this ago may still be arriving. `deposit` needs no such wait: it renames.
QUIET_SECONDS = 2.0
#: Single CSV files that lie together are one return; any other file is one by itself.
_SINGLE_TABLE = (".csv", ".txt", ".tsv")
_COMPLETE, _JUDGED = ".depot", ".judged"
#: What may lie in a folder beside files and folders, as a receipt calls it.
_KINDS = {
    stat.S_IFLNK: "un lien symbolique", stat.S_IFIFO: "un tube", stat.S_IFSOCK: "une prise réseau",
    stat.S_IFBLK: "un périphérique", stat.S_IFCHR: "un périphérique",
}  # fmt: skip


class GoneError(Exception):
    """A file is no longer the one that was listed, or not readable yet: its deposit is left for the next time."""


@dataclass(frozen=True)
class Deposit:
    """One return as it lies in a member's landing folder: `paths` are its files, `place` is what to remove.

    `listed`: what each file was when it was listed; its bytes are taken only while it still is that file.
    `obstacles`: (rule, what about) of what forbids to read it at all.
    """

    siren: str
    place: tuple[Path, ...]
    paths: tuple[Path, ...]
    arrived_ns: int
    listed: tuple[tuple[int, ...], ...] = ()
    obstacles: tuple[tuple[str, str], ...] = ()

    @property
    def received_at(self) -> datetime:
        """Arrival in the folder (UTC, microseconds): the same on every retry, and no sender can set it."""
        return datetime.fromtimestamp(self.arrived_ns // 1000 / 1_000_000, UTC).replace(tzinfo=None)

    @property
    def size(self) -> int:
        """Bytes that reading it takes."""
        return 0 if self.obstacles else sum(_size(seen) for seen in self.listed)

    @cached_property
    def contents(self) -> list[tuple[str, bytes]]:
        """(name, bytes) of each file; none of a deposit that must not be read. Raises GoneError."""
        return [(_text(path.name), b"".join(chunks)) for path, chunks in self._opened()]

    @cached_property
    def sha256(self) -> str:
        """Of the contents alone: the same file under another name is the same deposit. Raises GoneError."""
        if self.obstacles:  # never opened: where it lies tells it from others
            return sha256_of(repr(sorted(self.listed)).encode())
        if "contents" in self.__dict__:
            found = [sha256_of(content) for _, content in self.contents]
        else:
            found = []
            for _, chunks in self._opened():
                running = hashlib.sha256()
                for chunk in chunks:
                    running.update(chunk)
                found.append(running.hexdigest())
        return sha256_of("".join(sorted(found)).encode())

    @property
    def return_id(self) -> str:
        return f"{self.received_at:%Y%m%dT%H%M%S%f}-{self.sha256[:12]}"

    def _opened(self) -> Iterator[tuple[Path, Iterator[bytes]]]:
        if not self.obstacles:
            for path, seen in zip(self.paths, self.listed, strict=True):
                yield path, _chunks(path, seen)


def of_files(siren: str, files: Iterable[Path], arrived_ns: int) -> Deposit:
    """`files`, wherever they lie, as one deposit that is not in the landing folder."""
    paths = tuple(Path(file).resolve() for file in files)
    listed = tuple(_identity(path.stat()) for path in paths)
    return Deposit(siren, (), paths, arrived_ns, listed, _obstacles(listed))


def _text(name: str) -> str:
    """A name on disk as text that can be written: some are in an encoding of their own."""
    return os.fsencode(name).decode("utf-8", "replace")


def _identity(found: os.stat_result) -> tuple[int, ...]:
    return (found.st_dev, found.st_ino, found.st_mode, found.st_size, found.st_ctime_ns)


def _size(seen: tuple[int, ...]) -> int:
    return seen[3]


def _chunks(path: Path, seen: tuple[int, ...]) -> Iterator[bytes]:
    """The bytes of a file as long as it is the one that was listed: no link is followed, no pipe waited for."""
    try:
        with open(os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as file:
            if _identity(os.fstat(file.fileno())) == seen:
                while chunk := file.read(1 << 20):
                    yield chunk
            if _identity(os.fstat(file.fileno())) != seen:
                raise GoneError("a listed file has changed")
    except OSError as error:  # its path is not said: names of files may hold names of people
        raise GoneError(f"a listed file cannot be read ({type(error).__name__})") from None


def _obstacles(listed: Iterable[tuple[int, ...]]) -> tuple[tuple[str, str], ...]:
    listed = list(listed)
    found = []
    kinds = {_KINDS.get(stat.S_IFMT(seen[2]), "un objet inconnu") for seen in listed if not stat.S_ISREG(seen[2])}
    if kinds:
        found.append(("pas_un_fichier_ordinaire", ", ".join(sorted(kinds))))
    if len(listed) > MAX_FILES:
        found.append(("trop_de_fichiers", f"{len(listed)}, {MAX_FILES} au plus"))
    if (size := sum(_size(seen) for seen in listed)) > MAX_RECEIVED:
        found.append(("fichier_trop_gros", f"{size // 1_000_000} Mo, {MAX_RECEIVED // 1_000_000} au plus"))
    return tuple(found)


def pending(storage: Storage, now: float | None = None) -> tuple[list[Deposit], list[Path]]:
    """Complete deposits in order of arrival, and the files that may still be arriving."""
    now = time.time() if now is None else now
    ready: list[Deposit] = []
    arriving: list[Path] = []
    for folder in _entries(storage.landing):
        if folder.is_file(follow_symlinks=False):  # beside the members' folders: nobody's, and told so
            _sort("", (Path(folder.path),), [folder], False, now, ready, arriving)
        if not folder.is_dir(follow_symlinks=False):  # a link too: whose deposits these are is not for a link to say
            continue
        siren = _text(folder.name)
        loose: list[os.DirEntry] = []
        for entry in _entries(folder.path):
            if entry.is_dir(follow_symlinks=False):
                complete = entry.name.endswith(_COMPLETE)
                files = _files_below(entry.path, _scanned if complete else _entries)
                _sort(siren, (Path(entry.path),), files, complete, now, ready, arriving)
            elif entry.name.lower().endswith(_SINGLE_TABLE):
                loose.append(entry)
            else:
                _sort(siren, (Path(entry.path),), [entry], False, now, ready, arriving)
        _sort(siren, tuple(Path(e.path) for e in loose), loose, False, now, ready, arriving)
    return sorted(ready, key=lambda d: (d.arrived_ns, str(d.place))), arriving


def _files_below(folder: str, listed: Callable[[str], list[os.DirEntry]]) -> list[os.DirEntry]:
    """Every file of a folder, be it in folders of that folder: they are one return."""
    files: list[os.DirEntry] = []
    folders = [folder]
    while folders:
        for entry in listed(folders.pop()):
            if entry.is_dir(follow_symlinks=False):
                folders.append(entry.path)
            else:
                files.append(entry)
    return files


def _sort(siren, place, files, complete, now, ready, arriving) -> None:
    files = sorted(files, key=lambda file: file.path)
    paths = tuple(Path(file.path) for file in files)
    if not files:
        return
    try:
        listed = tuple(_identity(file.stat(follow_symlinks=False)) for file in files)
    except OSError:  # taken away since it was listed
        arriving.extend(paths)
        return
    arrived = max(seen[-1] for seen in listed)
    obstacles = _obstacles(listed)
    # What could not be taken away afterwards would come again for ever.
    is_ours = all(os.access(folder, os.W_OK | os.X_OK) for folder in {path.parent for path in paths})
    is_readable = bool(obstacles) or all(os.access(path, os.R_OK) for path in paths)
    if is_ours and is_readable and (complete or now - arrived / 1e9 >= QUIET_SECONDS):
        ready.append(Deposit(siren, place, paths, arrived, listed, obstacles))
    else:
        arriving.extend(paths)


def _entries(folder: str | Path) -> list[os.DirEntry]:
    """Visible entries: a name that begins with a dot, or ends as half-sent files do, is not there yet."""
    unseen = (".part", ".tmp", ".filepart")
    return [e for e in _scanned(folder) if not e.name.startswith(".") and not e.name.endswith(unseen)]


def _scanned(folder: str | Path) -> list[os.DirEntry]:
    try:
        with os.scandir(folder) as found:
            return list(found)
    except OSError:  # not there yet, taken away, or not ours to see
        return []


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
    a hidden note says what to remove, and `finish_removals` heeds it. It lies where no member writes.
    """
    arrived = [seen[-1] for seen in deposit.listed]
    if len(deposit.paths) < 2:
        _unlink(zip(deposit.paths, arrived, strict=True), deposit.place)
        return
    landing = deposit.place[0].parent.parent
    facts = {
        "files": [[str(path.relative_to(landing)), ns] for path, ns in zip(deposit.paths, arrived, strict=True)],
        "folders": [str(place.relative_to(landing)) for place in deposit.place if place not in deposit.paths],
    }
    note = landing / f".{deposit.place[0].parent.name}-{deposit.return_id}{_JUDGED}"
    replace_file(note, lambda path: path.write_text(json.dumps(facts), encoding="utf-8"))
    _finish(note)


def finish_removals(storage: Storage) -> None:
    """Removes what a killed refresh had judged and published but not yet taken away."""
    for note in storage.landing.glob(f".*{_JUDGED}"):
        _finish(note)


def _finish(note: Path) -> None:
    facts, folder = json.loads(note.read_text(encoding="utf-8")), note.parent
    _unlink(
        [(folder / name, changed) for name, changed in facts["files"]], [folder / name for name in facts["folders"]]
    )
    note.unlink()


def _unlink(files: Iterable[tuple[Path, int]], places: Iterable[Path]) -> None:
    """Removes files that have not changed since they were listed, then folders that hold nothing more.

    A file that has changed since is a new deposit under an old name. A link is removed, never what it leads to.
    """
    for path, changed in files:
        try:
            if path.lstat().st_ctime_ns == changed:
                path.unlink(missing_ok=True)
        except (FileNotFoundError, NotADirectoryError):
            pass
        except OSError as error:  # one member's folder must not stop the others; the next refresh tries again
            LOG.warning("A judged deposit could not be taken out of the landing folder (%s)", type(error).__name__)
    for place in places:
        folders = [place] if place.is_dir() and not place.is_symlink() else []
        for folder in folders:  # grows while it is read: folders lie deeper than the interpreter may call itself
            folders += [Path(e.path) for e in _scanned(folder) if e.is_dir(follow_symlinks=False)]
        for folder in reversed(folders):
            with contextlib.suppress(OSError):  # it holds something that was not read, such as a hidden file
                folder.rmdir()
