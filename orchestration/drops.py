"""Files of open data that a person got by hand, and the form that says where each comes from.

Here: laying a file and its form down for the next refresh; which lie there, with a form that can be believed or why
not. Not here: what becomes of them (`open_data.py`), the book their provenance goes into (`archive.py`).

`<home>/open_data_drop/<schema>/<table>/<edition>/` holds one file and `provenance.json`. The form comes last: a file
without one may still be on its way, so it is told of and left where it is. No polars at import.
"""

import json
import os
import re
import secrets
import shutil
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from orchestration.connectors import edition
from orchestration.http import SourceError
from orchestration.resources import SettingError, Storage, sha256_of

if TYPE_CHECKING:
    from orchestration.sources import Source

FORM = "provenance.json"
#: Key of a form -> what it says. All but the last must be there; the licence is else the source's.
KEYS = {
    "from": "address the file was got from",
    "obtained": "day it was got, as 2026-11-01",
    "by": "role or organisation that got it, no person's name",
    "licence": "licence it is under, if it is not the source's",
}
#: Control characters, and halves of characters that JSON can write and a file cannot.
_NOT_A_LINE = re.compile("[\x00-\x1f\x7f\ud800-\udfff]")


@dataclass(frozen=True)
class Drop:
    """A file that lies there. `cursor` changes with the file and with its form; `problem`: why it cannot be taken."""

    edition: str
    file: Path
    origin: str
    cursor: str = ""
    provenance: dict[str, str] | None = None
    problem: str | None = None


def provide(source: "Source", storage: Storage, file: Path, written: str, form: dict[str, str | None]) -> str:
    """Lays `file` and its form down as edition `written`, whole or not at all, in the place of what lay there.

    Returns what a person is told. SettingError when the next refresh could not take it.
    """
    try:
        if not file.is_file():
            raise SourceError(f"{file} is not a file")
        canonical = edition(written) if edition(written) == written else None
        year, provenance = _edition(source, written, canonical), _checked(source, form)
        _must_fit(source, file.name)
    except SourceError as error:
        raise SettingError(str(error)) from None
    place = storage.open_data_drop / source.schema / source.table / year
    place.parent.mkdir(parents=True, exist_ok=True)
    made, old = (place.with_name(f".{year}.{secrets.token_hex(4)}.{what}") for what in ("part", "old"))
    try:
        made.mkdir()
        shutil.copyfile(file, made / file.name)
        (made / FORM).write_text(json.dumps(provenance, indent=1, ensure_ascii=False), encoding="utf-8")
        former = [one.name for one in _files(place)] if place.exists() else []
        if place.exists():
            place.rename(old)  # between the two renames nothing lies there, which is no problem to anybody
        made.rename(place)
    finally:
        if old.exists() and not place.exists():
            old.rename(place)
        for leftover in (made, old):
            shutil.rmtree(leftover, ignore_errors=True)
    instead = f", in the place of {', '.join(former)}" if former else ""
    return f"Provided {source.schema}/{source.table} {year}: {place / file.name}{instead}."


def look(source: "Source", storage: Storage) -> list[Drop]:
    """What lies there for one source, oldest edition first."""
    folder = storage.open_data_drop / source.schema / source.table
    found, place = [], folder
    try:
        for place in _files(folder) if folder.is_dir() else ():
            # A file with no folder of an edition is judged all the same: it is told of.
            found += [_drop(source, storage, file) for file in (_files(place) if place.is_dir() else [place])]
    except OSError as error:  # a folder that may not be listed
        found.append(Drop("", place, _origin(storage, place), problem=f"{_origin(storage, place)}: {error}"))
    return found


def fetch(drop: Drop, target: Path) -> None:
    try:
        shutil.copyfile(drop.file, target)
    except OSError as error:  # taken away since, or not to be read
        raise SourceError(f"{drop.origin}: {error}") from error


def astray(storage: Storage, known: set[tuple[str, str]]) -> list[str]:
    """Folders of no source, as <schema>/<table>, and files in none: nobody takes in what lies there."""
    root = storage.open_data_drop
    found = []
    for schema in _files(root) if root.is_dir() else ():
        found += [f"{schema.name}/{one.name}" for one in _files(schema)] if schema.is_dir() else [schema.name]
    return [one for one in found if tuple(one.split("/")) not in known]


