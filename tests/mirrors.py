"""Small mirrors of open data made for a case, and what came of them.

Here: files of the SIAE list and how they are laid down, archives and workbooks in memory. Not here: good and broken
files of every source (`open_data_fixtures.py`), producers as servers (`producers.py`), tests.
"""

import io
import zipfile
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import polars as pl
import xlsxwriter

from contracts.parsing import luhn_is_valid
from orchestration import archive
from orchestration.resources import Storage
from orchestration.sources import SOURCES, Source

HEADER = "siret,kind,name,brand,naf,post_code,city"


def source(schema: str, table: str, **changes) -> Source:
    (found,) = (one for one in SOURCES if one.key == (schema, table))
    return replace(found, **changes)


SIAE = source("siae", "structures", minimum_rows=3)


def listing(sirets: Iterable[str], header: str = HEADER) -> bytes:
    rows = [f"{siret},ACI,Atelier {siret[-4:]},,8899B,76000,Rouen" for siret in sirets]
    return "\n".join([header, *rows]).encode()


def some_sirets(count: int) -> list[str]:
    """Numbers of the sample's range whose keys fit."""
    found = (f"{number:014}" for number in range(100_000_000_000))
    return [siret for siret, _ in zip((s for s in found if luhn_is_valid(s)), range(count), strict=False)]


SIRETS = some_sirets(110)


def drop(mirror: Path, edition: str, content: bytes, name: str = "siae_marche_x.csv", schema: str = "siae") -> Path:
    path = mirror / schema / edition / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def in_lake(storage: Storage) -> dict[str, int]:
    """edition -> rows."""
    frame = pl.read_parquet(storage.lake_table("siae", "structures") / "*.parquet")
    return dict(frame.group_by("edition").len().iter_rows())


def statuses(storage: Storage) -> list[tuple[str, str]]:
    return [(one.edition, one.status) for one in archive.Book(storage, "siae", "structures").versions()]


def zipped(**members: str | bytes) -> bytes:
    """An archive; two underscores stand for the point of a name."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in members.items():
            packed.writestr(name.replace("__", "."), content)
    return made.getvalue()


def workbook(sheet: str, *rows: tuple) -> bytes:
    content = io.BytesIO()
    with xlsxwriter.Workbook(content) as book:
        page = book.add_worksheet(sheet)
        for number, row in enumerate(rows):
            page.write_row(number, 0, row)
    return content.getvalue()
