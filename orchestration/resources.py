"""The things every step borrows: the paths of a home, its lock, and the federation's keys.

Here: `Storage` (the only module that knows paths; how one tree takes the place of another), `Keyring` (pseudonyms,
encryption, former keys). Not here: what is written at those paths, or when. No Dagster, no dbt and no polars at
import: a sensor tick loads this module.
"""

import base64
import binascii
import fcntl
import hashlib
import hmac
import io
import json
import logging
import os
import secrets
import shutil
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import BinaryIO

PROJECT = Path(__file__).parent.parent
#: Name of the federation's own database inside a release.
INTERNAL_DB = "internal.duckdb"
#: What `Storage.put_in_place` replaces whole; files of the vault are replaced one by one.
_WHOLE = ("lake/returns", "quarantine", "receipts", "build")


class SettingError(Exception):
    """An environment variable or a file of the home is missing or malformed; the message names it and the way out."""


@dataclass(frozen=True)
class Storage:
    """Every path under one TERRITOIRES_HOME."""

    home: Path

    @classmethod
    def from_environment(cls) -> "Storage":
        """The home named by TERRITOIRES_HOME, `./var` by default."""
        return cls(Path(os.environ.get("TERRITOIRES_HOME") or "var").resolve())

    @property
    def landing(self) -> Path:
        return self.home / "landing"

    @property
    def members_csv(self) -> Path:
        return self.home / "members.csv"

    @property
    def sample_json(self) -> Path:
        """Present when the home holds the synthetic sample; carries its public key."""
        return self.home / "sample.json"

    @property
    def lake(self) -> Path:
        return self.home / "lake"

    @property
    def receipts(self) -> Path:
        return self.home / "receipts"

    @property
    def quarantine(self) -> Path:
        return self.home / "quarantine"

    @property
    def vault(self) -> Path:
        return self.home / "vault"

    @property
    def open_data(self) -> Path:
        """Files of open-data sources as received, and which are in use."""
        return self.home / "open_data"

    @property
    def open_data_drop(self) -> Path:
        """Files of open data got by hand, each with a form that says where it comes from."""
        return self.home / "open_data_drop"

    @property
    def key_json(self) -> Path:
        """Which key the home has (a fingerprint), which it had, and the sealed secrets of its pseudonyms."""
        return self.vault / "key.json"

    @property
    def erased_json(self) -> Path:
        """Whom the vault has forgotten, as pseudonyms."""
        return self.vault / "erased.json"

    @property
    def rebuilt(self) -> Path:
        """Says when the rows of returns were last made again from the vault, in full."""
        return self.lake / "returns" / "rebuilt.txt"

    @property
    def build(self) -> Path:
        return self.home / "build"

    @property
    def build_db(self) -> Path:
        """Private to one dbt run at a time; analysts read releases."""
        return self.build / "warehouse.duckdb"

    @property
    def docs_page(self) -> Path:
        """dbt's page about what the build file holds; a release carries a copy."""
        return self.build / "docs" / "static_index.html"

    @property
    def releases(self) -> Path:
        return self.home / "releases"

    @property
    def current_release(self) -> Path:
        """A symbolic link, replaced by rename."""
        return self.releases / "current"

    @property
    def current_db(self) -> Path:
        """What analysts open, read-only."""
        return self.current_release / INTERNAL_DB

    @property
    def dagster_home(self) -> Path:
        return self.home / "dagster"

    def lake_table(self, schema: str, table: str) -> Path:
        """Folder of one table; every parquet file in it has the table's columns."""
        return self.lake / schema / table

    def member_file(self, table: str, siren: str) -> Path:
        return self.lake_table("returns", table) / f"{siren}.parquet"

    @property
    def _ready(self) -> Path:
        """A tree that is complete and takes the place of what the home holds; there for moments only."""
        return self.home / ".ready"

    @property
    def is_unfinished(self) -> bool:
        """True between two renames of `put_in_place`."""
        return self._ready.exists()

    def beside(self) -> "Storage":
        """An empty tree inside this home, for what is to replace it; what an interrupted command left is gone."""
        for place in (self.home / name for name in (*_WHOLE, "vault")):
            if place.exists() and place.stat().st_dev != self.home.stat().st_dev:
                raise SettingError(f"{place} is on another file system than {self.home}, so that nothing can take its "
                                   "place by rename: have them on the same one")  # fmt: skip
        tree = Storage(self.home / ".beside")
        shutil.rmtree(tree.home, ignore_errors=True)
        tree.home.mkdir(parents=True, mode=0o700)
        return tree

    def put_in_place(self) -> None:
        """Makes the tree of `beside` take the place of what it replaces.

        One rename decides: killed before it, nothing has changed; after it, whoever next takes the lock ends the work.
        """
        os.sync()
        os.rename(self.home / ".beside", self._ready)
        self._finish()

    def _finish(self) -> None:
        old = self.home / ".old"
        for name in _WHOLE:
            made, place = self._ready / name, self.home / name
            if made.exists():
                if place.exists():
                    shutil.rmtree(old, ignore_errors=True)
                    old.mkdir()
                    os.rename(place, old / "tree")
                place.parent.mkdir(parents=True, exist_ok=True)
                os.rename(made, place)
        for file in sorted(path for path in (self._ready / "vault").rglob("*") if path.is_file()):
            os.replace(file, self.home / file.relative_to(self._ready))
        for leftover in (old, self._ready):  # in this order: as long as the second is there, all this is done again
            if leftover.exists():
                shutil.rmtree(leftover)

    @contextmanager
    def lock(self) -> Iterator[None]:
        """One refresh at a time on this home, whoever starts it; a second one fails at once and says so."""
        self.home.mkdir(parents=True, exist_ok=True)
        with (self.home / ".lock").open("a") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise BusyError("another refresh is running on this home; try again when it has finished") from None
            if self.is_unfinished:
                self._finish()
            yield

    def is_busy(self) -> bool:
        """True while a refresh holds the lock."""
        try:
            with self.lock():
                return False
        except BusyError:
            return True