def _files(place: Path) -> list[Path]:
    return [one for one in sorted(place.iterdir()) if one.name != FORM and not one.name.startswith(".")]


def _origin(storage: Storage, path: Path) -> str:
    """What the book calls it; a name in no encoding we know is written so that it can be."""
    return f"drop:{path.relative_to(storage.open_data_drop)}".encode("utf-8", "backslashreplace").decode()


def _drop(source: "Source", storage: Storage, file: Path) -> Drop:
    place, origin = file.parent, _origin(storage, file)
    try:
        if place.name == source.table:
            raise SourceError("it lies in no folder of an edition")
        if (count := len(_files(place))) > 1:
            raise SourceError(f"{count} files beside one form: the folder of an edition holds one file")
        if not (file.is_file() and os.access(file, os.R_OK)):
            raise SourceError("it is no file that can be read")
        year = _edition(source, place.name, edition(place.name))
        _must_fit(source, file.name)
        provenance = _checked(source, _form(place / FORM))
        facts = file.stat()
    except (SourceError, OSError) as error:
        return Drop("", file, origin, problem=f"{origin}: {error}")
    mark = sha256_of(json.dumps(provenance, sort_keys=True).encode())[:16]
    return Drop(year, file, origin, f"{facts.st_size} {facts.st_mtime_ns} {mark}", provenance)


def _form(path: Path) -> object:
    if not path.is_file():
        raise SourceError(f"no {FORM} beside it: write one ({_expected()}), or use `territoires provide`")
    try:
        return json.loads(path.read_text(encoding="utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise SourceError(f"{FORM} is not JSON: {error}") from None


def _expected() -> str:
    return "; ".join(f"{key}: {what}" for key, what in KEYS.items())


def _edition(source: "Source", written: str, year: str | None) -> str:
    """`year`, what `written` says, when it is an edition of the source."""
    if year is None:
        raise SourceError(f"{written!r} is no edition: expected as 2024, 2024T3, 2024-11 or 2024-11-01")
    if source.only_edition not in (None, year):
        raise SourceError(f"{source.schema}/{source.table} has one edition, {source.only_edition}: not {written}")
    return year


def _must_fit(source: "Source", name: str) -> None:
    if name.startswith(".") or source.layout_of(name) is None:
        raise SourceError(f"no layout of {source.schema}/{source.table} is known for a file named {name!r}; "
                        f"there are: {', '.join(source.layouts)}")  # fmt: skip


def _checked(source: "Source", form: object) -> dict[str, str]:
    """The form, filled in with the licence of the source; SourceError says what is wrong with it."""
    if not isinstance(form, dict):
        raise SourceError(f"{FORM} is no object; expected {_expected()}")
    if unknown := sorted(set(form) - set(KEYS)):
        raise SourceError(f"{FORM} has unknown keys: {', '.join(map(repr, unknown))}; expected {_expected()}")
    filled = {"licence": source.licence} | {key: value for key, value in form.items() if value is not None}
    for key, what in KEYS.items():
        if not isinstance(filled.get(key), str) or not filled[key].strip():
            raise SourceError(f"{key!r} is missing or no text: expected the {what}")
        if _NOT_A_LINE.search(filled[key]):
            raise SourceError(f"{key!r} is not one line of text: expected the {what}")
    filled = {key: filled[key].strip() for key in KEYS}
    _must_be_an_address(filled["from"])
    try:
        obtained = date.fromisoformat(filled["obtained"])
    except ValueError:
        obtained = None
    if obtained is None or obtained.isoformat() != filled["obtained"] or obtained > date.today():
        raise SourceError(f"'obtained' is {filled['obtained']!r}: expected a day that has been, as 2026-11-01")
    if "@" in filled["by"]:
        raise SourceError("'by' looks like an e-mail address: expected a role or an organisation, no person")
    return filled


def _must_be_an_address(text: str) -> None:
    try:
        parts = urlsplit(text)
        is_good = parts.scheme in ("http", "https") and bool(parts.hostname) and not re.search(r"\s", text)
    except ValueError:
        parts, is_good = None, False
    if not is_good or parts is None:
        raise SourceError(f"'from' is {text!r}: expected an address that begins with http:// or https://")
    if parts.username is not None or parts.password is not None:
        raise SourceError("'from' holds a user name or a password: write the address without it")
