"""WHAT a valid table is: the contracts of every raw table, and the judgement of a frame by one of them.

Here: columns, types, rules and their French sentences. Not here: files, paths, networks, dates of arrival
(`orchestration`), nor the meaning of figures (`dbt_project`).
"""

from contracts.fields import FIELDS
from contracts.members import ANOMALIES, REMONTEES, REPARATIONS, RETURN_TABLES
from contracts.open_data import OPEN_DATA
from contracts.table import Contract, Verdict, explanation, validate
from contracts.territories import COMMUNE_VINTAGES, COMMUNES, MEMBERS

#: (schema, table) -> contract. The pair is the dbt source, the Dagster asset key and the folder of the lake.
CONTRACTS: dict[tuple[str, str], Contract] = {
    (c.schema_name, c.table): c
    for c in (*RETURN_TABLES, REMONTEES, ANOMALIES, REPARATIONS, MEMBERS, COMMUNES, COMMUNE_VINTAGES, *OPEN_DATA)
}

__all__ = [
    "CONTRACTS",
    "FIELDS",
    "RETURN_TABLES",
    "Contract",
    "Verdict",
    "explanation",
    "validate",
]
