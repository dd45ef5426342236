"""Local doubles of the servers that publish open data: one HTTP server on 127.0.0.1, with their manners and faults.

Here: answers shaped as the real ones (data.gouv.fr after recorded answers, the others after their documentation), and
faults to order. Not here: a test.
"""

import hashlib
import json
import re
import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit, urlunsplit

from requests.adapters import HTTPAdapter

from orchestration.http import HttpClient


@dataclass
class Answer:
    """What a path answers. `body` may be cut after `cut` bytes although its whole length is announced.

    `stalls`: what is left of a cut body is waited for, and never comes.
    """

    body: bytes = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    cut: int | None = None
    stalls: bool = False


@dataclass
class File(Answer):
    """A static file: ETag, Last-Modified, conditional and range requests, as object stores do."""

    modified: float = 1_700_000_000.0
    kind: str = "application/octet-stream"

    @property
    def etag(self) -> str:
        return f'"{hashlib.md5(self.body).hexdigest()}"'


class World:
    """Paths and what they answer; `faults[path]` are answered first, once each; `calls` is what was asked."""

    def __init__(self) -> None:
        self.routes: list[tuple[re.Pattern, Answer | Callable]] = []
        self.faults: dict[str, deque[Answer]] = {}
        self.calls: list[tuple[str, str, dict[str, str]]] = []
        self.base = ""
        self.closing = threading.Event()

    def serve(self, path: str, answer: "Answer | Callable") -> None:
        """`path` is a pattern; a callable gets (query, headers, *groups) and returns an Answer. The last one wins."""
        self.routes.insert(0, (re.compile(path), answer))

    def fail(self, path: str, *answers: Answer) -> None:
        self.faults.setdefault(path, deque()).extend(answers)

    def asked(self, path: str) -> list[tuple[str, str, dict[str, str]]]:
        return [call for call in self.calls if call[1] == path]

    # --- the families --------------------------------------------------------------------------------------

    def data_gouv(self, dataset: str, resources: list[dict]) -> None:
        """A dataset of udata: its resources, and permalinks that redirect (302)."""
        self.serve(rf"/api/1/datasets/{dataset}/", lambda *_: _json({"id": dataset, "resources": resources}))

        def permalink(query, headers, resource_id):
            for one in resources:
                if one["id"] == resource_id:
                    return Answer(status=302, headers={"Location": one["url"]})
            return Answer(b"Resource not found", 404)

        self.serve(r"/api/1/datasets/r/([\w-]+)", permalink)

    def resource(self, number: int, title: str, body: bytes, modified: str, checksum: bool = True) -> dict:
        """One resource, after the recorded answer; `extras` lag behind and say another checksum."""
        resource_id = f"aaaaaaaa-1111-bbbb-2222-{number:012}"
        path = f"/resources/{number}/{title}"
        self.serve(re.escape(path), File(body))
        return {
            "id": resource_id, "title": title, "filetype": "file" if checksum else "remote", "format": "csv",
            "filesize": len(body) if checksum else None, "url": f"{self.base}{path}",
            "latest": f"{self.base}/api/1/datasets/r/{resource_id}", "last_modified": modified,
            "checksum": {"type": "sha1", "value": hashlib.sha1(body).hexdigest()} if checksum else None,
            "internal": {"last_modified_internal": modified},
            "extras": {"analysis:checksum": "0" * 40, "analysis:last-modified-at": "2020-01-01T00:00:00+00:00",
                       "analysis:content-length": len(body) + 49},
        }  # fmt: skip

    def explore(self, dataset: str, rows: list[dict], processed: str, bom: bool = False) -> None:
        """A dataset of an Opendatasoft portal: metadata, records with their limits, a whole export."""
        base = rf"/api/explore/v2\.1/catalog/datasets/{dataset}"
        columns = list(rows[0]) if rows else []
        facts = {
            "dataset_id": dataset, "fields": [{"name": c, "label": c, "type": "text"} for c in columns],
            "metas": {"default": {"data_processed": processed, "metadata_processed": processed, "modified": processed,
                                  "records_count": len(rows)}},
        }  # fmt: skip
        self.serve(base, lambda *_: _json(facts))

        def records(query, headers):
            limit, offset = int(query.get("limit", 10)), int(query.get("offset", 0))
            if limit > 100 or offset + limit > 10_000:
                return _json({"error_code": "InvalidRESTParameterError", "message": "limit or offset too large"}, 400)
            if group := query.get("group_by"):  # without a count
                groups = [{group: value} for value in sorted({row[group] for row in rows})]
                return _json({"results": groups[offset : offset + limit]})
            return _json({"total_count": len(rows), "results": rows[offset : offset + limit]})

        self.serve(f"{base}/records", records)
        text = "\n".join([";".join(columns), *(";".join(str(row[c]) for c in columns) for row in rows)]) + "\n"
        body = text.encode("utf-8-sig" if bom else "utf-8")
        self.serve(f"{base}/exports/csv", Answer(body, headers={"Content-Type": "text/csv"}))

    def sirene(self, rows: list[dict], key: str) -> None:
        """API Sirene: a key, a cursor, 404 for nothing found."""

        def siret(query, headers):
            if headers.get("X-INSEE-Api-Key-Integration") != key:
                return Answer(b"", 401)
            size, start = int(query.get("nombre", 20)), query.get("curseur", "*")
            if not rows:
                return _json({"header": {"statut": 404, "message": "Aucun élément trouvé"}}, 404)
            begin = 0 if start == "*" else int(start)
            found = rows[begin : begin + size]
            onward = str(begin + len(found)) if found else start
            header = {"total": len(rows), "curseur": start, "curseurSuivant": onward, "nombre": len(found)}
            return _json({"header": header, "etablissements": found})

        self.serve(r"/api-sirene/3\.11/siret", siret)


