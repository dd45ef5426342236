"""A small good file and a broken one for each source of open data, with what must come of both.

Here: one row a source; the counts are those of the lines written, not of a run. Not here: tests (`test_sources.py`),
layouts one by one (`test_open_data.py`), files at their producers (`producers.py`).
"""

import io
import json
from dataclasses import dataclass

import duckdb
import producers
from mirrors import SIRETS, listing, workbook, zipped
from stocks import TYPES, siren
from test_open_data import FILOSOFI, NEW_LAYOUTS
from test_sirene import ESTABLISHMENTS, HISTORY, LINKS, NAF, UNITS

Key = tuple[str, str]


@dataclass(frozen=True)
class Fixture:
    """`rows`: those accepted of `good`. `reason`: words that the refusal of `broken` must hold."""

    edition: str
    good_name: str
    good: bytes
    rows: int
    broken_name: str
    broken: bytes
    reason: str


def text(*lines: str) -> bytes:
    return ("\n".join(lines) + "\n").encode()


def composition(*columns: str, sheet: str = "Composition_communale") -> bytes:
    """A workbook of INSEE: the header on its sixth line; three communes, of which one of Corse."""
    cells = {"CODGEO": ("01001", "2A004", "76540"), "LIBGEO": ("Abergement", "Ajaccio", "Rouen"),
             "ZE2020": ("0051", "9401", "2815"), "LIBZE2020": ("Bourg", "Ajaccio", "Rouen"),
             "EPCI": ("200069193", "242010056", "200023414"), "LIBEPCI": ("Dombes", "Pays ajaccien", "Métropole"),
             "DEP": ("01", "2A", "76"), "REG": ("84", "94", "28")}  # fmt: skip
    notes = [("Composition communale",), ("France",), ("",), ("Source : INSEE",), ("",)]
    return workbook(sheet, *notes, columns, *([cells[c][at] for c in columns] for at in range(3)))


def stock(kind: str, rows: list[tuple]) -> bytes:
    """Rows in the types of a published stock of Sirene, as parquet."""
    made = io.BytesIO()
    with duckdb.connect() as db:
        db.execute(f"create table stock ({TYPES[kind]})")
        db.executemany(f"insert into stock values ({', '.join('?' * len(rows[0]))})", rows)
        db.table("stock").pl().write_parquet(made)
    return made.getvalue()


def centres(*communes: tuple[str, float | None, float | None]) -> bytes:
    """An answer of the API of communes: code, longitude, latitude; a commune may have no centre."""
    rows = [
        {"code": code} | ({} if east is None else {"centre": {"type": "Point", "coordinates": [east, north]}})
        for code, east, north in communes
    ]
    return json.dumps(rows).encode()


def structures(count: int) -> bytes:
    """Lines of Les emplois de l'inclusion, one object each."""
    same = {"type": "ACI", "raison_sociale": "ATELIER", "enseigne": "", "code_postal": "76000", "ville": "Rouen"}
    rows = ({"id": f"76-{i}", "siret": SIRETS[i], "departement": "76"} | same for i in range(count))
    return text(*(json.dumps(row) for row in rows))


def layout(case: str, edition: str, rows: int) -> Fixture:
    """A case that tells the layouts of `test_open_data.py`."""
    _, name, good, _, _, broken, reason = NEW_LAYOUTS[case]
    return Fixture(edition, name, good, rows, name, broken, reason)


COG = "TYPECOM,COM,REG,DEP,CTCD,ARR,TNCC,NCC,NCCENR,LIBELLE,CAN,COMPARENT"
MOVEMENTS = "MOD,DATE_EFF,TYPECOM_AV,COM_AV,LIBELLE_AV,TYPECOM_AP,COM_AP,LIBELLE_AP"
ZRR = ("Champ", "Géographie", "Source", "", '"Code Insee","Libellé"')
JOBS = "Code commune;Code APE;Nombre d'établissements 2021;Effectifs salariés 2021;Nombre d'établissements 2022"
PARTS = "code_epci,lib_epci,anc_moins_3_mois,anc_12_a_23_mois,total"

