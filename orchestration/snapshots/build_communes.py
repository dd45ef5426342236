"""Build the bundled national snapshot of communes, and the two seeds that say which other codes are known.

What belongs here: the one-off, repeatable build of `communes_2026.parquet`, the reference file that serves when there
is neither a mirror of open data nor a network, of the seed `parameters/commune_aliases.csv` (former codes and
districts -> current commune) and of the seed `codes/commune_ranges.csv` (every code a return may state). What does not:
loading them (readers open the files), other vintages, contours.

Reads `communes.json`, `epci.json`, `arrondissements.json`, `departements.json` and `regions.json` of the npm package
`@etalab/decoupage-administratif` 6.0.0: geography of 1 January 2026 (INSEE, code officiel géographique; DGCL, EPCI à
fiscalité propre) and populations municipales in force on 1 January 2026 (INSEE). Package: MIT licence. Data: Licence
Ouverte 2.0.

To run it again:

    npm pack @etalab/decoupage-administratif@6.0.0
    tar xzf etalab-decoupage-administratif-6.0.0.tgz
    python orchestration/snapshots/build_communes.py package/data

Writes one row a current commune of the whole country (metropolitan France, overseas departments, other overseas
territories), sorted by code; Paris, Lyon and Marseille are one row each, their arrondissements municipaux and the
communes déléguées and associées are left out: they are aliases. Every code is text. The package has no zones d'emploi:
`code_zone_emploi` and `nom_zone_emploi` are there, entirely null, so that the columns do not depend on the source.
`code_epci` is null for communes outside any EPCI à fiscalité propre (four islands and the overseas territories without
EPCI), the arrondissement is null where there is none (overseas territories and Mayotte). A region code of an overseas
territory is its département code, as in the package. `population_municipale` counts inhabitants and is null where none
is published. The population of a commune is taken from `communes.json`, not from the members of an EPCI in
`epci.json`, which carry the figures of the year before.

An alias is a code of the past or of a part of a commune. A commune déléguée or associée stands for the commune it is
part of today, an arrondissement municipal for its city; any other former code (`anciensCodes`) stands for the one
commune that lists it. A code that is a current commune is never an alias, and one that several communes list is left
out.

The same input and the same version of pyarrow give the same bytes: no date, no path is written.
"""

import csv
import json
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

VINTAGE = 2026
TARGET = Path(__file__).with_name(f"communes_{VINTAGE}.parquet")
SEEDS = Path(__file__).parents[2] / "dbt_project" / "seeds"
#: INSEE codes of foreign countries: a person may live, and be sent to work, across a border.
ABROAD = ("99100", "99999")

SCHEMA = pa.schema(
    [
        pa.field("code_commune", pa.string(), nullable=False),
        pa.field("nom_commune", pa.string(), nullable=False),
        pa.field("code_epci", pa.string()),
        pa.field("nom_epci", pa.string()),
        pa.field("code_arrondissement", pa.string()),
        pa.field("nom_arrondissement", pa.string()),
        pa.field("code_departement", pa.string(), nullable=False),
        pa.field("nom_departement", pa.string(), nullable=False),
        pa.field("code_region", pa.string(), nullable=False),
        pa.field("nom_region", pa.string(), nullable=False),
        pa.field("code_zone_emploi", pa.string()),
        pa.field("nom_zone_emploi", pa.string()),
        pa.field("population_municipale", pa.int64()),
        pa.field("millesime", pa.int32(), nullable=False),
    ]
)


def _load(data: Path, name: str) -> list[dict]:
    return json.loads((data / f"{name}.json").read_text(encoding="utf-8"))


