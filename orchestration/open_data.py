"""Open data from its sources to the lake: offered, received, read, judged, published; the last good data stays.

Here: one source at a time, whatever happens to the others; the mirror; the assets that show it. Not here: which
sources there are (`sources.py`), what producers publish now (`live.py`, `connectors.py`), files got by hand
(`drops.py`), layouts (`readers.py`), the judgement of a file (`judged.py`), the book of versions (`archive.py`), the
federation's own list of members (`returns/publishing.py`).
"""

import difflib
import logging
import os
import re
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from html import unescape
from pathlib import Path
from urllib.parse import quote, unquote

import dagster as dg
import duckdb
import polars as pl

from contracts import CONTRACTS, validate
from contracts.codes import seed_rows
from orchestration import archive, drops, judged, live, sirene
from orchestration.connectors import edition
from orchestration.geography import commune_vintages
from orchestration.http import HttpClient, SourceError
from orchestration.resources import PROJECT, SettingError, Storage, replace_file
from orchestration.sources import SOURCES, Source

#: Communes of the whole country and their territories; licence and source in the folder's README.
COMMUNES_SNAPSHOT = PROJECT / "orchestration" / "snapshots" / "communes_2026.parquet"
LOG = logging.getLogger("territoires")
CHECK = "contract"
#: What says nothing against a file: no room, no right to read, no longer there. It is tried again.
_NOT_ITS_FAULT = (OSError, MemoryError, duckdb.Error)
INTAKE = dg.AssetKey(["open_data", "intake"])


@dataclass(frozen=True)
class Offer:
    """A file that could be received: `cursor` tells whether it is known, `fetch` writes its bytes.

    `provenance`: the form of a file got by hand. `instead`: (origin, cursor) of the files of the mirror that are of the
    same edition and come after it, by name: 2024_corrected takes the place of 2024, whichever was touched last.
    """

    edition: str
    name: str
    origin: str
    cursor: str
    fetch: Callable[[Path], object]
    provenance: dict[str, str] | None = None
    instead: tuple[tuple[str, str], ...] = ()


@dataclass
class Outcome:
    """What a refresh of one source came to. `problems`: English sentences that name the cause.

    `fewer`: editions taken in again with fewer rows; not few enough to be refused, but who sent them may not know.
    """

    source: Source
    published: list[archive.Received] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    fewer: list[str] = field(default_factory=list)


# --- what is offered ------------------------------------------------------------------------------------------


def mirror() -> str | None:
    """OPEN_DATA_MIRROR: a folder or an address laid out <source>/<edition>/<file>; SettingError when it is neither."""
    where = os.environ.get("OPEN_DATA_MIRROR") or None
    if where and not where.startswith(("http://", "https://")) and not Path(where).is_dir():
        raise SettingError(f"OPEN_DATA_MIRROR is neither a folder nor an address: {where}")
    return where


def is_live_by_itself() -> bool:
    """Whether the night and the sensor ask the producers: a mirror stands for them, and says so by being there."""
    return not os.environ.get("OPEN_DATA_MIRROR")


def offers(
    source: Source, where: str | None, http: HttpClient | None, dropped: Iterable[drops.Drop] = ()
) -> Iterator[Offer]:
    """Files got by hand, those of the mirror, oldest edition first; then, with `http`, what its producer has now."""
    for drop in dropped:
        if drop.provenance is not None:
            yield Offer(
                drop.edition, drop.file.name, drop.origin, drop.cursor,
                lambda target, drop=drop: drops.fetch(drop, target), drop.provenance,
            )  # fmt: skip
    if where:
        mirrored = list(_mirrored(source, where))
        for at, offer in enumerate(mirrored):
            later = ((one.origin, one.cursor) for one in mirrored[at + 1 :] if one.edition == offer.edition)
            yield replace(offer, instead=tuple(later))
    if http is not None and source.connector is not None:
        version = live.published(source, http)
        if (year := edition(version.vintage)) is None:
            raise SourceError(f"{version.url}: no year in its vintage {version.vintage!r}")
        yield Offer(
            year, version.name, version.url, version.cursor, lambda target: live.fetch(source, http, version, target)
        )


