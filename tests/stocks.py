"""Stocks of Sirene as a mirror holds them: a few rows in the types of the published files, taken in like the real ones.

Here: how a row is written, a file laid down, four stocks taken in. Not here: what rows are for (the tests).
"""

from pathlib import Path

import duckdb
from mirrors import source

from contracts.parsing import luhn_is_valid
from orchestration.open_data import take_in
from orchestration.resources import Storage
from orchestration.sources import Source


def keyed(digits: str) -> str:
    """`digits` with the last one that makes the key fit."""
    return next(f"{digits}{last}" for last in range(10) if luhn_is_valid(f"{digits}{last}"))


def siren(number: int) -> str:
    return keyed(f"{number:08}")


def siret(number: int, establishment: int = 1) -> str:
    return keyed(f"{siren(number)}{establishment:04}")


NAMES = {"StockEtablissement": "etablissements", "StockUniteLegale": "unites_legales",
         "StockEtablissementHistorique": "historique", "StockEtablissementLiensSuccession": "successions"}  # fmt: skip
TYPES = {
    "StockEtablissement": """siren varchar, siret varchar, statutDiffusionEtablissement varchar,
        dateCreationEtablissement date, trancheEffectifsEtablissement varchar, anneeEffectifsEtablissement bigint,
        etablissementSiege boolean, codeCommuneEtablissement varchar, dateDebut date,
        etatAdministratifEtablissement varchar, enseigne1Etablissement varchar,
        activitePrincipaleEtablissement varchar, nomenclatureActivitePrincipaleEtablissement varchar,
        caractereEmployeurEtablissement varchar""",
    "StockUniteLegale": """siren varchar, statutDiffusionUniteLegale varchar, dateCreationUniteLegale date,
        nomUniteLegale varchar, trancheEffectifsUniteLegale varchar, anneeEffectifsUniteLegale bigint,
        etatAdministratifUniteLegale varchar, categorieJuridiqueUniteLegale bigint,
        activitePrincipaleUniteLegale varchar, nomenclatureActivitePrincipaleUniteLegale varchar,
        nicSiegeUniteLegale varchar, economieSocialeSolidaireUniteLegale varchar""",
    "StockEtablissementHistorique": """siret varchar, dateFin date, dateDebut date,
        etatAdministratifEtablissement varchar, activitePrincipaleEtablissement varchar,
        nomenclatureActivitePrincipaleEtablissement varchar, caractereEmployeurEtablissement varchar""",
    "StockEtablissementLiensSuccession": """siretEtablissementPredecesseur varchar,
        siretEtablissementSuccesseur varchar, dateLienSuccession date, transfertSiege boolean,
        continuiteEconomique boolean""",
}


def establishment(number: int, created: str | None, state: str = "A", since: str | None = None, **other) -> tuple:
    """A row of the stock. Unless told otherwise: Rouen, a restaurant, no employee, in diffusion."""
    told = {
        "commune": "76540",
        "activity": "56.10A",
        "nomenclature": "NAFRev2",
        "employs": "N",
        "diffusion": "O",
    } | other
    return (
        siren(number), siret(number), told["diffusion"], created, "NN", None, True, told["commune"], since or created,
        state, "CHEZ JEANNE", told["activity"], told["nomenclature"], told["employs"],
    )  # fmt: skip


def legal_unit(number: int, ess: str | None = "N") -> tuple:
    return (siren(number), "O", "2020-01-01", "DUPONT", "NN", None, "A", 1000, "56.10A", "NAFRev2", "00011", ess)


def drop(mirror: Path, edition: str, stock: str, rows: list[tuple], name: str | None = None) -> Path:
    path = mirror / "sirene" / edition / (name or f"{stock}_utf8.parquet")
    path.parent.mkdir(parents=True, exist_ok=True)
    with duckdb.connect() as db:
        db.execute(f"create table stock ({TYPES[stock]})")
        if rows:
            db.executemany(f"insert into stock values ({', '.join('?' * len(rows[0]))})", rows)
        db.execute(f"copy stock to '{path}' (format parquet)")
    return path


def stock_source(stock: str) -> Source:
    return source("sirene", NAMES[stock], minimum_rows=0)


def take_in_stocks(storage: Storage, mirror: Path, edition: str, rows: dict[str, list[tuple]]) -> None:
    for stock, of_stock in rows.items():
        drop(mirror, edition, stock, of_stock)
        assert take_in(stock_source(stock), storage, str(mirror)).problems == []
