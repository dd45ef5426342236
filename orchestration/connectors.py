"""Ways to get the bytes of a published source: one frozen dataclass a family of servers, configured in `sources.py`.

Here: what is published now (`probe`: cheap, no body) and getting it into a file (`fetch`). Not here: retries and rates
(`http.py`), what the bytes mean (`readers.py`), which source uses what (`sources.py`).

A connector answers `probe(http) -> Version` and `fetch(http, version, target) -> Download`. Neither guesses: an answer
that is not what the family promises is a SourceError.
"""

import hashlib
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from html import unescape
from pathlib import Path
from typing import Protocol
from urllib.parse import unquote, urljoin, urlsplit

from orchestration.http import Download, HttpClient, SourceError, secret

#: What a body must begin with, by kind of file.
MAGIC = {
    "zip": b"PK\x03\x04",
    "xlsx": b"PK\x03\x04",
    "xls": b"\xd0\xcf\x11\xe0",
    "parquet": b"PAR1",
    "json": b"",
    "csv": b"",
}
_HTML = re.compile(rb"^\s*(<!doctype html|<html|<\?xml[^>]*>\s*<!doctype html)", re.IGNORECASE)


@dataclass(frozen=True)
class Version:
    """What a source publishes now. `cursor` changes when, and only when, the content may have changed.

    `vintage`: the period or geography the file speaks of, as the source writes it (see `edition`). `name`: of the file,
    which tells its layout. `checksum`: (algorithm, hex digest) when announced.
    """

    cursor: str
    url: str
    vintage: str
    name: str
    checksum: tuple[str, str] | None = None
    size: int | None = None


def edition(written: str) -> str | None:
    """The one way to write a vintage, whatever a folder or a source calls it: 2024, 2023T3 or 2026-11-01.

    Of 2024_corrected, 2024-T4, t3-2023 and 2024-12-31T00:00 too; None when it is no such day, month or year.
    """
    if found := re.match(r"[tT]([1-4])[-_ ]?(\d{4})(?!\d)", written):
        return f"{found[2]}T{found[1]}"
    if found := re.match(r"(\d{4})[-_ ]?[TQ]([1-4])(?!\d)", written):
        return f"{found[1]}T{found[2]}"
    if not (found := re.match(r"\d{4}(-\d\d){0,2}", written)):
        return None
    try:
        date.fromisoformat(f"{found.group()}-01-01"[:10])
    except ValueError:  # 2024-13; 2021-2022, which are two
        return None
    return found.group()


def is_page(start: bytes) -> bool:
    """Whether bytes that should be data begin as a web page does: that of an error, most often."""
    return bool(_HTML.match(start))


class Connector(Protocol):
    """What every family can do."""

    def probe(self, http: HttpClient) -> Version: ...

    def fetch(self, http: HttpClient, version: Version, target: Path) -> Download: ...


@dataclass(frozen=True)
class HttpFile:
    """A plain file whose address carries its vintage (INSEE, collectivités locales).

    `page`: a page that links to the files; `link`: pattern of the end of the wanted address, with a group `vintage`;
    the latest one is taken. Without `page`, `link` is the address itself and `vintage` its vintage, as strftime writes
    the day it is asked ("%Y" where an address always answers with today's state). `kind`: a key of MAGIC, since a wrong
    address answers with a page and status 200 or 500.
    """

    link: str
    kind: str
    page: str | None = None
    vintage: str = ""

    def probe(self, http: HttpClient) -> Version:
        url, vintage = (self.link, f"{date.today():{self.vintage}}") if self.page is None else self._newest(http)
        answer = http.request(url, method="HEAD")
        marks = [answer.headers.get(name, "") for name in ("ETag", "Last-Modified", "Content-Length")]
        # A server that marks nothing is believed to have something new with each vintage.
        return Version(" ".join([url, *(marks if any(marks) else [vintage])]), url, vintage, _last_part(url))

    def _newest(self, http: HttpClient) -> tuple[str, str]:
        text = http.request(self.page).text
        hrefs = [urljoin(self.page, unescape(href)) for href in re.findall(r'href="([^"]+)"', text)]
        links = [match for href in hrefs if (match := re.search(rf"(?:{self.link})$", href))]
        found = sorted((edition(match["vintage"]) or "", match["vintage"], match.string) for match in links)
        if not found:
            raise SourceError(
                f"{self.page}: no link like {self.link}; the page has changed, correct the source's entry"
            )
        _, vintage, href = found[-1]
        return href, vintage

    def fetch(self, http: HttpClient, version: Version, target: Path) -> Download:
        return _downloaded(http, version, target, self.kind)