def _mirrored(source: Source, where: str) -> Iterator[Offer]:
    if where.startswith(("http://", "https://")):
        yield from _served(source, where.rstrip("/"), HttpClient())
        return
    root = Path(where)
    folders = [root / source.shelf] if source.shelf else sorted((root / source.schema).glob("*/"))
    for folder in folders:
        for file in sorted(folder.iterdir()) if folder.is_dir() else ():
            if source.layout_of(file.name) and (year := source.only_edition or edition(folder.name)):
                yield Offer(
                    year, file.name, f"mirror:{_shown(f'{folder.name}/{file.name}')}", _marks(file),
                    lambda target, file=file: shutil.copyfile(file, target),
                )  # fmt: skip


def _shown(name: str) -> str:
    """A name that is no UTF-8 is shown with its bytes: books and messages are UTF-8."""
    return os.fsencode(name).decode("utf-8", "backslashreplace")


def _marks(file: Path) -> str:
    """Size and time of change; nothing for what cannot be read as a file: who tries to receive it learns why."""
    try:
        facts = file.stat()
    except OSError:
        return ""
    return f"{facts.st_size} {facts.st_mtime_ns}" if file.is_file() and os.access(file, os.R_OK) else ""


def _served(source: Source, base: str, http: HttpClient) -> Iterator[Offer]:
    """The same layout behind a web server that lists its folders."""
    schema = f"{source.schema}/"
    there = [] if source.shelf else _listed(http, f"{base}/{schema}", accept=(200, 404))
    for folder in [f"{source.shelf}/"] if source.shelf else [schema + name for name in there]:
        for name in _listed(http, f"{base}/{folder}", accept=(200, 404)):
            if source.layout_of(name) and (year := source.only_edition or edition(folder.removeprefix(schema))):
                url = f"{base}/{quote(folder)}{quote(name, safe='')}"
                head = http.request(url, method="HEAD").headers
                cursor = " ".join(head.get(mark, "") for mark in ("ETag", "Last-Modified", "Content-Length"))
                yield Offer(year, name, f"mirror:{url}", cursor, lambda target, url=url: http.download(url, target))


def _listed(http: HttpClient, url: str, accept: tuple[int, ...] = (200,)) -> list[str]:
    """Names in a folder that a server lists, those of folders with a stroke behind; none where 404 is accepted."""
    answer = http.request(url, accept=accept)
    links = re.findall(r'href="([^"?/]+/?)"', answer.text) if answer.status_code == 200 else []
    return sorted(unquote(unescape(link)) for link in links if link != "../")


def astray(storage: Storage) -> dict[str, str]:
    """Places of the mirror and of files got by hand where no source looks -> why: a misspelt one brings nothing."""
    known = {source.key for source in SOURCES}
    expected = f"in {storage.open_data_drop.name}, but no source's: expected <schema>/<table>/<edition>/<file>"
    found = dict.fromkeys(drops.astray(storage, known), expected)
    try:
        if where := mirror():
            found |= {f"mirror:{_shown(name)}": why for name, why in _astray_in(where)}
    except (SettingError, SourceError, OSError) as error:
        found["mirror:"] = str(error)
    return found


def _astray_in(where: str) -> Iterator[tuple[str, str]]:
    """Folders of the mirror out of which no source reads a file."""
    if where.startswith(("http://", "https://")):
        http = live.glance()

        def listed(folder: str) -> list[str]:
            return _listed(http, f"{where.rstrip('/')}/{folder}")

    else:

        def listed(folder: str) -> list[str]:
            there = Path(where, folder).iterdir()
            return sorted(one.name + "/" * one.is_dir() for one in there if not one.name.startswith("."))

    shelves = {source.shelf for source in SOURCES}
    schemas = sorted({source.schema for source in SOURCES if not source.shelf})
    found = listed("")
    yield from ((name, "it is no folder, or leads to none") for name in found if name in {*schemas, *shelves})
    for folder in [name for name in found if name.endswith("/") and name[:-1] not in shelves]:
        if folder[:-1] not in schemas:
            near = difflib.get_close_matches(folder[:-1], schemas, n=1, cutoff=0.8)
            yield folder[:-1], "no source has this name" + "".join(f"; {name} is one" for name in near)
            continue
        sources = [source for source in SOURCES if source.schema == folder[:-1]]
        for place in listed(folder):
            if not place.endswith("/"):
                if any(source.layout_of(place) for source in sources):
                    yield folder + place, "it lies in no folder of an edition"
                elif edition(place) == place:
                    yield folder + place, "it is no folder, or leads to none"
            elif edition(place) is None:
                yield folder + place[:-1], "no edition begins this name: expected as 2024, 2024T3 or 2024-11"
            elif not any(source.layout_of(file) for file in listed(folder + place) for source in sources):
                names = ", ".join(layout for source in sources for layout in source.layouts)
                yield folder + place[:-1], f"no file has a known name; there are: {names}"


