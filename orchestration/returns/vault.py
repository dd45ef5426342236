"""Originals as received, encrypted: sealing, opening, listing them, and a change of key.

Here: `<vault>/<siren>/<return_id>.sealed` and its facts beside it (`.json`, nothing of a person in them). Not here:
keys (`resources.Keyring`), judging what was opened (`publishing.replay`), whom to forget (`erasure.py`).

A sealed file is a tar of what came, or, where a person had to be forgotten, of what was read in it without that
person (`reduced`). Of a return that brought what must not be received there are the facts alone, with the reasons and
the number of rows, so that a replay refuses it again.
"""

import io
import json
import logging
import tarfile
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from datetime import UTC, date, datetime
from functools import cached_property
from pathlib import Path
from types import SimpleNamespace

import polars as pl

from orchestration.resources import Keyring, SettingError, Storage, forget_unfinished, replace_file
from orchestration.returns import reading, receipts
from orchestration.returns.corrections import UnavailableError
from orchestration.returns.deposits import Deposit
from orchestration.returns.judging import Judgement
from orchestration.returns.periods import Period
from orchestration.returns.reading import Problem, Reading

LOG = logging.getLogger("territoires")
_READ = "lecture.json"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Original(Deposit):
    """A return as the vault holds it, with the identity and time of arrival it was deposited with."""

    facts: dict = field(compare=False, kw_only=True)
    keyring: Keyring = field(compare=False, kw_only=True)

    @property
    def size(self) -> int:
        return self.facts["size"]

    @cached_property
    def contents(self) -> list[tuple[str, bytes]]:
        """(name, bytes) of each file that was sealed."""
        return self._open()

    @property
    def sha256(self) -> str:
        """Of what was received, whatever has been taken out of it since."""
        return self.facts["sha256"]

    def _open(self) -> list[tuple[str, bytes]]:
        from cryptography.exceptions import InvalidTag

        (sealed,) = self.paths
        try:
            packed = self.keyring.decrypt(sealed.read_bytes(), self.facts["label"])
        except FileNotFoundError:
            raise SettingError(f"{sealed} is missing: put it back from a backup") from None
        except InvalidTag:
            raise SettingError(f"{sealed} does not open (damaged, or moved): put it back from a backup") from None
        with tarfile.open(fileobj=io.BytesIO(packed)) as archive:
            return [(member.name, archive.extractfile(member).read()) for member in archive]

    def read(self) -> Reading:
        """As the intake read it when it came; the bytes are let go."""
        if "withheld" in self.facts:
            return _reading(self.facts["withheld"], {})
        if "redacted_at" in self.facts:
            files = dict(self._open())
            facts = json.loads(files.pop(_READ))
            return _reading(facts, {Path(name).stem: pl.read_parquet(io.BytesIO(f)) for name, f in files.items()})
        return reading.read(self._open())


def earlier(storage: Storage, keyring: Keyring, siren: str, return_id: str) -> Reading:
    """One return of a member as read, for a correction of it; UnavailableError says why it cannot be had."""
    facts = storage.vault / siren / f"{return_id}.json"
    if not facts.exists():
        is_anothers = any(storage.vault.glob(f"*/{return_id}.json"))
        raise UnavailableError("correction_d_un_autre" if is_anothers else "correction_inconnue")
    original = _original(facts, keyring)
    if "withheld" in original.facts:
        raise UnavailableError("correction_sans_original")
    try:
        return original.read()
    except SettingError as error:
        LOG.error("%s", error)
        raise UnavailableError("correction_sans_original") from None


def _original(path: Path, keyring: Keyring) -> Original:
    facts = json.loads(path.read_text(encoding="utf-8"))
    arrived = datetime.fromisoformat(facts["received_at"]) - _EPOCH
    microseconds = (arrived.days * 86_400 + arrived.seconds) * 1_000_000 + arrived.microseconds
    paths = (path.with_suffix(".sealed"),)
    return Original(facts["siren"], paths, paths, microseconds * 1000, facts=facts, keyring=keyring)


def originals(storage: Storage, keyring: Keyring) -> list[Original]:
    """Every return received, in order of arrival."""
    found = [_original(path, keyring) for path in storage.vault.glob("*/*.json")]
    return sorted(found, key=lambda original: (original.arrived_ns, original.siren, original.return_id))


def seal(judgement: Judgement, storage: Storage, keyring: Keyring) -> None:
    """Keeps what was deposited; names of files may hold a person's name, so they are inside too."""
    deposit, read = judgement.deposit, judgement.reading
    folder = storage.vault / receipts.member_folder(judgement)
    facts = {
        "label": f"{deposit.siren}/{deposit.return_id}", "siren": deposit.siren, "return_id": deposit.return_id,
        "sha256": deposit.sha256, "size": sum(len(content) for _, content in deposit.contents),
        "files": len(deposit.paths), "received_at": f"{deposit.received_at.isoformat()}Z", "key": keyring.fingerprint,
    }  # fmt: skip
    if not judgement.keeps_original:
        _write_facts(folder, facts | {"withheld": _withheld(read)})
        return
    if read.instead is not None:
        facts["redacted_at"] = facts["received_at"]
    _write_sealed(folder, facts, reduced(read.instead) if read.instead else deposit.contents, keyring)