@dataclass(frozen=True)
class ExploreApi:
    """A dataset of an Opendatasoft portal (Explore API v2.1): metadata as version, exports without window.

    `latest`: pattern of a field whose group `vintage` tells the newest year (columns that grow), or None: the
    greatest value of `vintage_field` is asked for.
    """

    host: str
    dataset: str
    kind: str = "csv"
    where: str | None = None
    latest: str | None = None
    vintage_field: str | None = None

    @property
    def _base(self) -> str:
        return f"{self.host}/api/explore/v2.1/catalog/datasets/{self.dataset}"

    def probe(self, http: HttpClient) -> Version:
        facts = http.json(self._base)
        try:
            metas = facts["metas"]["default"]
            cursor = " ".join(str(metas[name]) for name in ("data_processed", "records_count"))
            names = [one["name"] for one in facts["fields"]]
        except KeyError as error:
            raise SourceError(f"{self._base}: no {error} in the dataset's metadata") from error
        url, name = f"{self._base}/exports/{self.kind}", f"{self.dataset}.{self.kind}"
        return Version(cursor, url, self._vintage(http, names), name)

    def _vintage(self, http: HttpClient, names: list[str]) -> str:
        if self.latest is not None:
            years = [match["vintage"] for name in names if (match := re.fullmatch(self.latest, name))]
        elif self.vintage_field is not None:
            found = self.records(http, select=self.vintage_field, group_by=self.vintage_field)
            years = [str(row[self.vintage_field]) for row in found]
        else:
            return ""
        if not years:
            raise SourceError(
                f"{self._base}: no field like {self.latest or self.vintage_field} among {', '.join(names[:40])}"
            )
        return max(years)

    def records(self, http: HttpClient, **query: str) -> Iterator[dict]:
        """Rows, page by page until a short one: at most 100 a page, and never beyond 10,000, where the server refuses.

        Groups come without their count.
        """
        offset = 0
        while True:
            page = http.json(f"{self._base}/records", params=query | {"limit": 100, "offset": offset})
            yield from page["results"]
            offset += len(page["results"])
            if len(page["results"]) < 100 or offset == page.get("total_count"):
                return
            if offset + 100 > 10_000:
                raise SourceError(f"{self._base}: more than 10,000 rows: use the export instead of records")

    def fetch(self, http: HttpClient, version: Version, target: Path) -> Download:
        query = {"where": self.where} if self.where else {}
        return _downloaded(http, version, target, self.kind, params=query | {"timezone": "Europe/Paris"})


@dataclass(frozen=True)
class DataGouv:
    """A resource of data.gouv.fr: by id, else by `title` and newest change, since producers replace resources.

    The version is last_modified, checksum and size; the `extras` lag behind and are not read. A resource without
    checksum lives elsewhere: its server's HEAD answer completes the cursor.
    """

    dataset: str
    title: str
    kind: str
    resource: str | None = None
    host: str = "https://www.data.gouv.fr"

    def probe(self, http: HttpClient) -> Version:
        url = f"{self.host}/api/1/datasets/{self.dataset}/"
        wanted = "resources{id,title,url,latest,filesize,checksum,last_modified}"
        resources = http.json(url, headers={"X-fields": wanted}).get("resources") or []
        named = [one for one in resources if re.search(self.title, one["title"])]
        exact = [one for one in resources if one["id"] == self.resource]
        if not (found := exact or named):
            titles = ", ".join(one["title"] for one in resources[:20]) or "none"
            raise SourceError(
                f"{url}: neither resource {self.resource} nor a title like {self.title}; there are: {titles}"
            )
        newest = max(found, key=lambda one: (one["last_modified"], one["id"]))
        vintage = re.search(self.title, newest["title"])
        checksum, size = newest.get("checksum") or {}, newest.get("filesize")
        cursor = [newest["id"], newest["last_modified"], checksum.get("value") or "", str(size or "")]
        if not checksum.get("value"):
            head = http.request(newest["latest"], method="HEAD", allow_redirects=True)
            cursor += [head.headers.get(name, "") for name in ("ETag", "Last-Modified", "Content-Length")]
        announced = (checksum["type"], checksum["value"]) if checksum.get("value") else None
        named_vintage = vintage.groupdict().get("vintage") if vintage else None
        return Version(
            " ".join(cursor), newest["latest"], named_vintage or newest["last_modified"][:10],
            _last_part(newest["url"]), announced, size,
        )  # fmt: skip

    def fetch(self, http: HttpClient, version: Version, target: Path) -> Download:
        return _downloaded(http, version, target, self.kind)


@dataclass(frozen=True)
class Melodi:
    """A dataset of INSEE's Melodi: the catalogue says the last period, whose file is a zip of CSV."""

    dataset: str
    host: str = "https://api.insee.fr/melodi"

    def probe(self, http: HttpClient) -> Version:
        url = f"{self.host}/catalog/{self.dataset}"
        facts = http.json(url)
        try:
            year, modified = str(facts["temporal"]["endPeriod"])[:4], str(facts.get("modified", ""))
        except (KeyError, TypeError) as error:
            raise SourceError(f"{url}: no temporal.endPeriod in the catalogue") from error
        name = f"{self.dataset}_{year}_CSV_FR"
        return Version(f"{year} {modified}", f"{self.host}/file/{self.dataset}/{name}", year, f"{name}.zip")

    def fetch(self, http: HttpClient, version: Version, target: Path) -> Download:
        return _downloaded(http, version, target, "zip")


