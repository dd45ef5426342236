"""What the producers themselves publish now: who asks them and when, politely, and whether it is new.

Here: the client that talks to producers, when they are asked without anybody's order, the memory of the version sensor.
Not here: how a family of servers is talked to (`connectors.py`), rates and retries (`http.py`, `sources.PAUSES`), what
is done with a new version (`open_data.py`), which runs start (`automation.py`).
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from orchestration.archive import Book
from orchestration.connectors import Version
from orchestration.http import HttpClient, SourceError
from orchestration.resources import Storage
from orchestration.sources import PAUSES, SOURCES, Source

#: A tick of the sensor must end within a minute: so many servers at most are asked in one, each of them once.
PROBES_A_TICK = 2
#: A server that failed is asked again after this time.
AFTER_FAILURE = timedelta(hours=1)
#: What an answer of another shape than its family's gives when it is read.
_OTHER_SHAPE = (KeyError, TypeError, AttributeError, IndexError, ValueError)


def client() -> HttpClient:
    """For a refresh: patient."""
    return HttpClient(PAUSES)


def glance() -> HttpClient:
    """For the sensor: one try, and soon over."""
    return HttpClient(PAUSES, retries=0, timeout=(3, 7))


def published(source: Source, http: HttpClient) -> Version:
    """What a source with a connector publishes now; SourceError when its server does not say it as it should."""
    with _in_its_shape(source):
        return source.connector.probe(http)


def fetch(source: Source, http: HttpClient, version: Version, target: Path) -> None:
    """The bytes of `version`, whole and of their kind, else SourceError."""
    with _in_its_shape(source):
        source.connector.fetch(http, version, target)


@contextmanager
def _in_its_shape(source: Source) -> Iterator[None]:
    try:
        yield
    except _OTHER_SHAPE as error:
        raise SourceError(f"{source.page}: an answer of another shape than expected: {error!r}") from error


# --- the version sensor ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Look:
    """`memory`: what the sensor is to remember (JSON); `asked`: the same, once a refresh has been asked for.

    `news`: tables that have something new; `problems`: why a table's server could not be asked.
    """

    memory: str
    asked: str
    news: tuple[str, ...]
    problems: tuple[str, ...]


def pause(source: Source) -> timedelta:
    """Between two probes of a source: a hundredth of what it may be late by, an hour at least, a day at most."""
    return min(max(timedelta(days=source.fresh_days) / 100, timedelta(hours=1)), timedelta(days=1))


def look(storage: Storage, memory: str | None, http: HttpClient, now: datetime) -> Look:
    """Asks those whose turn it is what they publish; a probe downloads nothing, and one that fails changes nothing.

    A version is news until a refresh has been asked for it: what that refresh could not get, the nightly one tries.
    """
    seen: dict[str, dict] = json.loads(memory or "{}")
    followed = {".".join(source.key): source for source in SOURCES if source.connector}
    due = [
        name for name, source in followed.items()
        if name not in seen or datetime.fromisoformat(seen[name]["next"]) <= now
    ]  # fmt: skip
    due.sort(key=lambda name: seen.get(name, {}).get("next", ""))
    answers: dict[str, Version | SourceError] = {}  # two tables of one archive: one probe
    problems = []
    for name in due:
        source, server = followed[name], repr(followed[name].connector)
        if server not in answers and len(answers) == PROBES_A_TICK:
            continue
        if server not in answers:
            try:
                answers[server] = published(source, http)
            except SourceError as error:
                answers[server] = error
        answer, known = answers[server], seen.get(name, {})
        if isinstance(answer, SourceError):
            problems.append(f"{name}: {answer}")
            seen[name] = known | {"next": (now + AFTER_FAILURE).isoformat()}
        else:
            found = {"origin": answer.url, "version": answer.cursor}
            seen[name] = known | found | {"next": (now + pause(source)).isoformat()}
    news = []
    for name, one in seen.items():
        if name in followed and "version" in one and one["version"] != one.get("asked"):
            try:
                if not Book(storage, *followed[name].key).knows(one["origin"], one["version"]):
                    news.append(name)
            except SourceError as error:
                problems.append(f"{name}: {error}")
    asked = {name: one | ({"asked": one["version"]} if name in news else {}) for name, one in seen.items()}
    return Look(json.dumps(seen), json.dumps(asked), tuple(news), tuple(problems))
