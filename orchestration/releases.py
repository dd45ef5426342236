"""Releases: what analysts open. Made beside, put in place by rename; `current` flips last.

Here: copying the marts and the page about them out of the build, listing, rolling back, keeping the newest. Not here:
the marts and the page themselves. A reader who holds an older release open keeps it until it closes it.
"""

import json
import os
import secrets
import shutil
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from orchestration.resources import INTERNAL_DB, SettingError, Storage, replace_file

#: Releases that stay on disk; the current one always does.
KEEP = 5
#: Where a release keeps dbt's page about its tables.
DOCS_PAGE = Path("site") / "docs" / "index.html"
SCHEMA = "marts"
#: How the identifier of a release begins: when it was made.
_TIME = "%Y%m%dT%H%M%S%fZ"


@dataclass(frozen=True)
class Release:
    """One release: `digest` names what it was made of."""

    id: str
    made_at: str
    digest: str
    tables: dict[str, int]
    is_current: bool


def listed(storage: Storage) -> list[Release]:
    """Releases on disk, newest first."""
    current = current_id(storage)
    found = []
    for facts in sorted(storage.releases.glob("*/release.json"), reverse=True):
        if facts.parent.is_symlink() or facts.parent.name.startswith("."):
            continue
        data = json.loads(facts.read_text(encoding="utf-8"))
        found.append(Release(data["id"], data["made_at"], data["digest"], data["tables"], data["id"] == current))
    return found


def current_id(storage: Storage) -> str | None:
    link = storage.current_release
    return os.readlink(link) if link.is_symlink() else None


def is_up_to_date(storage: Storage) -> bool:
    """True when the newest release was made of exactly what the lake and the models are now, and one can be opened."""
    from orchestration.warehouse import inputs_digest

    newest = listed(storage)[:1]
    return bool(newest) and storage.current_db.exists() and newest[0].digest == inputs_digest(storage)


def publish(storage: Storage, digest: str) -> Release:
    """Copies the marts of the build file into a new release and makes it current."""
    now = datetime.now(UTC)
    release_id = f"{now:{_TIME}}-{digest[:8]}"
    beside = storage.releases / f".{release_id}.part"
    beside.mkdir(parents=True)
    try:
        tables = _copy_marts(storage.build_db, beside)
        if storage.docs_page.exists():
            (beside / DOCS_PAGE).parent.mkdir(parents=True)
            shutil.copyfile(storage.docs_page, beside / DOCS_PAGE)
        beside.rename(storage.releases / release_id)
    finally:
        shutil.rmtree(beside, ignore_errors=True)
    _point_current_to(storage, release_id)
    after = after_erasure(storage)
    for older in listed(storage):
        if older not in after:
            shutil.rmtree(storage.releases / older.id)
    # Last of all: a release without this page was never finished, and the next refresh makes it again.
    facts = {"id": release_id, "made_at": now.isoformat(timespec="seconds"), "digest": digest, "tables": tables}
    page = json.dumps(facts, indent=1)
    replace_file(storage.releases / release_id / "release.json", lambda path: path.write_text(page, encoding="utf-8"))
    _forget_old(storage)
    return Release(release_id, facts["made_at"], digest, tables, True)


def _copy_marts(build_db: Path, folder: Path) -> dict[str, int]:
    """internal.duckdb (tables, and views over them) and parquet/ (tables), with the descriptions; rows per table."""
    import duckdb

    (folder / "parquet").mkdir()
    counts: dict[str, int] = {}
    with duckdb.connect(str(folder / INTERNAL_DB), config={"preserve_insertion_order": False}) as db:
        db.execute(f"attach '{_quoted(build_db)}' as build (read_only)")
        db.execute(f"create schema {SCHEMA}")
        tables = db.execute(
            "select table_name, comment from duckdb_tables() "
            "where database_name = 'build' and schema_name = ? order by table_name",
            [SCHEMA],
        ).fetchall()
        for table, _ in tables:
            db.execute(f"create table {SCHEMA}.{table} as select * from build.{SCHEMA}.{table}")
            target = folder / "parquet" / f"{table}.parquet"
            db.execute(f"copy {SCHEMA}.{table} to '{_quoted(target)}' (format parquet, compression zstd)")
            counts[table] = db.execute(f"select count(*) from {SCHEMA}.{table}").fetchone()[0]
        views = db.execute(
            "select view_name, comment, sql from duckdb_views() "
            "where database_name = 'build' and schema_name = ? order by view_oid",
            [SCHEMA],
        ).fetchall()
        for _, _, definition in views:  # it names the build file's catalogue: the release has its own
            db.execute(definition.replace(f"{build_db.stem}.{SCHEMA}.", f"{SCHEMA}."))
        for kind, name, comment in [("table", *table) for table in tables] + [("view", *view[:2]) for view in views]:
            if comment:
                db.execute(f"comment on {kind} {SCHEMA}.{name} is '{_quoted(comment)}'")
            columns = db.execute(
                "select column_name, comment from duckdb_columns() where database_name = 'build' and schema_name = ? "
                "and table_name = ? and comment is not null",
                [SCHEMA, name],
            ).fetchall()
            for column, text in columns:
                db.execute(f"comment on column {SCHEMA}.{name}.{column} is '{_quoted(text)}'")
        db.execute("detach build")
    return counts


def _quoted(text: object) -> str:
    return str(text).replace("'", "''")


def _point_current_to(storage: Storage, release_id: str) -> None:
    link = storage.releases / f".current.{secrets.token_hex(4)}"
    link.symlink_to(release_id)
    os.replace(link, storage.current_release)


def _forget_old(storage: Storage) -> None:
    for release in listed(storage)[KEEP:]:
        if not release.is_current:
            shutil.rmtree(storage.releases / release.id)
    for folder in storage.releases.iterdir():  # what a killed refresh left behind; the caller holds the lock
        is_finished = (folder / "release.json").exists() or folder.name == current_id(storage)
        if folder.is_symlink() and folder != storage.current_release:
            folder.unlink()
        elif folder.is_dir() and not folder.is_symlink() and not is_finished:
            shutil.rmtree(folder)


def after_erasure(storage: Storage) -> list[Release]:
    """Releases that count nobody who has been erased since, newest first."""
    path = storage.erased_json
    at = json.loads(path.read_text(encoding="utf-8"))["at"] if path.exists() else ""
    return [release for release in listed(storage) if release.id > at]


def of_then(storage: Storage, moment: datetime) -> str | None:
    """The newest release that had been made by that moment (UTC), if it is still there."""
    return next((r.id for r in after_erasure(storage) if r.id <= f"{moment:{_TIME}}~"), None)


def roll_back(storage: Storage, release_id: str) -> None:
    """Makes an older release current. The next release that brings something new takes its place."""
    known = [release.id for release in after_erasure(storage)]
    if release_id not in known:
        raise SettingError(f"no release {release_id}; there are: {', '.join(known) or 'none'}")
    _point_current_to(storage, release_id)
