"""Where the communes of the sample lie: invented centres, in the layout of the API of communes, provided as by hand.

What belongs here: the file and the form that says that its centres are invented. What does not: real coordinates. The
communes of an EPCI lie around one point and these points on a grid, so that who lives near works near.
"""

import json
import math
from itertools import groupby
from pathlib import Path

import polars as pl

from sample.places import REGION, SNAPSHOT

FOLDER = "open_data_drop/etalab_communes/centres"
#: Older than any edition that the API can give, so that real centres take the place of these.
EDITION = "2023"
FORM = {
    "from": "https://sample.invalid/centres-fictifs",
    "obtained": "2023-01-01",
    "by": "générateur de données fictives : ces centres sont inventés",
    "licence": "sans objet (données fictives)",
}
#: Degrees: south-west corner of the grid, between two EPCI, and between two communes of one EPCI; EPCI a line.
_WEST, _SOUTH, _STEP, _NEAR, _LINE = -1.5, 48.2, 0.3, 0.02, 10
#: Turns by which each commune of an EPCI lies further around its point than the one before: they spread evenly.
_TURN = (3 - math.sqrt(5)) * math.pi


def write_centres(home: Path) -> None:
    """One row a commune of the country, as a whole file has them; those outside the region have no centre."""
    frame = pl.read_parquet(SNAPSHOT).sort("code_commune")
    here = frame.filter(pl.col("code_region") == REGION).sort("code_departement", "code_epci", "code_commune")
    found: dict[str, list[float]] = {}
    for place, (_, rows) in enumerate(groupby(here["code_epci", "code_commune"].iter_rows(), key=lambda row: row[0])):
        east, north = _WEST + _STEP * (place % _LINE), _SOUTH + _STEP * (place // _LINE)
        for rank, (_, code) in enumerate(rows):
            away, around = _NEAR * math.sqrt(rank), _TURN * rank
            found[code] = [round(east + away * math.cos(around), 4), round(north + away * math.sin(around), 4)]
    content = [
        {"code": code} | ({"centre": {"type": "Point", "coordinates": found[code]}} if code in found else {})
        for code in frame["code_commune"]
    ]
    folder = home / FOLDER / EDITION
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "communes_fictives.json").write_bytes(json.dumps(content).encode())
    (folder / "provenance.json").write_bytes(json.dumps(FORM, ensure_ascii=False, indent=1).encode())
