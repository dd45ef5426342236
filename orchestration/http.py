"""One polite way to talk to a server: retries, back-off, rate limits, resumed downloads.

Here: `HttpClient` on `requests`, with urllib3's retries. Not here: what is asked for (`connectors.py`).
"""

import os
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3.exceptions import ConnectTimeoutError, HTTPError, NewConnectionError
from urllib3.util import Retry

USER_AGENT = f"territoires-solidaires/{version('territoires-solidaires')} (observatoire COORACE; requests)"
#: Seconds to connect, and between two pieces of an answer.
TIMEOUT = (5, 60)
#: A server that asks to wait longer than this many seconds is left for the next refresh.
PATIENCE = 120
#: Bytes held at a time, and lost at most when a body breaks off.
CHUNK = 1 << 16


class SourceError(Exception):
    """A source could not be had; the message names the address and the cause."""


@dataclass(frozen=True)
class Download:
    """A body on disk, and what the server said about it. `size` in bytes."""

    url: str
    size: int
    etag: str | None
    last_modified: str | None
    media_type: str | None


class _AskedToWait(Exception):
    """Longer than PATIENCE."""


class _Policy(Retry):
    """Retries that wait as long as the server asks, within reason."""

    def sleep_for_retry(self, response) -> bool:
        asked = self.get_retry_after(response)
        if asked and asked > PATIENCE:
            raise _AskedToWait(f"HTTP {response.status}, asks to come back in {asked:.0f} s")
        return super().sleep_for_retry(response)


@dataclass
class HttpClient:
    """`pauses`: host -> seconds between two calls. `retries` and `back_off` (seconds, then doubled) are per call.

    A host that could not be reached once is not tried again by the same client: without a network, all the sources of
    a refresh fail at once and not after each other's time-outs.
    """

    pauses: Mapping[str, float] = field(default_factory=dict)
    retries: int = 4
    back_off: float = 1.0
    timeout: tuple[float, float] = TIMEOUT
    _last_call: dict[str, float] = field(default_factory=dict)
    _unreachable: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        policy = _Policy(
            total=self.retries, connect=min(1, self.retries),
            backoff_factor=self.back_off, backoff_max=120, backoff_jitter=self.back_off / 4,
            status_forcelist=(429, 500, 502, 503, 504), allowed_methods=("GET", "HEAD"),
            respect_retry_after_header=True, raise_on_status=False,
        )  # fmt: skip
        self.session = requests.Session()
        self.session.headers["User-Agent"] = USER_AGENT
        for scheme in ("https://", "http://"):
            self.session.mount(scheme, HTTPAdapter(max_retries=policy))

    def request(self, url: str, method: str = "GET", accept: tuple[int, ...] = (200,), **options) -> requests.Response:
        """The answer, if its status is one of `accept`; raises SourceError otherwise, once retries are used up."""
        host = urlsplit(url).hostname or ""
        if host in self._unreachable:
            raise SourceError(f"{url}: {host} cannot be reached ({self._unreachable[host]})")
        self._wait_turn(host)
        try:
            answer = self.session.request(method, url, timeout=self.timeout, **options)
        except _AskedToWait as error:
            raise SourceError(f"{url}: {error}") from error
        except requests.RequestException as error:
            reason = getattr(error.args[0], "reason", None) if error.args else None
            if isinstance(reason, NewConnectionError | ConnectTimeoutError):  # not one that broke off an answer
                self._unreachable[host] = type(reason).__name__
            raise SourceError(f"{url}: {type(error).__name__}: {error}") from error
        except (HTTPError, ValueError, OverflowError) as error:  # a redirect to no host, a day beyond the calendar
            raise SourceError(f"{url}: an answer that cannot be followed: {error}") from error
        if answer.status_code not in accept:
            start = "" if options.get("stream") else answer.text[:200].replace("\n", " ")
            answer.close()
            raise SourceError(f"{url}: HTTP {answer.status_code} {answer.reason}. {start}".strip())
        return answer

    def json(self, url: str, accept: tuple[int, ...] = (200,), **options) -> dict:
        """A JSON answer; {} for an accepted status without a body."""
        answer = self.request(url, accept=accept, **options)
        try:
            return answer.json() if answer.content else {}
        except requests.JSONDecodeError as error:
            kind = answer.headers.get("Content-Type", "no content type")
            raise SourceError(f"{url}: expected JSON, got {kind}: {answer.text[:80]!r}") from error

    def download(
        self, url: str, target: Path, conditions: Mapping[str, str] | None = None, **options
    ) -> Download | None:
        """The body into `target`, in pieces, resumed where it broke off; None when nothing has changed (304).

        `conditions`: If-None-Match, If-Modified-Since. A body shorter than announced is never taken for whole.
        """
        headers = dict(conditions or {}) | options.pop("headers", {})
        target.write_bytes(b"")
        have, mark = 0, None
        for attempt in range(self.retries + 1):
            resumed = {"Range": f"bytes={have}-", "If-Range": mark} if have and mark else {}
            with self.request(url, accept=(200, 206, 304), stream=True, headers=headers | resumed, **options) as answer:
                if answer.status_code == 304:
                    return None
                if answer.status_code == 200:  # from the start: the first try, or the file is another one by now
                    have = 0
                mark = answer.headers.get("ETag") or answer.headers.get("Last-Modified")
                try:
                    with target.open("r+b") as file:
                        file.seek(have)
                        file.truncate()
                        for piece in answer.iter_content(CHUNK):
                            file.write(piece)
                    return Download(
                        answer.url, target.stat().st_size, answer.headers.get("ETag"),
                        answer.headers.get("Last-Modified"), answer.headers.get("Content-Type"),
                    )  # fmt: skip
                except requests.RequestException as error:
                    have, cause = target.stat().st_size, error
            if attempt < self.retries:
                time.sleep(self.back_off * 2**attempt)  # a server that breaks off is given rest
        raise SourceError(f"{url}: the body broke off {self.retries + 1} times: {cause}") from cause

    def _wait_turn(self, host: str) -> None:
        pause = self.pauses.get(host, 0.0)
        wait = self._last_call.get(host, 0.0) + pause - time.monotonic()
        if wait > 0:
            time.sleep(wait)  # the producer's published rate limit
        self._last_call[host] = time.monotonic()


def secret(variable: str) -> str:
    """The value of an environment variable that a source needs; raises SourceError that names it."""
    value = os.environ.get(variable, "")
    if not value:
        raise SourceError(f"{variable} is not set: this source needs the key of an account (see the source catalogue)")
    return value
