"""What was received from open-data sources: every file once, by content, and the book of versions.

Here: keeping bytes, saying which version of which edition is in use, superseded or refused, and why. Not here: getting
or reading them. One folder a source under `<home>/open_data/`, one file of bytes a content under `files/`.
"""

import hashlib
import json
import shutil
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from orchestration.http import SourceError
from orchestration.resources import Storage, replace_file

IN_USE, SUPERSEDED, REFUSED = "in_use", "superseded", "refused"


@dataclass(frozen=True)
class Received:
    """One version of one edition. `origin`: address or mirror file; `cursor`: what the probe said of it; times are UTC.

    `rows` are those accepted; `restored`: cells whose leading zeros were put back. `reason` says why a version is
    refused; it is kept: somebody must look. `provenance`: the form of a file got by hand (`drops.KEYS`).
    """

    edition: str
    sha256: str
    size: int
    origin: str
    cursor: str
    received_at: str
    licence: str
    status: str
    rows: int = 0
    quarantined: int = 0
    reason: str | None = None
    restored: int = 0
    provenance: dict[str, str] | None = None


@dataclass(frozen=True)
class Book:
    """The versions of one source, oldest first. SourceError names the file of a book that cannot be read."""

    storage: Storage
    schema: str
    table: str

    @property
    def _path(self) -> Path:
        return self.storage.open_data / self.schema / self.table / "versions.json"

    @property
    def last_look(self) -> Path:
        return self._path.with_name("last_look.json")

    def versions(self) -> list[Received]:
        if not self._path.exists():
            return []
        try:
            return [Received(**row) for row in json.loads(self._path.read_text(encoding="utf-8"))]
        except (ValueError, TypeError) as error:
            way_out = "put it back from a backup, or remove it, and what is offered comes in again"
            raise SourceError(f"{self._path} is damaged ({error}): {way_out}") from error

    def in_use(self) -> dict[str, Received]:
        """edition -> the version its figures come from."""
        return {one.edition: one for one in self.versions() if one.status == IN_USE}

    def judged(self, origin: str, cursor: str) -> Received | None:
        """What became of what the probe saw; None when it has never been judged, or another has come there since.

        So a file that is put back as it was is news.
        """
        last = next((one for one in reversed(self.versions()) if one.origin == origin), None)
        return last if last and last.cursor == cursor else None

    def knows(self, origin: str, cursor: str) -> bool:
        """True when what the probe saw has been judged already, whatever came of it."""
        return self.judged(origin, cursor) is not None

    def enter(self, received: Received, alone: bool = False) -> None:
        """Adds a version; one in use takes the place of the edition's former one, of all editions' when `alone`."""
        known = self.versions()
        if received.status == IN_USE:
            known = [
                replace(one, status=SUPERSEDED)
                if one.status == IN_USE and (alone or one.edition == received.edition)
                else one
                for one in known
            ]
        text = json.dumps([asdict(one) for one in (*known, received)], indent=1, ensure_ascii=False)
        replace_file(self._path, lambda path: path.write_text(text, encoding="utf-8"))


def held(storage: Storage, schema: str, origin: str, cursor: str) -> Path | None:
    """Bytes already kept of what a probe of any table of `schema` saw: an archive of two tables is got once."""
    for path in sorted((storage.open_data / schema).glob("*/versions.json")):
        try:
            one = Book(storage, schema, path.parent.name).judged(origin, cursor)
        except SourceError:  # of another table, whose own look tells of it
            continue
        if one and (kept := storage.open_data / "files" / one.sha256).exists():
            return kept
    return None


def note_problems(book: Book, problems: list[str], checked_at: str) -> None:
    """What the last look at the source came to; [] when all went well."""
    text = json.dumps({"checked_at": checked_at, "problems": problems}, indent=1, ensure_ascii=False)
    replace_file(book.last_look, lambda path: path.write_text(text, encoding="utf-8"))


def problems(book: Book) -> list[str]:
    """Those of the last look."""
    return json.loads(book.last_look.read_text(encoding="utf-8"))["problems"] if book.last_look.exists() else []


def keep(storage: Storage, file: Path) -> tuple[str, int]:
    """(sha256, size) of a received file; the same content is kept once."""
    with file.open("rb") as opened:
        sha256 = hashlib.file_digest(opened, "sha256").hexdigest()
    kept = storage.open_data / "files" / sha256
    if not kept.exists():
        replace_file(kept, lambda path: shutil.copyfile(file, path))
    return sha256, kept.stat().st_size
