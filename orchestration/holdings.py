"""How each source of open data stands, in the words of the command line.

Here: the lines of `territoires sources` and the one of a refresh, read from the books, and what lies where no source
looks. Not here: the books themselves (`archive.py`), what is late in the eyes of Dagster (a policy of each asset, with
the same `fresh_days`).
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from orchestration import archive
from orchestration.http import SourceError
from orchestration.open_data import astray
from orchestration.resources import Storage
from orchestration.sources import SOURCES, Source


@dataclass(frozen=True)
class Standing:
    """One source. `newest`: version of the newest edition in use; `last`: when anything good and new last came."""

    source: Source
    newest: archive.Received | None
    last: datetime | None
    problems: list[str]

    @property
    def name(self) -> str:
        return "/".join(self.source.key)

    def late_by(self, now: datetime) -> timedelta | None:
        """None when it is not late; a source that never brought anything is not late, it is not in use."""
        over = now - self.last - timedelta(days=self.source.fresh_days) if self.last else timedelta(0)
        return over if over > timedelta(0) else None


def standings(storage: Storage) -> list[Standing]:
    return [_standing(source, archive.Book(storage, *source.key)) for source in SOURCES]


def _standing(source: Source, book: archive.Book) -> Standing:
    try:
        in_use, versions = book.in_use(), book.versions()
    except SourceError as error:
        return Standing(source, None, None, [str(error)])
    good: dict[str, datetime] = {}
    for one in versions:
        if one.status != archive.REFUSED:  # the same bytes laid down again are nothing new
            good.setdefault(one.sha256, datetime.fromisoformat(one.received_at))
    newest = in_use[max(in_use)] if in_use else None
    return Standing(source, newest, max(good.values(), default=None), archive.problems(book))


def summary(storage: Storage) -> str | None:
    """One line; None when nothing is in use and nothing is wrong."""
    found, strays = standings(storage), astray(storage)
    used = [one for one in found if one.newest]
    wrong = [one.name for one in found if one.problems]
    if not used and not wrong and not strays:
        return None
    last = max((one.last for one in used if one.last), default=None)
    said = f", last received {last:%Y-%m-%d}" if last else ""
    problems = f"; problems: {', '.join(wrong)} (territoires sources)" if wrong else ""
    unread = f"; read by no source: {', '.join(strays)} (territoires sources)" if strays else ""
    return f"Open data: {len(used)} of {len(found)} sources in use{said}{problems}{unread}."


def came_from(received: archive.Received) -> str:
    """Mirror, producer or drop, as its origin begins."""
    kind = received.origin.partition(":")[0]
    return kind if kind in ("drop", "mirror") else "producer"


def table(storage: Storage, now: datetime | None = None) -> str:
    """A line a source."""
    now = now or datetime.now(UTC)
    lines = [("source", "edition", "rows", "received", "from", "late", "last problem")]
    for one in standings(storage):
        problem = " | ".join(one.problems) or "-"
        if one.newest is None or one.last is None:
            lines.append((one.name, "-", "-", "-", "-", "-", problem))
            continue
        late = one.late_by(now)
        lines.append((one.name, one.newest.edition, f"{one.newest.rows:,}", one.newest.received_at[:10],
                      came_from(one.newest), f"{late.days + 1} d" if late else "no", problem))  # fmt: skip
    lines += [(place, "-", "-", "-", "-", "-", why) for place, why in astray(storage).items()]
    return _aligned(lines)


def versions(storage: Storage, source: Source) -> str:
    """A line a version, oldest first."""
    lines = [("edition", "status", "received", "rows", "sha256", "origin", "provenance", "reason")]
    for one in archive.Book(storage, *source.key).versions():
        form = ", ".join(f"{key} {value}" for key, value in (one.provenance or {}).items()) or "-"
        lines.append((one.edition, one.status.replace("_", " "), one.received_at[:10], f"{one.rows:,}",
                      one.sha256[:12], one.origin, form, one.reason or "-"))  # fmt: skip
    return _aligned(lines) if lines[1:] else f"Nothing has been received of {'/'.join(source.key)}."


def _aligned(lines: list[tuple[str, ...]]) -> str:
    widths = [max(len(line[at]) for line in lines) for at in range(len(lines[0]) - 1)]
    shown = ("  ".join([*(f"{cell:<{width}}" for cell, width in zip(line, widths, strict=False)), line[-1]])
             for line in lines)  # fmt: skip
    return "\n".join(line.replace("\n", " ") for line in shown)