def _json(content: object, status: int = 200) -> Answer:
    return Answer(json.dumps(content).encode(), status, {"Content-Type": "application/json"})


HTML_PAGE = Answer(
    b"<!DOCTYPE html><html><body>Une erreur est survenue</body></html>", 200, {"Content-Type": "text/html"}
)


@contextmanager
def world() -> Iterator[World]:
    """A server on a free port of 127.0.0.1, for as long as the block lasts."""
    made = World()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self._answer(with_body=True)

        def do_HEAD(self) -> None:
            self._answer(with_body=False)

        def log_message(self, *_) -> None:
            pass

        def _answer(self, with_body: bool) -> None:
            parts = urlsplit(self.path)
            made.calls.append((self.command, parts.path, dict(self.headers)))
            answer = self._find(parts.path, {k: v[-1] for k, v in parse_qs(parts.query).items()})
            status, headers, body = answer.status, dict(answer.headers), answer.body
            if isinstance(answer, File):
                status, headers, body = self._file(answer)
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if with_body and status != 304:
                self.wfile.write(body if answer.cut is None else body[: answer.cut])
                if answer.stalls:
                    made.closing.wait()
                if answer.cut is not None:
                    self.close_connection = True

        def _find(self, path: str, query: dict[str, str]) -> Answer:
            if made.faults.get(path):
                return made.faults[path].popleft()
            for pattern, answer in made.routes:
                if found := pattern.fullmatch(path):
                    return answer(query, dict(self.headers), *found.groups()) if callable(answer) else answer
            return Answer(b"<html>Page introuvable</html>", 404, {"Content-Type": "text/html"})

        def _file(self, file: File) -> tuple[int, dict[str, str], bytes]:
            headers = {"ETag": file.etag, "Last-Modified": formatdate(file.modified, usegmt=True),
                       "Content-Type": file.kind, **file.headers}  # fmt: skip
            if self.headers.get("If-None-Match") == file.etag:
                return 304, headers, b""
            wanted = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", ""))
            if wanted and self.headers.get("If-Range") in (None, file.etag):
                start = int(wanted[1])
                headers["Content-Range"] = f"bytes {start}-{len(file.body) - 1}/{len(file.body)}"
                return 206, headers, file.body[start:]
            return 200, headers, file.body

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    made.base = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield made
    finally:
        made.closing.set()
        server.shutdown()
        thread.join()
        server.server_close()


class _Detour(HTTPAdapter):
    """Sends every call to one base address, whatever its host."""

    def __init__(self, base: str, **options):
        self.base = base
        super().__init__(**options)

    def send(self, request, *arguments, **options):
        parts = urlsplit(request.url)
        request.url = self.base + urlunsplit(("", "", parts.path, parts.query, ""))
        return super().send(request, *arguments, **options)


def detoured(made: World, **options) -> HttpClient:
    """A client for which every host is the double: the real addresses of sources are asked as they stand."""
    http = HttpClient(**{"retries": 1, "back_off": 0.01, "timeout": (2, 2)} | options)
    for scheme in ("https://", "http://"):
        http.session.mount(scheme, _Detour(made.base, max_retries=http.session.get_adapter(scheme).max_retries))
    return http