class BusyError(Exception):
    """Another process holds the home."""


def replace_file(path: Path, write: Callable[[Path], object], private: bool = False) -> None:
    """Has `write` make a file beside `path`, then puts it there by rename: a reader sees the old or the new one.

    `private`: nobody but the owner reads the file or lists its folder.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.parent / f".{path.name}.{secrets.token_hex(4)}.part"
    try:
        if private:
            path.parent.chmod(0o700)
            beside.touch(mode=0o600)
        write(beside)
        os.replace(beside, path)
    finally:
        beside.unlink(missing_ok=True)


def forget_unfinished(storage: Storage) -> None:
    """Removes what a killed process had begun to make with `replace_file`. The caller holds the home's lock."""
    for folder in (storage.lake, storage.quarantine, storage.receipts, storage.vault, storage.releases):
        for path in folder.rglob(".*.part"):
            if path.is_file():
                path.unlink()
    for path in storage.landing.glob("..*.judged.*.part"):  # what lies deeper is a member's upload
        path.unlink()


KEY_HELP = "32 bytes in url-safe base64; make one with: territoires new-key"
#: What pseudonyms stand for: a PASS IAE number anywhere, a member's own number of a person, its number of a contract.
SCOPES = ("network", "member", "contract")


@dataclass(frozen=True)
class Keyring:
    """Keys derived from the federation key, one per purpose, so that no two uses can be linked.

    `first_secrets`: of a home whose key has changed, the secrets of its pseudonyms (else the key's own), by scope.
    """

    federation_key: bytes
    first_secrets: tuple[bytes, ...] | None = None

    @classmethod
    def open(cls, storage: Storage, remember: bool = True) -> "Keyring":
        """The key of TERRITOIRES_KEY, or the sample's public key in a home that holds the sample.

        `remember`: the home begins with this key if it has none; without, a home that has none needs none.

        Raises SettingError when there is none, when it is malformed, or when the home has another one (pseudonyms
        would no longer match, originals would not open).
        """
        from cryptography.exceptions import InvalidTag

        text = os.environ.get("TERRITOIRES_KEY")
        if not text and storage.sample_json.exists():
            text = json.loads(storage.sample_json.read_text(encoding="utf-8"))["public_key"]
        if not text and not remember and not storage.key_json.exists():
            return cls(secrets.token_bytes(32))  # nothing here was ever written under a key: any will do
        if not text:
            raise SettingError(f"TERRITOIRES_KEY is not set: real returns need the federation key ({KEY_HELP})")
        keyring = cls.of("TERRITOIRES_KEY", text)
        if not storage.key_json.exists():
            if remember:
                keyring.write_mark(storage, [])
            return keyring
        mark = json.loads(storage.key_json.read_text(encoding="utf-8"))
        if mark["fingerprint"] != keyring.fingerprint:
            for former in mark.get("former", []):
                if former["fingerprint"] == keyring.fingerprint:
                    raise SettingError(f"TERRITOIRES_KEY is a former key of this home, rotated on {former['until']}: "
                                       "set the key that took its place")  # fmt: skip
            raise SettingError("TERRITOIRES_KEY is not the key of this home; set the key it was begun with")
        if "pseudonyms" not in mark:
            return keyring
        try:
            secrets_of = json.loads(keyring.decrypt(base64.b64decode(mark["pseudonyms"]), "pseudonyms"))
        except InvalidTag:
            raise SettingError(f"{storage.key_json} is damaged: put it back from a backup") from None
        return cls(keyring.federation_key, tuple(base64.b64decode(secrets_of[scope]) for scope in SCOPES))

    @classmethod
    def of(cls, variable: str, text: str) -> "Keyring":
        """The key that `text`, the value of an environment variable, writes; SettingError when it is malformed."""
        try:
            key = base64.urlsafe_b64decode(text)
        except (ValueError, binascii.Error):
            key = b""
        if len(key) != 32:
            raise SettingError(f"{variable} is malformed: expected {KEY_HELP}")
        return cls(key)

    @cached_property
    def fingerprint(self) -> str:
        """Tells one federation key from another, and nothing of it."""
        return hmac.digest(self.derived("fingerprint"), b"territoires", "sha256").hex()[:16]

    def rotated(self, new: "Keyring") -> "Keyring":
        """The keyring of `new` that keeps the pseudonyms of this one."""
        return Keyring(new.federation_key, tuple(self._person_keys[scope] for scope in SCOPES))

    def write_mark(self, storage: Storage, former: list[dict]) -> None:
        """key.json of a home that has this key. `former`: fingerprints of the keys it had, and until when."""
        mark: dict = {"fingerprint": self.fingerprint}
        if self.first_secrets:
            by_scope = {scope: base64.b64encode(key).decode() for scope, key in self._person_keys.items()}
            sealed = self.encrypt(json.dumps(by_scope).encode(), "pseudonyms")
            mark |= {"former": former, "pseudonyms": base64.b64encode(sealed).decode()}
        replace_file(storage.key_json, lambda path: path.write_text(json.dumps(mark, indent=1)), private=True)

    def derived(self, purpose: str) -> bytes:
        """32 bytes for one purpose (HKDF-SHA-256)."""
        from cryptography.hazmat.primitives.hashes import SHA256
        from cryptography.hazmat.primitives.kdf.hkdf import HKDF

        return HKDF(SHA256(), 32, salt=None, info=f"territoires/{purpose}".encode()).derive(self.federation_key)

    @cached_property
    def _person_keys(self) -> dict[str, bytes]:
        own = self.first_secrets or [self.derived(f"pseudonym/{scope}") for scope in SCOPES]
        return dict(zip(SCOPES, own, strict=True))

    def pseudonym(self, scope: str, text: str) -> str:
        """32 hex digits that stand for `text` (HMAC-SHA-256, cut to 128 bits). scope: one of SCOPES."""
        return hmac.digest(self._person_keys[scope], text.encode(), "sha256").hex()[:32]

    def encrypt(self, content: bytes, label: str) -> bytes:
        """AES-256-GCM; `label` is bound to the ciphertext: a file moved under another name does not open."""
        sealed = io.BytesIO()
        with self.encrypting(sealed, label) as write:
            write(content)
        return sealed.getvalue()

    @contextmanager
    def encrypting(self, target: BinaryIO, label: str) -> Iterator[Callable[[bytes], object]]:
        """Yields a function that encrypts into `target` what it is given, piece by piece: a random nonce, the text,
        the tag.
        """
        from cryptography.hazmat.primitives.ciphers import Cipher
        from cryptography.hazmat.primitives.ciphers.algorithms import AES
        from cryptography.hazmat.primitives.ciphers.modes import GCM

        nonce = secrets.token_bytes(12)
        sealing = Cipher(AES(self.derived("vault")), GCM(nonce)).encryptor()
        sealing.authenticate_additional_data(label.encode())
        target.write(nonce)
        yield lambda piece: target.write(sealing.update(piece))
        target.write(sealing.finalize() + sealing.tag)

    def decrypt(self, sealed: bytes, label: str) -> bytes:
        """Reverse of `encrypt`; raises cryptography's InvalidTag when content, label or key is another."""
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        return AESGCM(self.derived("vault")).decrypt(sealed[:12], memoryview(sealed)[12:], label.encode())


def sha256_of(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


class _WithoutValues(logging.Filter):
    """Of an error, type and place: its message may quote a cell, and a cell may name a person."""

    def filter(self, record: logging.LogRecord) -> bool:
        if record.exc_info and record.exc_info[0]:
            kind, _, place = record.exc_info
            record.exc_text = f"{''.join(traceback.format_tb(place))}{kind.__name__}"
        return True


logging.getLogger("territoires").addFilter(_WithoutValues())
