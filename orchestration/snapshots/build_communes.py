"""Build the bundled national snapshot of communes: `communes_2026.parquet`.

What belongs here: the one-off, repeatable build of the reference file that serves when there is neither a mirror of
open data nor a network. What does not: loading it (readers open the parquet file), other vintages, contours.

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
communes déléguées and associées are left out. Every code is text. The package has no zones d'emploi: `code_zone_emploi`
and `nom_zone_emploi` are there, entirely null, so that the columns do not depend on the source. `code_epci` is null for
communes outside any EPCI à fiscalité propre (four islands and the overseas territories without EPCI), the
arrondissement is null where there is none (overseas territories and Mayotte). A region code of an overseas territory
is its département code, as in the package. `population_municipale` counts inhabitants and is null where none is
published. The population of a commune is taken from `communes.json`, not from the members of an EPCI in `epci.json`,
which carry the figures of the year before.

The same input and the same version of pyarrow give the same bytes: no date, no path is written.
"""

import json
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

VINTAGE = 2026
TARGET = Path(__file__).with_name(f"communes_{VINTAGE}.parquet")

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


def read_communes(data: Path) -> pa.Table:
    """Table of current communes from the package's `data` folder: one row a commune, columns of SCHEMA, sorted."""

    def load(name: str) -> list[dict]:
        return json.loads((data / f"{name}.json").read_text(encoding="utf-8"))

    names = {
        level: {unit["code"]: unit["nom"] for unit in load(level)}
        for level in ("arrondissements", "departements", "regions")
    }
    epci_of = {member["code"]: (epci["code"], epci["nom"]) for epci in load("epci") for member in epci["membres"]}
    rows = []
    for commune in sorted(load("communes"), key=lambda unit: unit["code"]):
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


def main(data: Path) -> None:
    """Write the snapshot and print the counts its README states."""
    table = read_communes(data)
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