def has_news(storage: Storage) -> bool:
    """True when a hand or the mirror offers a readable file that was never judged, or a form is newly wrong.

    No data is opened.
    """
    where = mirror()
    for source in SOURCES:
        book, dropped = archive.Book(storage, *source.key), drops.look(source, storage)
        if any(drop.problem and drop.problem not in archive.problems(book) for drop in dropped):
            return True
        try:
            for offer in offers(source, where, None, dropped):
                if offer.cursor and not book.knows(offer.origin, offer.cursor) and not _is_past(source, book, offer):
                    return True
        except (SourceError, OSError):  # what cannot be looked at is no news: the next refresh tells why
            continue
    return False


def _is_past(source: Source, book: archive.Book, offer: Offer) -> bool:
    """Whether it is of a stock, and older than what is in use; or another file of its edition stands instead."""
    if source.is_stock and any(offer.edition < year for year in book.in_use()):
        return True
    known = (book.judged(*one) for one in offer.instead)
    return any(one is not None and one.status != archive.REFUSED for one in known)


# --- what is taken in -----------------------------------------------------------------------------------------


def take_in(source: Source, storage: Storage, where: str | None, http: HttpClient | None = None) -> Outcome:
    """Receives what is new from one source: dropped, in the mirror `where`, and from its producer if there is `http`.

    Nothing is raised for a source that fails: the last good data stays. A file that cannot be had leaves the others be.
    """
    outcome, book = Outcome(source), archive.Book(storage, *source.key)
    try:
        dropped = drops.look(source, storage)
        outcome.problems += [drop.problem for drop in dropped if drop.problem]
        for offer in offers(source, where, http, dropped):
            if (known := book.judged(offer.origin, offer.cursor)) is None:
                if not _is_past(source, book, offer):
                    try:
                        _receive(source, offer, storage, book, outcome)
                    except SourceError as error:
                        outcome.problems.append(str(error))
                    except _NOT_ITS_FAULT as error:
                        outcome.problems.append(f"{offer.origin}: {error}")
            elif known.status == archive.REFUSED:  # still there: it is a problem until another takes its place
                outcome.problems.append(f"{offer.origin}: {known.reason}")
    except (SourceError, OSError) as error:
        outcome.problems.append(str(error))
    archive.note_problems(book, outcome.problems, datetime.now(UTC).isoformat(timespec="seconds"))
    return outcome


def _receive(source: Source, offer: Offer, storage: Storage, book: archive.Book, outcome: Outcome) -> None:
    with tempfile.TemporaryDirectory(dir=storage.home) as folder:
        file = Path(folder) / (re.sub(r"[^\w.-]", "_", offer.name) or "file")
        if held := archive.held(storage, source.schema, offer.origin, offer.cursor):
            shutil.copyfile(held, file)
        else:
            offer.fetch(file)
        sha256, size = archive.keep(storage, file)
        received = archive.Received(
            offer.edition, sha256, size, offer.origin, offer.cursor, datetime.now(UTC).isoformat(timespec="seconds"),
            (offer.provenance or {}).get("licence", source.licence), archive.IN_USE, provenance=offer.provenance,
        )  # fmt: skip
        try:
            if (reader := source.layout_of(offer.name)) is None:
                raise SourceError(f"no known layout for a file of this name; there are: {', '.join(source.layouts)}")
            before = [one.rows for year, one in sorted(book.in_use().items()) if year <= offer.edition]
            found = judged.judge(source, offer.edition, reader, file, before[-1] if before else 0, Path(folder))
        except SourceError as error:
            reason = str(error).removeprefix(f"{file.name}: ")  # the origin says it
            book.enter(replace(received, status=archive.REFUSED, reason=reason))
            outcome.problems.append(f"{offer.origin}: {reason}")
            return
        # Of a stock the newest edition says it all: it takes the place of the one before, under the same name.
        name = "stock.parquet" if source.is_stock else f"{offer.edition}.parquet"
        replace_file(storage.lake_table(*source.key) / name, found.accepted.replace)
        wrong = storage.quarantine / f"{source.schema}.{source.table}" / name
        if found.quarantined:
            replace_file(wrong, found.wrong.replace)
        else:
            wrong.unlink(missing_ok=True)  # of the version before
    former = book.in_use().get(offer.edition)
    if former and found.rows < former.rows:
        outcome.fewer.append(
            f"{offer.origin}: {found.rows:,} rows take the place of {former.rows:,} of the same edition"
        )
    published = replace(received, rows=found.rows, quarantined=found.quarantined, restored=found.restored)
    book.enter(published, alone=source.is_stock)
    outcome.published.append(published)