@dataclass(frozen=True)
class PagedApi:
    """A JSON API read page by page into one line a row (NDJSON).

    `rows`: name of the list in an answer. `follow`: how the next page is named: "next" (an address in the answer),
    "cursor" (Sirene: header.curseurSuivant until it repeats) or "page" (page and per_page, up to `most` rows).
    `key`: (header, environment variable). `empty`: status that means "nothing found" (Sirene answers 404).
    `each`: (parameter, values), where the API must be asked once for each value. `keep`: the members of a row that are
    written; the others are never stored (names, telephones and addresses of persons). `period`: how a day is written
    as a vintage, so that an API that does not say when it changed is read once in it.
    """

    url: str
    rows: str
    follow: str
    query: dict = field(default_factory=dict)
    key: tuple[str, str] | None = None
    empty: int | None = None
    most: int = 10_000
    version_url: str | None = None
    each: tuple[str, tuple[str, ...]] | None = None
    keep: tuple[str, ...] = ()
    period: str = "%Y-%m-%d"

    @property
    def _name(self) -> str:
        return f"{_last_part(self.url)}.ndjson"

    def _headers(self) -> dict[str, str]:
        return {self.key[0]: secret(self.key[1])} if self.key else {}

    def probe(self, http: HttpClient) -> Version:
        """The API's own word about its last update, else the period: such an API is read once in it."""
        today = date.today().strftime(self.period)
        if self.version_url is None:
            return Version(today, self.url, today, self._name)
        facts = http.json(self.version_url, headers=self._headers())
        digest = hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()
        return Version(digest, self.url, today, self._name)

    def fetch(self, http: HttpClient, version: Version, target: Path) -> Download:
        with target.open("w", encoding="utf-8") as file:
            for row in self.read(http):
                kept = {name: row[name] for name in self.keep} if self.keep else row
                file.write(json.dumps(kept, ensure_ascii=False) + "\n")
        return Download(self.url, target.stat().st_size, None, None, "application/x-ndjson")

    def read(self, http: HttpClient) -> Iterator[dict]:
        """Every row of every page."""
        name, values = self.each or (None, ("",))
        for value in values:
            yield from self._pages(http, self.query | ({name: value} if name else {}))

    def _pages(self, http: HttpClient, query: dict) -> Iterator[dict]:
        url, seen = self.url, 0
        if self.follow == "cursor":
            query["curseur"] = "*"
        accept = (200,) if self.empty is None else (200, self.empty)
        while True:
            answer = http.request(url, accept=accept, params=query, headers=self._headers())
            if answer.status_code == self.empty:
                return
            page = answer.json()
            rows = page[self.rows]
            yield from rows
            seen += len(rows)
            if self.follow == "next":
                url, query = page["next"], {}
                done = not url
            elif self.follow == "cursor":
                here = page["header"]["curseur"]
                query["curseur"] = page["header"].get("curseurSuivant", here)
                done = query["curseur"] == here
            else:
                query["page"] = query.get("page", 1) + 1
                done = query["page"] > page["total_pages"]
                if not done and seen >= self.most:
                    raise SourceError(f"{self.url}: more than {self.most} rows: narrow the query")
            if done:
                return


def _last_part(url: str) -> str:
    """Name of the file at an address."""
    return unquote(urlsplit(url).path.rstrip("/").rpartition("/")[2])


def _downloaded(http: HttpClient, version: Version, target: Path, kind: str, **options) -> Download:
    """The body of `version`, if it is the kind of file promised, whole, and with the announced checksum."""
    got = http.download(version.url, target, **options)
    if got is None:
        raise SourceError(f"{version.url}: HTTP 304 Not Modified, although no condition was put")
    with target.open("rb") as file:
        start = file.read(512)
    if not start:
        raise SourceError(f"{version.url}: an empty body")
    if is_page(start) or not start.startswith(MAGIC[kind]):
        raise SourceError(f"{version.url}: expected {kind}, got {got.media_type}: {start[:60]!r}")
    if version.size and got.size != version.size:
        raise SourceError(f"{version.url}: {got.size} bytes, announced {version.size}")
    if version.checksum:
        algorithm, wanted = version.checksum
        with target.open("rb") as file:
            found = hashlib.file_digest(file, algorithm).hexdigest()
        if found != wanted.lower():
            raise SourceError(f"{version.url}: {algorithm} {found}, announced {wanted}")
    return got
