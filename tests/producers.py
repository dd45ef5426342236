"""Five producers of open data as doubles, one of each family, at the paths of their real addresses.

Here: small good files whose every figure is the year they were published for, so that a figure tells which version it
is of. Not here: faults, tests.
"""

import io
import json
from dataclasses import replace

import xlsxwriter
from doubles import Answer, File, World
from mirrors import zipped

from orchestration.sources import SOURCES, Source

POPULATIONS, UNEMPLOYMENT, INCOMES, DISTRICTS, JOBS = (
    ("insee_populations", "communes"), ("insee_chomage_ze", "taux"), ("insee_filosofi", "communes"),
    ("anct_qpv", "quartiers"), ("urssaf_commune_ape", "emplois"),
)  # fmt: skip
#: Column of each table that holds the year (unemployment: its last digit).
FIGURE = {POPULATIONS: "pmun", UNEMPLOYMENT: "taux_chomage", INCOMES: "med", DISTRICTS: "lib_qp",
          JOBS: "effectifs_salaries"}  # fmt: skip

PAGES = "/fr/statistiques"
ENSEMBLE = f"{PAGES}/fichier/7739582/ensemble.zip"
QPV_RESOURCE = "942d4ee8-8142-4556-8ea1-335537ce1119"
QPV_DATASET = "5a561801c751df42d7fca9b6"
URSSAF = "etablissements-et-effectifs-salaries-au-niveau-commune-x-ape-last"

_COMMUNES = [f"76{number:03}" for number in range(1, 13)]


def few() -> tuple[Source, ...]:
    """The five sources as they are, but that small files are whole ones."""
    return tuple(replace(source, minimum_rows=3) for source in SOURCES if source.key in FIGURE)


def populations(
    year: int, header: str = "COM;Commune;PMUN;PCAP;PTOT", encoding: str = "utf-8", rows: int = 12
) -> bytes:
    lines = [header, *(f"{code};Saint-Étienne;{year};0;{year}" for code in _COMMUNES[:rows])]
    return zipped(donnees_communes__csv="\n".join(lines).encode(encoding))


def unemployment(year: int) -> bytes:
    made = io.BytesIO()
    with xlsxwriter.Workbook(made, {"in_memory": True}) as book:
        sheet = book.add_worksheet("txcho_ze")
        sheet.write_row(5, 0, ["ZE2020", "LIBZE2020", "REG", "LIBREG", "2003-T1", f"{year}-T4"])
        for number in range(12):
            sheet.write_row(6 + number, 0, [f"28{number:02}", "Rouen", "28", "Normandie", year % 10, year % 10])
    return made.getvalue()


def unemployment_name(year: int) -> str:
    return f"chomage-zone-t1-2003-t4-{year}.xlsx"


def incomes(year: int) -> bytes:
    lines = ["GEO;GEO_OBJECT;FILOSOFI_MEASURE;TIME_PERIOD;OBS_VALUE"]
    for code in (*_COMMUNES, "2815"):
        kind = "COM" if len(code) == 5 else "ZE2020"
        lines += [f"{code};{kind};{name};{year};{year if name != 'PR_MD60' else 's'}"
                  for name in ("NUM_HH", "NUM_PER", "MED_SL", "PR_MD60", "D1_SL")]  # fmt: skip
    return zipped(DS_FILOSOFI_CC_data__csv="\n".join(lines).encode(), DS_FILOSOFI_CC_metadata__csv=b"a;b\n1;2\n")


def districts(year: int) -> bytes:
    shapes = [
        {"type": "Feature", "geometry": {"type": "Point", "coordinates": [1.0, 49.0]},
         "properties": {"code_qp": f"QN076{number:02}M", "lib_qp": f"Cœur {year}", "insee_com": code}}
        for number, code in enumerate(_COMMUNES)
    ]  # fmt: skip
    content = json.dumps({"type": "FeatureCollection", "features": shapes}).encode()
    return zipped(**{"GEOJSON/QP2024_France_Hexagonale_Outre_Mer_WGS84__geojson": content, "SHP/x__dbf": b"x"})


def jobs(year: int) -> list[dict]:
    years = {
        f"{name}_{y}": year for y in range(2022, year + 1) for name in ("nombre_d_etablissements", "effectifs_salaries")
    }
    return [{"commune": f"{code} Rouen", "code_commune": code, "code_ape": "8899B", **years} for code in _COMMUNES]


def publish(web: World, year: int) -> None:
    """The five publish what they have for `year`, all of it good."""
    web.routes, web.faults, web.calls = [], {}, []
    web.serve(ENSEMBLE, File(populations(year)))
    links = "".join(f'<a href="{PAGES}/fichier/1893230/{unemployment_name(y)}">' for y in (year, year - 1))
    web.serve(f"{PAGES}/1893230", Answer(f"<html>{links}</html>".encode(), headers={"Content-Type": "text/html"}))
    web.serve(f"{PAGES}/fichier/1893230/{unemployment_name(year)}", File(unemployment(year)))
    catalogue = {"temporal": {"endPeriod": f"{year}-12-31"}, "modified": f"{year + 2}-01-15"}
    web.serve("/melodi/catalog/DS_FILOSOFI_CC", Answer(json.dumps(catalogue).encode()))
    web.serve(f"/melodi/file/DS_FILOSOFI_CC/DS_FILOSOFI_CC_{year}_CSV_FR", File(incomes(year)))
    web.data_gouv(QPV_DATASET, [qpv_resource(web, year, districts(year))])
    web.explore(URSSAF, jobs(year), f"{year + 1}-05-29T00:00:00+00:00", bom=True)


def qpv_resource(web: World, year: int, body: bytes, title: str = "QP{}", resource_id: str = QPV_RESOURCE) -> dict:
    one = web.resource(year, f"qp{year}.zip", body, f"{year}-07-01T00:00:00+00:00")
    return one | {"id": resource_id, "title": title.format(year),
                  "latest": f"https://www.data.gouv.fr/api/1/datasets/r/{resource_id}"}  # fmt: skip
