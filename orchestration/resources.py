"""The things every step borrows: the paths of a home, its lock, and the federation's keys.

Here: `Storage` (the only module that knows paths), `Keyring` (pseudonyms, encryption of originals). Not here: what
is written at those paths, or when. No Dagster, no dbt and no polars at import: a sensor tick loads this module.
"""

import base64
import binascii
import fcntl
import hashlib
import hmac
import json
import os
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

PROJECT = Path(__file__).parent.parent
#: Name of the federation's own database inside a release.
INTERNAL_DB = "internal.duckdb"


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
    def build(self) -> Path:
        return self.home / "build"

    @property
    def build_db(self) -> Path:
        """Private to one dbt run at a time; analysts read releases."""
        return self.build / "warehouse.duckdb"

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

    @contextmanager
    def lock(self) -> Iterator[None]:
        """One refresh at a time on this home, whoever starts it; a second one fails at once and says so."""
        self.home.mkdir(parents=True, exist_ok=True)
        with (self.home / ".lock").open("a") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise BusyError("another refresh is running on this home; try again when it has finished") from None
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


def replace_file(path: Path, write: Callable[[Path], object]) -> None:
    """Has `write` make a file beside `path`, then puts it there by rename: a reader sees the old or the new one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.parent / f".{path.name}.{secrets.token_hex(4)}.part"
    try:
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
    for path in storage.landing.glob("*/.*.judged.*.part"):  # any other is a member's upload
        path.unlink()


KEY_HELP = "32 bytes in url-safe base64; make one with: territoires new-key"


@dataclass(frozen=True)
class Keyring:
    """Keys derived from the federation key, one per purpose, so that no two uses can be linked."""

    federation_key: bytes

    @classmethod
    def open(cls, storage: Storage, remember: bool = True) -> "Keyring":
        """The key of TERRITOIRES_KEY, or the sample's public key in a home that holds the sample.

        Raises SettingError when there is none, when it is malformed, or when the home was begun with another one
        (pseudonyms would no longer match).
        """
        text = os.environ.get("TERRITOIRES_KEY")
        if not text and storage.sample_json.exists():
            text = json.loads(storage.sample_json.read_text(encoding="utf-8"))["public_key"]
        if not text:
            raise SettingError(f"TERRITOIRES_KEY is not set: real returns need the federation key ({KEY_HELP})")
        try:
            key = base64.urlsafe_b64decode(text)
        except (ValueError, binascii.Error):
            key = b""
        if len(key) != 32:
            raise SettingError(f"TERRITOIRES_KEY is malformed: expected {KEY_HELP}")
        keyring = cls(key)
        keyring._compare(storage, remember)
        return keyring

    def _compare(self, storage: Storage, remember: bool) -> None:
        mark = storage.vault / "key.json"
        fingerprint = hmac.digest(self.derived("fingerprint"), b"territoires", "sha256").hex()[:16]
        if not mark.exists():
            if remember:
                replace_file(mark, lambda path: path.write_text(json.dumps({"fingerprint": fingerprint})))
        elif json.loads(mark.read_text())["fingerprint"] != fingerprint:
            raise SettingError("TERRITOIRES_KEY is not the key this home was begun with; set the first key again")

    def derived(self, purpose: str) -> bytes:
        """32 bytes for one purpose (HKDF-SHA-256)."""
        from cryptography.hazmat.primitives.hashes import SHA256
        from cryptography.hazmat.primitives.kdf.hkdf import HKDF

        return HKDF(SHA256(), 32, salt=None, info=f"territoires/{purpose}".encode()).derive(self.federation_key)

    @cached_property
    def _person_keys(self) -> dict[str, bytes]:
        return {scope: self.derived(f"pseudonym/{scope}") for scope in ("network", "member")}

    def pseudonym(self, scope: str, text: str) -> str:
        """32 hex digits that stand for `text` (HMAC-SHA-256, cut to 128 bits). scope: network or member."""
        return hmac.digest(self._person_keys[scope], text.encode(), "sha256").hex()[:32]

    def encrypt(self, content: bytes, label: str) -> bytes:
        """AES-256-GCM; `label` is bound to the ciphertext: a file moved under another name does not open."""
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        nonce = secrets.token_bytes(12)
        return nonce + AESGCM(self.derived("vault")).encrypt(nonce, content, label.encode())

    def decrypt(self, sealed: bytes, label: str) -> bytes:
        """Reverse of `encrypt`; raises cryptography's InvalidTag when content, label or key is another."""
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        return AESGCM(self.derived("vault")).decrypt(sealed[:12], sealed[12:], label.encode())


def sha256_of(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