def publish_communes(storage: Storage) -> int:
    """Snapshot -> lake, judged by its contract; written only when it differs. Returns the number of communes."""
    verdict = validate(pl.read_parquet(COMMUNES_SNAPSHOT), CONTRACTS["geography", "communes"])
    if verdict.failures.height:
        raise ValueError(f"{COMMUNES_SNAPSHOT.name} breaks its contract: {verdict.failures.head(5).rows()}")
    path = storage.lake_table("geography", "communes") / "communes.parquet"
    if not path.exists() or not pl.read_parquet(path).equals(verdict.accepted):
        replace_file(path, verdict.accepted.write_parquet)
    return verdict.accepted.height


def publish_commune_vintages(storage: Storage) -> int:
    """The movements received, folded into what each code of each year means today. Returns the number of rows.

    Without movements there are no rows: the warehouse then knows today's codes and their aliases alone.
    """
    contract = CONTRACTS["geography", "commune_vintages"]
    movements, cog = (
        pl.read_parquet(storage.lake_table("insee_cog", table) / "*.parquet") for table in ("mouvements", "communes")
    )
    # One archive, two tables: when one of them was refused, the edition of the other would be a year without history.
    newest = max(set(movements["edition"]) & set(cog["edition"]), default=None)
    if newest is None:
        vintages = contract.empty
    else:
        former = {row["alias_code"]: row["commune_code"] for row in seed_rows("parameters/commune_aliases")}
        vintages = commune_vintages(
            movements.filter(pl.col("edition") == newest), cog.filter(pl.col("edition") == newest),
            pl.read_parquet(storage.lake_table("geography", "communes") / "*.parquet"), former,
        ).select(list(contract.polars_schema))  # fmt: skip
        if (verdict := validate(vintages, contract)).failures.height:
            raise ValueError(f"commune_vintages breaks its contract: {verdict.failures.head(5).rows()}")
    path = storage.lake_table("geography", "commune_vintages") / "vintages.parquet"
    if not path.exists() or not pl.read_parquet(path).equals(vintages):
        replace_file(path, vintages.write_parquet)
    return vintages.height


# --- as Dagster shows it --------------------------------------------------------------------------------------


class OpenDataConfig(dg.Config):
    """`live`: also ask the producers' own servers, for those sources that have an address."""

    live: bool = False


