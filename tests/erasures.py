"""Erasing a person in tests: the call, returns with and without them, and where nothing of them may be left.

Here: what tests of erasure share. Not here: tests.
"""

import polars as pl
from intake import SIREN, Tables, a_return, changed, content, lake, places_of

from contracts import RETURN_TABLES
from orchestration.resources import Keyring, Storage
from orchestration.returns import erasure, vault

PERSON, PASS = "MATRICULE-0008", "999990000008"
LATER = {"period": "2025T4", "date_extraction": "2026-01-05"}


def erase(
    home: Storage, siren: str = "", person: str = "", pass_number: str = "", shared: str | None = None
) -> erasure.Erased | None:
    with home.lock():
        return erasure.erase(home, Keyring.open(home), siren, person, pass_number, shared)


def without(tables: Tables, person: str = PERSON, *contracts: str) -> Tables:
    """The return that a member would have sent had the person never been there."""
    theirs = {row["id_contrat"] for row in tables.get("contrats", []) if row["id_salarie"] == person} | set(contracts)
    kept = {
        table: [row for row in rows if row.get("id_salarie") != person and row.get("id_contrat") not in theirs]
        for table, rows in tables.items()
    }
    return {table: rows for table, rows in kept.items() if rows}


def eventful() -> Tables:
    """One return in which the person is in every table that can hold it, and other rows are wrong."""
    tables = changed(a_return(), "missions", "id_contrat", "C8", [0])
    tables["missions"] += [tables["missions"][0] | {"id_mission": "M2", "id_contrat": "C3"}]
    tables["sorties"] += [tables["sorties"][0] | {"id_salarie": PERSON}]
    tables["formations"] += [tables["formations"][0] | {"id_salarie": PERSON}]
    tables["heures"] += [tables["heures"][7], tables["heures"][7] | {"mois": "2025-08"}, tables["heures"][3]]
    return changed(tables, "contrats", "duree_hebdo", "beaucoup", [11])


def books(home: Storage) -> list[tuple]:
    """The registry without what tells one deposit from another."""
    frame = lake(home, "remontees").sort("recue_le", "nom_table")
    return frame.drop("id_remontee", "recue_le", "empreinte").rows()


def same_as(home: Storage, other: Storage) -> None:
    for contract in RETURN_TABLES:
        assert content(home, contract.table).equals(content(other, contract.table)), contract.table
    assert books(home) == books(other)
    reasons = [lake(h, "anomalies").drop("id_remontee", "ligne").sort(pl.all()) for h in (home, other)]
    assert reasons[0].equals(reasons[1])
    rows = [
        [
            (path.parent.name, *row)
            for path in h.quarantine.rglob("*.parquet")
            for row in pl.read_parquet(path).drop("id_remontee", "ligne").rows()
        ]
        for h in (home, other)
    ]
    assert sorted(map(str, rows[0])) == sorted(map(str, rows[1]))


def pseudonyms(home: Storage, siren: str = SIREN, person: str = PERSON, number: str = PASS) -> tuple[str, str]:
    keyring = Keyring.open(home)
    return keyring.pseudonym("member", f"{siren} {person}"), keyring.pseudonym("network", number)


def nowhere(home: Storage, *clear: str) -> None:
    """Neither clear nor as a pseudonym, nor inside an original that is opened."""
    listed = {"vault/erased.json"}
    assert places_of(home, *clear, *pseudonyms(home)) <= listed
    for original in vault.originals(home, Keyring.open(home)):
        if "withheld" in original.facts:
            continue
        texts = [frame.write_csv() for frame in original.read().tables.values()]
        texts += [content.decode("latin-1") for _, content in original.contents]
        assert not any(needle in text for text in texts for needle in (PERSON, PASS, *clear)), original.return_id