FIXTURES: dict[Key, Fixture] = {
    ("insee_cog", "communes"): Fixture(
        "2024", "x_v_commune_2024.csv",
        text(COG, "COM,01001,84,01,01D,012,5,A,A,L'Abergement,0108,", "COM,2A004,94,2A,,,0,B,B,Ajaccio,,",
             "COMD,01001,,,,,0,C,C,L'Abergement,,01001", "ARM,75101,11,75,,,0,D,D,Paris 1er,,75056"), 4,
        "cog_ensemble_2025_csv.zip", zipped(v_region_2025__csv="REG\n84\n"), "0 files like",
    ),
    ("insee_cog", "mouvements"): Fixture(
        "2024", "x_v_mvt_commune_2024.csv",
        text(MOVEMENTS, "10,2024-01-01,COM,04045,Céreste,COM,04045,Céreste-en-Luberon",
             "32,2024-01-01,COM,08053,Bazeilles,COM,08053,Bazeilles"), 2,
        "x_v_mvt_commune_2025.csv", text(MOVEMENTS, "10,hier,COM,04045,Céreste,COM,04045,Céreste"),
        "1 of 1 rows are wrong (date_eff: ",
    ),
    ("etalab_communes", "centres"): Fixture(
        "2026", "communes_centres_2026.json",
        centres(("76540", 1.0939, 49.4413), ("2A004", 8.7013, 41.9347), ("97411", 55.4504, -20.9324),
                ("98735", -151.4539, -16.7272), ("75113", 2.3656, 48.8283), ("76681", None, None)), 6,
        "communes_centres_2027.json", centres(("76540", 49.4413, 1.0939)),  # a latitude where the longitude is expected
        "1 of 1 rows are wrong (longitude: valeur_improbable × 1)",
    ),
    ("insee_zones_emploi", "communes"): Fixture(
        "2023", "ZE2020_au_01-01-2023.xlsx",
        composition("CODGEO", "LIBGEO", "ZE2020", "LIBZE2020", "DEP", "REG"), 3,
        "x_zone_emploi_commune.csv", text("codgeo,libgeo,ze2020,libze2020,dep,reg", "100,A,51,B,1,84"), "codgeo '100'",
    ),
    ("insee_epci", "communes"): Fixture(
        "2023", "Intercommunalite_Metropole_au_01-01-2023.xlsx",
        composition("CODGEO", "LIBGEO", "EPCI", "LIBEPCI", "DEP", "REG"), 3,
        "epci_au_01-01-2024.zip", b"PK\x03\x04 cut off", "a damaged archive",
    ),
    ("insee_populations", "communes"): Fixture(
        "2021", "ensemble.zip", producers.populations(2021), 12,
        "ensemble.zip", producers.populations(2022, encoding="latin-1"), "not utf-8",
    ),
    # Twelve zones, two quarters.
    ("insee_chomage_ze", "taux"): Fixture(
        "2023T4", producers.unemployment_name(2023), producers.unemployment(2023), 24,
        producers.unemployment_name(2024), workbook("txcho_dep", ("ZE2020",), ("2815",)), "txcho_ze",
    ),
    # Twelve communes; the zone that the archive also holds is left.
    ("insee_filosofi", "communes"): Fixture(
        "2021", "DS_FILOSOFI_CC_2021_CSV_FR.zip", producers.incomes(2021), 12,
        "cc_filosofi_2022_COM.csv", text(FILOSOFI.strip().replace("MED21", "Q2"), "76540;1;2;3;4"),
        "no column like MED",
    ),
    ("insee_filosofi", "epci"): layout("poverty by EPCI", "2021", 2),
    ("insee_filosofi", "zones"): layout("poverty by zone", "2021", 1),
    ("anct_zrr", "communes"): Fixture(
        "2021", "anct_zrr_cog2021.csv",
        text(*ZRR, "CODGEO,LIBGEO,ZRR_SIMP,ZONAGE_ZRR", "01001,A,NC - Non classée,NC", "76540,B,C - Classée,C"), 2,
        "anct_zrr_cog2022.csv", text(*ZRR, "INSEE,LIBGEO,ZRR_SIMP,ZONAGE_ZRR", "01001,A,NC,NC"),
        "no column like CODGEO",
    ),
    ("anct_frr", "communes"): layout("rurality", "2025T3", 2),
    ("anct_qpv", "quartiers"): Fixture(
        "2024", "qp2024.zip", producers.districts(2024), 12,
        "qpv_2025.csv", text("code_qp,lib_qp,lib_com", "QN07601M,Val Druel,Dieppe"), "no column like insee_com",
    ),
    # Rouen has a figure of both years, Elbeuf of one.
    ("urssaf_commune_ape", "emplois"): Fixture(
        "2022", "urssaf_commune_ape_x.csv",
        text(f"{JOBS};Effectifs salariés 2022", "76540;8899B;1;4;3;7", "76231;4511Z;2;;;"), 3,
        "urssaf_commune_ape_x.csv", text("Code commune;Code APE;Effectifs", "76540;8899B;4"), "no column like",
    ),
    ("insee_side_creations", "zones"): Fixture(
        "2025", "insee_side_creations_ze_x.csv",
        text("target_year,ze2020,libze2020,side_enterprise_creations_official,side_establishment_creations_official",
             "2012,2812,L'Aigle,250,286", "2013,2812,L'Aigle,288,322", "2012,51,Alençon,9,9"), 3,
        "insee_side_creations_ze_x.csv", text("target_year,ze2020,libze2020", "2012,2812,L'Aigle"),
        "no column like side_enterprise_creations_official",
    ),
    # Every activity and legal form: the two lines of Rouen and of France, not their cuts.
    ("insee_side_creations", "territoires"): layout("creations of every zoning", "2025", 2),
    ("dares_defm", "communes"): layout("job-seekers by commune, without totals nor cuts", "2024", 2),
    ("dares_defm", "zones"): layout("job-seekers by zone, with labels for headers", "2025T1", 2),
    # Two EPCI, three figures each.
    ("francetravail_defm_epci", "anciennetes"): Fixture(
        "2018", "pe_defm_epci_anciennete_2018.csv",
        text(PARTS, "243300316.0,Bordeaux Métropole,17137,16557,80318", "242900314.0,Brest Métropole,3709,s,18710"), 6,
        "pe_defm_epci_defm_par_epci_en_dec_2019.xlsx", workbook("par sexe", ("EPCI",), ("x",)), "par ancienneté",
    ),
    ("siae", "structures"): Fixture(
        "2020", "siae_marche_x.csv", listing(SIRETS[:5]), 5,
        "siae_marche_x.csv", listing(["1" * 14, *SIRETS[:9]]), "1 of 10 rows are wrong (siret: siret_invalide",
    ),
    ("emplois_inclusion", "structures"): Fixture(
        "2026-11", "siaes.ndjson", structures(4), 4, "siaes.ndjson", b'{"id": "76-1", "siret"', "not ndjson",
    ),
    ("sirene", "etablissements"): Fixture(
        "2026-11", "StockEtablissement_utf8.parquet", stock("StockEtablissement", ESTABLISHMENTS), 33,
        "StockEtablissement_utf8.parquet", stock("StockUniteLegale", UNITS), "no column like",
    ),
    ("sirene", "unites_legales"): Fixture(
        "2026-11", "StockUniteLegale_utf8.parquet", stock("StockUniteLegale", UNITS), 33,
        "StockUniteLegale_utf8.parquet", stock("StockUniteLegale", UNITS[:20]),
        "20 rows where at least 29 are expected",
    ),
    ("sirene", "historique"): Fixture(
        "2026-11", "StockEtablissementHistorique_utf8.parquet", stock("StockEtablissementHistorique", HISTORY), 6,
        "StockEtablissementHistorique_utf8.parquet", b"PAR1 cut off", "No magic bytes",
    ),
    ("sirene", "successions"): Fixture(
        "2026-11", "StockEtablissementLiensSuccession_utf8.parquet",
        stock("StockEtablissementLiensSuccession", LINKS), 5,
        "StockEtablissementLiensSuccession_utf8.parquet",
        stock("StockEtablissementLiensSuccession", [*LINKS, ("1" * 14, *LINKS[0][1:])]),
        "1 of 6 rows are wrong (siret_predecesseur: siret_invalide",
    ),
    ("insee_naf", "codes"): Fixture(
        "2008", "naf_rev2_x.json", NAF.encode(), 2, "naf_rev2_y.json", b'[{"code": "01"}]', "no column like id",
    ),
    ("ess", "entreprises"): Fixture(
        "2026", "liste.csv", text("NOM,SIREN", *(f"A,{siren(number).lstrip('0')}" for number in range(1, 8))), 7,
        "liste.csv", text("Numéro,Nom", "1,A"), "no column like (?i)siren",
    ),
}  # fmt: skip