def build_open_data_assets() -> tuple[list, list]:
    """Assets and checks. The intake is one step: a source that fails is a red check, never a failed run."""

    @dg.asset(key=["geography", "communes"], group_name="raw", kinds={"parquet"})
    def communes(storage: dg.ResourceParam[Storage], home_lock: dg.ResourceParam[None]) -> dg.MaterializeResult:
        """Communes actuelles et territoires dont elles font partie (photographie nationale fournie)."""
        return dg.MaterializeResult(metadata={"dagster/row_count": publish_communes(storage)})

    tables = [
        dg.AssetSpec(
            list(source.key), deps=[INTAKE], group_name="raw", kinds={"parquet"}, description=source.title_fr,
            metadata={"producer": source.producer, "licence": source.licence, "page": dg.MetadataValue.url(source.page),
                      "cadence": source.cadence},
            # A table is materialised when an edition or a revision of it comes.
            freshness_policy=dg.FreshnessPolicy.time_window(fail_window=timedelta(days=source.fresh_days)),
        )
        for source in SOURCES
    ]  # fmt: skip

    @dg.asset(key=INTAKE, group_name="raw", kinds={"polars", "pandera"})
    def open_data(
        context: dg.AssetExecutionContext, config: OpenDataConfig, storage: dg.ResourceParam[Storage],
        home_lock: dg.ResourceParam[None],
    ) -> dg.MaterializeResult:  # fmt: skip
        """Reçoit ce qui est nouveau ; une source en panne ne touche ni les autres, ni ses données d'avant."""
        try:
            where, away = mirror(), []
        except SettingError as error:  # unmounted, say: returns and files got by hand do not wait for it
            where, away = None, [str(error)]
        http = live.client() if config.live else None
        if http:
            LOG.info("Asking the producers of open data (those that limit calls take minutes)…")
        outcomes = [take_in(source, storage, where, http) for source in SOURCES]
        for outcome in outcomes:
            _report(context, outcome, archive.Book(storage, *outcome.source.key))
        problems = away + [f"{'/'.join(one.source.key)}: {problem}" for one in outcomes for problem in one.problems]
        fewer = [f"{'/'.join(one.source.key)}: {said}" for one in outcomes for said in one.fewer]
        strays = [f"{place}: {why}" for place, why in astray(storage).items()]
        return dg.MaterializeResult(
            metadata={
                "files": sum(len(outcome.published) for outcome in outcomes),
                **{
                    name: dg.MetadataValue.md("\n".join(f"- {one}" for one in said) or "none")
                    for name, said in (("problems", problems), ("fewer", fewer), ("astray", strays))
                },
            }
        )

    @dg.multi_asset_check(specs=[dg.AssetCheckSpec(CHECK, asset=list(s.key)) for s in SOURCES], can_subset=True)
    def open_data_contracts(context: dg.AssetCheckExecutionContext, storage: dg.ResourceParam[Storage]):
        """What the last look at each source came to, read again from its book."""
        for key in context.selected_asset_check_keys:
            book = archive.Book(storage, *key.asset_key.path)
            found = _evaluation(tuple(key.asset_key.path), book, archive.problems(book))
            yield dg.AssetCheckResult(
                passed=found.passed, asset_key=key.asset_key, check_name=CHECK, description=found.description,
                metadata=found.metadata,
            )  # fmt: skip

    @dg.asset(
        key=["geography", "commune_vintages"], group_name="raw", kinds={"parquet"},
        deps=[["geography", "communes"], INTAKE],
    )  # fmt: skip
    def commune_vintages_table(
        storage: dg.ResourceParam[Storage], home_lock: dg.ResourceParam[None]
    ) -> dg.MaterializeResult:
        """Ce qu'un code de commune de chaque année depuis 2003 désigne aujourd'hui."""
        return dg.MaterializeResult(metadata={"dagster/row_count": publish_commune_vintages(storage)})

    @dg.asset(key=["sirene", "creations"], group_name="raw", kinds={"parquet", "duckdb"}, deps=[INTAKE])
    def creations(storage: dg.ResourceParam[Storage], home_lock: dg.ResourceParam[None]) -> dg.MaterializeResult:
        """Établissements créés et leur survie, par commune, section d'activité et trimestre."""
        return dg.MaterializeResult(metadata={"state": sirene.publish_creations(storage)})

    return [communes, *tables, open_data, commune_vintages_table, creations], [open_data_contracts]


def _report(context: dg.AssetExecutionContext, outcome: Outcome, book: archive.Book) -> None:
    """A materialisation for each source that brought something, a check for each whose state changed."""
    if outcome.published:
        newest = outcome.published[-1]
        facts = {"dagster/row_count": newest.rows, "edition": newest.edition, "origin": newest.origin,
                 "sha256": newest.sha256, "quarantined": newest.quarantined,
                 "restored_zeros": newest.restored, "licence": newest.licence}  # fmt: skip
        if newest.provenance:
            facts["provenance"] = dg.MetadataValue.json(newest.provenance)
        context.log_event(dg.AssetMaterialization(list(outcome.source.key), metadata=facts))
    if outcome.published or outcome.problems:
        event = dg.DagsterEvent(
            dg.DagsterEventType.ASSET_CHECK_EVALUATION.value, context.job_name,
            event_specific_data=_evaluation(outcome.source.key, book, outcome.problems),
        )  # fmt: skip
        context.instance.report_dagster_event(event, run_id=context.run_id)


def _evaluation(key: tuple[str, str], book: archive.Book, problems: list[str]) -> dg.AssetCheckEvaluation:
    try:
        refused = sum(one.status == archive.REFUSED for one in book.versions())
        facts = {"editions": ", ".join(sorted(book.in_use())) or "none", "refused_versions": refused}
    except SourceError as error:
        facts = {"book": str(error)}
    return dg.AssetCheckEvaluation(
        asset_key=dg.AssetKey(key), check_name=CHECK, passed=not problems, severity=dg.AssetCheckSeverity.ERROR,
        description="; ".join(problems)[:2000] or None,
        metadata=facts,
    )  # fmt: skip