def read_communes(data: Path) -> pa.Table:
    """Table of current communes from the package's `data` folder: one row a commune, columns of SCHEMA, sorted."""
    names = {
        level: {unit["code"]: unit["nom"] for unit in _load(data, level)}
        for level in ("arrondissements", "departements", "regions")
    }
    epcis = _load(data, "epci")
    epci_of = {member["code"]: (epci["code"], epci["nom"]) for epci in epcis for member in epci["membres"]}
    rows = []
    for commune in sorted(_load(data, "communes"), key=lambda unit: unit["code"]):
        if commune["type"] != "commune-actuelle":
            continue
        code_epci, nom_epci = epci_of.get(commune["code"], (None, None))
        arrondissement = commune.get("arrondissement") or None  # Mayotte has an empty text
        rows.append(
            {
                "code_commune": commune["code"],
                "nom_commune": commune["nom"],
                "code_epci": code_epci,
                "nom_epci": nom_epci,
                "code_arrondissement": arrondissement,
                "nom_arrondissement": names["arrondissements"][arrondissement] if arrondissement else None,
                "code_departement": commune["departement"],
                "nom_departement": names["departements"][commune["departement"]],
                "code_region": commune["region"],
                "nom_region": names["regions"][commune["region"]],
                "code_zone_emploi": None,
                "nom_zone_emploi": None,
                "population_municipale": commune.get("population"),
                "millesime": VINTAGE,
            }
        )
    return pa.Table.from_pylist(rows, schema=SCHEMA)


def read_aliases(data: Path) -> list[tuple[str, str, str]]:
    """(code, current commune, what the code is), sorted by code."""
    units = _load(data, "communes")
    current = {unit["code"] for unit in units if unit["type"] == "commune-actuelle"}
    listed: dict[str, set[str]] = {}
    for unit in units:
        for code in unit.get("anciensCodes", []):
            listed.setdefault(code, set()).add(unit["code"])
    found = {code: (*owners, "Ancien code (COG)") for code, owners in listed.items() if len(owners) == 1}
    for kind, owner, source in (
        ("commune-associee", "chefLieu", "Commune associée (COG)"),
        ("commune-deleguee", "chefLieu", "Commune déléguée (COG)"),
        ("arrondissement-municipal", "commune", "Arrondissement municipal (COG)"),
    ):
        found |= {unit["code"]: (unit[owner], source) for unit in units if unit["type"] == kind}
    return sorted((code, *rest) for code, rest in found.items() if code not in current and rest[0] in current)


def ranges(codes: list[str]) -> list[tuple[str, str]]:
    """First and last code of each run of codes that follow each other in one département; codes are sorted."""
    runs: list[tuple[str, str]] = []
    for code in codes:
        if runs and runs[-1][1][:2] == code[:2] and int(runs[-1][1][2:]) + 1 == int(code[2:]):
            runs[-1] = (runs[-1][0], code)
        else:
            runs.append((code, code))
    return runs


def _write_seed(name: str, header: tuple[str, ...], rows: list[tuple]) -> None:
    with (SEEDS / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows([header, *rows])
    print(name, len(rows))


def main(data: Path) -> None:
    """Write the snapshot and the seeds, and print the counts the README states."""
    table, aliases = read_communes(data), read_aliases(data)
    _write_seed("parameters/commune_aliases", ("alias_code", "commune_code", "source"), aliases)
    known = sorted({*table["code_commune"].to_pylist(), *(code for code, _, _ in aliases)})
    _write_seed("codes/commune_ranges", ("first_code", "last_code"), [*ranges(known), ABROAD])
    pq.write_table(table, TARGET, compression="zstd", compression_level=19, use_dictionary=True)
    for column in ("code_commune", "code_epci", "code_arrondissement", "code_departement", "code_region"):
        print(column, len(set(table[column].to_pylist()) - {None}), "null", table[column].null_count)
    population = [count for count in table["population_municipale"].to_pylist() if count is not None]
    print("population_municipale", sum(population), "null", table.num_rows - len(population))
    print("bytes", TARGET.stat().st_size)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: build_communes.py DATA_FOLDER_OF_THE_UNPACKED_PACKAGE")
    main(Path(sys.argv[1]))