def seal_again(original: Original, read: Reading, when: datetime, storage: Storage, target: Storage) -> None:
    """Under `target`, the original of `storage` reduced to `read`."""
    folder = target.home / original.paths[0].parent.relative_to(storage.home)
    facts = original.facts | {"redacted_at": f"{when:%Y-%m-%dT%H:%M:%S}Z"}
    _write_sealed(folder, facts, reduced(read), original.keyring)


def reduced(read: Reading) -> list[tuple[str, bytes]]:
    """The files that stand for a reading: what judging needs of it, each row with its line number."""
    facts = _facts_of(read) | {"header": read.header, "notes": read.notes, "erased": read.erased, "gone": read.gone}
    facts["is_whole"] = read.is_whole
    files = [(_READ, json.dumps(facts, ensure_ascii=False).encode())]
    for table, frame in read.tables.items():
        packed = io.BytesIO()
        frame.write_parquet(packed)
        files.append((f"{table}.parquet", packed.getvalue()))
    return files


def has_key(storage: Storage, keyring: Keyring) -> bool:
    mark = storage.key_json
    return mark.exists() and json.loads(mark.read_text(encoding="utf-8"))["fingerprint"] == keyring.fingerprint


def rotate(storage: Storage, present: Keyring, new: Keyring) -> int:
    """Seals every original under `new`, which keeps the pseudonyms of `present`; returns how many there were.

    The caller holds the home's lock. Done beside and put in place at once: there is never a mixture to work with.
    """
    target, count = storage.beside(), 0
    mark = json.loads(storage.key_json.read_text(encoding="utf-8"))
    former = {"fingerprint": present.fingerprint, "until": f"{datetime.now(UTC):%Y-%m-%d}"}
    for original in originals(storage, present):
        folder = target.home / original.paths[0].parent.relative_to(storage.home)
        facts = original.facts | {"key": new.fingerprint}
        if "withheld" in facts:
            _write_facts(folder, facts)
        else:
            _write_sealed(folder, facts, original.contents, new)
            original.__dict__.pop("contents")
            count += 1
    present.rotated(new).write_mark(target, [*mark.get("former", []), former])
    storage.put_in_place()
    sweep(storage)
    return count


def sweep(storage: Storage) -> None:
    """Removes what a killed refresh left unfinished or without facts: its deposit still waits, or was withdrawn."""
    forget_unfinished(storage)
    for path in storage.vault.glob("*/*.sealed"):
        if not path.with_suffix(".json").exists():
            path.unlink()


def _write_facts(folder: Path, facts: dict) -> None:
    text = json.dumps(facts, indent=1, ensure_ascii=False)
    path = folder / f"{facts['return_id']}.json"
    replace_file(path, lambda beside: beside.write_text(text, encoding="utf-8"), private=True)


def _write_sealed(folder: Path, facts: dict, files: Iterable[tuple[str, bytes]], keyring: Keyring) -> None:
    """Packed and encrypted piece by piece: of a large deposit there is no second copy in memory."""
    arrived = int(datetime.fromisoformat(facts["received_at"]).timestamp())

    def write(beside: Path) -> None:
        with (
            beside.open("wb") as file,
            keyring.encrypting(file, facts["label"]) as encrypt,
            tarfile.open(fileobj=SimpleNamespace(write=encrypt), mode="w|", bufsize=1 << 20) as archive,
        ):
            for name, content in files:
                entry = tarfile.TarInfo(name)
                entry.size, entry.mtime = len(content), arrived
                archive.addfile(entry, io.BytesIO(content))

    replace_file(folder / f"{facts['return_id']}.sealed", write, private=True)
    _write_facts(folder, facts)


def _facts_of(read: Reading) -> dict:
    return {
        "period": read.period.text if read.period else None,
        "siren_of_export": read.siren_of_export,
        "extracted_on": read.extracted_on.isoformat() if read.extracted_on else None,
        "problems": [asdict(problem) for problem in read.problems],
    }


def _withheld(read: Reading) -> dict:
    """Why a return was refused of which nothing is kept, and how many rows it had; no value, nothing of its header."""
    facts = _facts_of(read)
    # Who is a member is asked again at each replay.
    facts["problems"] = [p | {"value": None} for p in facts["problems"] if p["rule"] != "adherent_inconnu"]
    return facts | {"erased": read.erased, "rows": {table: frame.height for table, frame in read.tables.items()}}


def _reading(facts: dict, tables: dict[str, pl.DataFrame]) -> Reading:
    for table, rows in facts.get("rows", {}).items():
        tables[table] = pl.DataFrame({"ligne": pl.int_range(rows, eager=True)})
    return Reading(
        tables=tables,
        header=facts.get("header", {}),
        period=Period.parse(facts["period"]) if facts["period"] else None,
        siren_of_export=facts.get("siren_of_export"),
        extracted_on=date.fromisoformat(facts["extracted_on"]) if facts["extracted_on"] else None,
        problems=[Problem(**problem) for problem in facts["problems"]],
        notes=facts.get("notes", []),
        erased=facts.get("erased", {}),
        gone=facts.get("gone", {}),
        is_whole=facts.get("is_whole", False),
    )
