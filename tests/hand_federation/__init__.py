"""A federation small enough to be worked out by hand: three members, sixteen people, five quarters.

Here: what is true (one table a subject, read by eye), and `write`, which deposits it quarter by quarter as members
would send it. Not here: the figures that must come out of it (`expected`).

ALPHA    AI    Rouen (76540)                  returns 2024T1 to 2025T1
BRAVO    ACI   Le Havre (76351)               returns 2024T1 to 2025T1, and a corrected 2024T2
CHARLIE  ETTI  Sotteville-lès-Rouen (76681)   returns 2024T1 to 2024T4: it skips its last quarter

Every table below states the truth once. `quarter_slice` cuts out what was true in a quarter and known on the day of its
extraction: a real end that comes later is still empty.
"""

import json
import zipfile
from pathlib import Path

import polars as pl

SNAPSHOT = Path(__file__).parents[2] / "orchestration" / "snapshots" / "communes_2026.parquet"

PERIODS = {  # period: first day, last day, extraction
    "2024T1": ("2024-01-01", "2024-03-31", "2024-04-05"),
    "2024T2": ("2024-04-01", "2024-06-30", "2024-07-05"),
    "2024T3": ("2024-07-01", "2024-09-30", "2024-10-05"),
    "2024T4": ("2024-10-01", "2024-12-31", "2025-01-06"),
    "2025T1": ("2025-01-01", "2025-03-31", "2025-04-04"),
}
SKIPPED = {("CHARLIE", "2025T1")}

MEMBERS = """
member  | siren_adherent | nom                  | siret          | type_structure | region | id_ges
ALPHA   | 000100016      | Alpha Services       | 00010001600013 | AI             | 28     |
BRAVO   | 000200022      | Bravo Chantiers      | 00020002200010 | ACI            | 28     |
CHARLIE | 000300038      | Charlie Intérim      | 00030003800015 | ETTI           | 28     |
"""

STRUCTURES = """
member  | denomination    | commune_insee | naf    | date_debut | date_fin | etp_conventionnes | id_ges
ALPHA   | Alpha Services  | 76540         | 88.99B | 1998-03-01 |          | 4                 |
BRAVO   | Bravo Chantiers | 76351         | 81.30Z | 2005-09-01 |          | 5                 |
CHARLIE | Charlie Intérim | 76681         | 78.20Z | 2012-01-02 |          | 3                 |
"""

# Nadia, Farid and Léo are known to two or three members under one PASS IAE. Nadia (2024) turns 26 in 2025, Lucie 50
# in 2025, Yann is 50 in 2024. Elsa lives in Rouen and works in Le Havre, Rachid comes from Évreux, Gaëlle from
# Montivilliers, Paul and Lucie live in Sotteville and work in Rouen, Jean the other way round. Yann entered the pathway
# two months before his first contract.
PEOPLE = """
member  | id_salarie   | who     | pass_iae     | annee_naissance | sexe | commune_residence | date_entree_parcours
ALPHA   | P-ALPHA-01   | Ahmed   | AAAAA2400001 | 1980            | H    | 76540             |
ALPHA   | P-ALPHA-02   | Nadia   | BBBBB2400002 | 1999            | F    | 76540             |
ALPHA   | P-ALPHA-03   | Paul    |              | 1965            | H    | 76681             |
ALPHA   | P-ALPHA-04   | Lucie   |              | 1975            | F    | 76681             |
ALPHA   | P-ALPHA-05   | Rachid  | CCCCC2400005 | 2000            | H    | 27229             |
ALPHA   | P-ALPHA-06   | Sophie  | DDDDD2400006 | 1990            | F    | 76540             |
ALPHA   | P-ALPHA-07   | Omar    |              | 1988            | H    | 76540             |
ALPHA   | P-ALPHA-08   | Farid   | GGGGG2400015 | 1995            | H    | 76540             |
ALPHA   | P-ALPHA-09   | Léo     | JJJJJ2400009 | 1998            | H    | 76540             |
BRAVO   | P-BRAVO-01   | Chloé   | EEEEE2400011 | 2003            | F    | 76351             |
BRAVO   | P-BRAVO-02   | Nadia   | BBBBB2400002 | 1999            | F    | 76351             |
BRAVO   | P-BRAVO-03   | Denis   | FFFFF2400013 | 1970            | H    | 76351             |
BRAVO   | P-BRAVO-04   | Elsa    |              | 1985            | F    | 76540             |
BRAVO   | P-BRAVO-05   | Farid   | GGGGG2400015 | 1995            | H    | 76351             |
BRAVO   | P-BRAVO-06   | Gaëlle  |              | 1992            | F    | 76447             |
BRAVO   | P-BRAVO-07   | (error) |              | 2001            | H    | 76351             |
BRAVO   | P-BRAVO-08   | Yann    |              | 1974            | H    | 76351             | 2023-12-01
CHARLIE | P-CHARLIE-01 | Farid   | GGGGG2400015 | 1995            | H    | 76351             |
CHARLIE | P-CHARLIE-02 | Inès    |              | 1978            | F    | 76681             |
CHARLIE | P-CHARLIE-03 | Jean    | HHHHH2400023 | 1960            | H    | 76540             |
CHARLIE | P-CHARLIE-04 | Léo     | JJJJJ2400009 | 1998            | H    | 76540             |
"""

# A01a, A01b, A01c: renewals by parent; B01a, B01b: by rank only. A03a to A03d: overlapping, sharing a day, adjacent.
# A05a: one day. B07x: a contract stated by mistake, which the correction of 2024T2 takes away.
CONTRACTS = """
id   | parent | rang | person       | type_contrat | date_debut | fin_prevue | fin_reelle | duree_hebdo | code_rome
A01a |        | 0    | P-ALPHA-01   | CDDU         | 2024-01-15 | 2024-02-14 |            | 20          | K2204
A01b | A01a   | 1    | P-ALPHA-01   | CDDU         | 2024-02-15 | 2024-03-15 |            | 20          | K2204
A01c | A01a   | 2    | P-ALPHA-01   | CDDU         | 2024-03-16 | 2024-03-31 | 2024-03-31 | 20          | K2204
A01d |        | 0    | P-ALPHA-01   | CDDU         | 2024-04-02 | 2024-10-01 | 2024-06-15 | 24          | K2204
A01e |        | 0    | P-ALPHA-01   | CDDU         | 2024-07-16 | 2024-09-30 |            | 14.5        | A1203
A02a |        | 0    | P-ALPHA-02   | CDDU         | 2024-01-08 | 2024-07-07 | 2024-04-30 | 15          | K1304
A03a |        | 0    | P-ALPHA-03   | CDDU         | 2024-01-02 | 2024-01-31 |            | 10          | A1203
A03b |        | 0    | P-ALPHA-03   | CDDU         | 2024-01-20 | 2024-02-10 |            | 12          | A1203
A03c |        | 0    | P-ALPHA-03   | CDDU         | 2024-02-10 | 2024-02-20 |            |             | A1203
A03d |        | 0    | P-ALPHA-03   | CDDU         | 2024-02-21 |            | 2024-03-20 | 8           | A1203
A04a |        | 0    | P-ALPHA-04   | CDI          | 2023-05-01 | 2099-01-01 |            | 35          | K1801
A05a |        | 0    | P-ALPHA-05   | CDDU         | 2024-05-06 | 2024-05-06 | 2024-05-06 | 7           | N1105
A05b |        | 0    | P-ALPHA-05   | CDDU         | 2024-05-08 | 2024-06-21 |            | 30          | N1105
A06a |        | 0    | P-ALPHA-06   | CDDU         | 2024-07-01 | 2024-07-31 |            | 12          | K1304
A06b |        | 0    | P-ALPHA-06   | CDDU         | 2024-11-04 | 2025-06-30 |            | 20          | K1304
A07a |        | 0    | P-ALPHA-07   | CDDU         | 2024-10-01 |            | 2024-10-20 | 18          | N1105
A08a |        | 0    | P-ALPHA-08   | CDDU         | 2025-01-10 | 2025-07-09 |            | 14          | N1105
A09a |        | 0    | P-ALPHA-09   | CDDU         | 2024-07-01 | 2024-08-15 |            | 24          | N1105
B01a |        | 0    | P-BRAVO-01   | CDDI         | 2024-01-15 | 2024-07-14 |            | 26          | A1203
B01b |        | 1    | P-BRAVO-01   | CDDI         | 2024-07-15 | 2024-12-31 | 2024-12-31 | 26          | A1203
B02a |        | 0    | P-BRAVO-02   | CDDI         | 2024-06-01 | 2025-05-31 |            | 35          | A1203
B03a |        | 0    | P-BRAVO-03   | CDDI         | 2023-11-01 | 2024-10-31 | 2024-08-31 | 26          | A1203
B04a |        | 0    | P-BRAVO-04   | CDDI_PHC     | 2024-02-01 | 2024-07-30 | 2024-04-21 | 10          | A1203
B05a |        | 0    | P-BRAVO-05   | CDDI         | 2024-02-01 | 2024-07-31 | 2024-04-22 | 26          | F1703
B06a |        | 0    | P-BRAVO-06   | CDI          | 2022-03-01 |            |            |             | K1801
B07x |        | 0    | P-BRAVO-07   | CDDI         | 2024-05-13 | 2024-05-31 |            | 26          | F1703
B08a |        | 0    | P-BRAVO-08   | CDDI         | 2024-02-05 | 2024-08-04 | 2024-03-29 | 26          | F1703
C01a |        | 0    | P-CHARLIE-01 | CTT          | 2024-07-22 | 2024-10-31 | 2024-09-30 | 35          | N1105
C02a |        | 0    | P-CHARLIE-02 | CTT          | 2024-03-04 | 2024-03-29 |            | 35          | H3302
C02b |        | 0    | P-CHARLIE-02 | CTT          | 2024-04-29 | 2024-06-28 |            | 28          | H3302
C03a |        | 0    | P-CHARLIE-03 | CDII         | 2024-05-15 |            |            | 35          | N1105
C04a |        | 0    | P-CHARLIE-04 | CTT          | 2024-08-16 | 2025-03-15 |            | 39          | N1105
"""

# Contracts whose workplace is not the structure's commune: Jean's is Montivilliers, Gaëlle's Évreux.
WORKPLACES = {"C03a": "76447", "B06a": "27229"}

# Degrees: all on one meridian, north of each other; the other communes have no centre, Évreux among them.
CENTRES = """
commune | longitude | latitude
76540   | 1.0       | 49.0
76681   | 1.0       | 49.1
76351   | 1.0       | 49.5
76447   | 1.0       | 49.7
"""

# One line a contract and quarter, one cell a month of it: hours/gross pay; `10/` = pay not stated, `-` = no row.
HOURS = """
id   | quarter | month 1  | month 2  | month 3
A01a | 2024T1  | 40/480   | 35/420   | -
A01b | 2024T1  | -        | 40/470   | 40/480
A01c | 2024T1  | -        | -        | 40/480
A01d | 2024T2  | 90/1080  | 100/1200 | 50/600
A01e | 2024T3  | 30/360   | 60/720   | 60/720
A02a | 2024T1  | 45/540   | 60/720   | 60/720
A02a | 2024T2  | 60/720   | -        | -
A03a | 2024T1  | 40/480   | -        | -
A03b | 2024T1  | 20/240   | 15/180   | -
A03c | 2024T1  | -        | 10/      | -
A03d | 2024T1  | -        | 8/96     | 20/240
A04a | 2024T1  | 150/1900 | 150/1900 | 150/1900
A04a | 2024T2  | 150/1900 | 150/1900 | 150/1900
A04a | 2024T3  | 150/1900 | 150/1900 | 150/1900
A04a | 2024T4  | 150/1900 | 150/1900 | 150/1900
A04a | 2025T1  | 150/1900 | 150/1900 | 150/1900
A05a | 2024T2  | -        | 7/84     | -
A05b | 2024T2  | -        | 60/720   | 83/996
A06a | 2024T3  | 50/600   | -        | -
A06b | 2024T4  | -        | 70/850   | 80/960
A06b | 2025T1  | 80/960   | 80/960   | 80/960
A07a | 2024T4  | 55/660   | -        | -
A08a | 2025T1  | 40/480   | 56/672   | 56/672
A09a | 2024T3  | 100/1200 | 60/720   | -
B01a | 2024T1  | 60/720   | 110/1320 | 110/1320
B01a | 2024T2  | 110/1320 | 110/1320 | 110/1320
B01a | 2024T3  | 50/600   | -        | -
B01b | 2024T3  | 60/720   | 110/1320 | 110/1320
B01b | 2024T4  | 110/1320 | 110/1320 | 110/1320
B02a | 2024T2  | -        | -        | 150/1800
B02a | 2024T3  | 150/1800 | 150/1800 | 150/1800
B02a | 2024T4  | 150/1800 | 150/1800 | 150/1800
B02a | 2025T1  | 150/1850 | 150/1850 | 150/1850
B03a | 2024T1  | 110/1320 | 110/1320 | 110/1320
B03a | 2024T2  | 110/1320 | 110/1320 | 110/1320
B03a | 2024T3  | 110/1320 | 110/1320 | -
B04a | 2024T1  | -        | 40/480   | 42/504
B04a | 2024T2  | 30/      | -        | -
B05a | 2024T1  | -        | 100/1200 | 110/1320
B05a | 2024T2  | 80/960   | -        | -
B06a | 2024T1  | 140/1767 | 140/1767 | 140/1767
B06a | 2024T2  | 140/1767 | 140/1767 | 140/1767
B06a | 2024T3  | 140/1767 | 140/1767 | 140/1767
B06a | 2024T4  | 140/1767 | 140/1767 | 140/1767
B06a | 2025T1  | 140/1802 | 140/1802 | 140/1802
B07x | 2024T2  | -        | 40/480   | -
B08a | 2024T1  | -        | 80/960   | 90/1080
C01a | 2024T3  | 50/620   | 150/1860 | 150/1860
C02a | 2024T1  | -        | -        | 120/1440
C02b | 2024T2  | 8/96     | 120/1440 | 100/1200
C03a | 2024T2  | -        | 80/960   | 150/1800
C03a | 2024T3  | 150/1800 | 150/1800 | 150/1800
C03a | 2024T4  | 150/1800 | 150/1800 | 150/1800
C04a | 2024T3  | -        | 80/      | 160/2000
C04a | 2024T4  | 160/2000 | 160/2000 | 160/2000
"""

# Ahmed: dated outside job. Rachid: training. Sophie: leave, out of the denominators. Denis: durable without a date.
# Elsa: present 80 days, Farid 81. Farid's first exit has no reason. Nadia and Léo have no exit row at ALPHA at all.
# Inès leaves a week after her last contract. Yann: another positive exit, without a date.
EXITS = """
person       | date_sortie | motif | date_nouvel_emploi | type_nouveau_contrat
P-ALPHA-01   | 2024-09-30  | 3     | 2024-10-02         | CDI
P-ALPHA-05   | 2024-06-21  | 5     | 2024-07-03         |
P-ALPHA-06   | 2024-08-14  | 16    |                    |
P-BRAVO-01   | 2024-12-31  | 9     | 2025-01-03         | CDD
P-BRAVO-03   | 2024-08-31  | 3     |                    | CDI
P-BRAVO-04   | 2024-04-21  | 7     |                    |
P-BRAVO-05   | 2024-04-22  |       |                    |
P-BRAVO-08   | 2024-03-29  | 12    |                    |
P-CHARLIE-01 | 2024-09-30  | 8     |                    |
P-CHARLIE-02 | 2024-07-05  | 10    | 2024-07-08         | CDD
"""

TRAINING = """
person       | date_debut | date_fin   | heures | certifiante
P-ALPHA-01   | 2024-02-05 | 2024-02-06 | 14     | non
P-ALPHA-04   | 2024-05-13 | 2024-05-15 | 21     | oui
P-BRAVO-01   | 2024-03-11 | 2024-03-12 | 14     | non
P-BRAVO-01   | 2024-03-20 | 2024-03-20 | 7      | non
P-BRAVO-03   | 2024-06-03 | 2024-06-04 | 14     | oui
P-CHARLIE-03 | 2024-11-12 | 2024-11-12 | 7      | non
"""

# etp = etp_initial > etp_actuel; deloc = non_delocalisable; resources = market / non-market / volunteer hours.
ACTIVITIES = """
id | nature          | strategie             | date_debut | date_fin   | commune | etp     | deloc | resources
A1 | creation        | entrepreneur_social   | 2024-02-01 |            | 76540   | 1.5>2   | oui   | 30000/10000/100
A2 | reprise         | insertion_globale     | 2024-03-15 | 2024-09-10 | 76498   | 1>0.5   | non   | 5000/5000/0
A3 | creation        | entrepreneur_social   | 2022-06-01 |            |         | 3>4     |       | 60000/20000/200
A4 | diversification | mediateur_territorial | 2024-11-20 |            | 76540   | 0.5>0.5 | oui   | 2000/3000/50
B1 | creation        | insertion_globale     | 2024-03-01 |            |         | 2>2.5   | oui   | 10000/40000/0
B2 | creation        | insertion_globale     | 2023-09-01 | 2024-05-31 |         | 1>1     | non   | 4000/8000/20
B3 | reprise         | mediateur_territorial | 2024-05-20 |            | 76351   | 1>1     | non   | 0/15000/300
C0 | creation        | entrepreneur_social   | 2021-01-04 |            |         | 1>1     | oui   | 50000/0/0
C1 | reprise         | entrepreneur_social   | 2024-08-05 |            |         | 1>1     | oui   | 20000/0/0
"""

COOPERATIONS = """
id | type         | date_debut | date_fin   | commune | nb_partenaires
A1 | instance     | 2023-01-10 |            | 76540   | 0
A2 | mediation    | 2024-02-12 | 2024-03-08 |         | 4
A3 | interface    | 2024-05-06 | 2024-05-17 | 76498   | 6
B1 | instance     | 2024-02-20 |            |         | 0
B2 | observatoire | 2024-03-04 | 2024-03-22 | 76351   | 3
B3 | instance     | 2022-01-01 | 2024-07-31 |         | 0
C1 | instance     | 2021-01-01 |            |         | 0
C2 | expertise    | 2024-10-07 | 2024-10-11 |         | 2
"""

Row = dict[str, str]


def rows(block: str) -> list[Row]:
    """Rows of a text block: first line the columns, cells between bars, spaces around them meaningless."""
    cells = [[cell.strip() for cell in line.split("|")] for line in block.strip().splitlines()]
    return [dict(zip(cells[0], line, strict=True)) for line in cells[1:]]


def write(home: Path) -> None:
    """Say who may deposit what, provide the centres, deposit every return under `home`, a member's oldest first."""
    home.mkdir(parents=True, exist_ok=True)
    members = rows(MEMBERS)
    columns = ["siren_adherent", "nom", "siret", "type_structure", "region", "id_ges"]
    lines = [",".join(columns), *(",".join(member[c] for c in columns) for member in members)]
    (home / "members.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")

    _write_centres(home / "open_data_drop" / "etalab_communes" / "centres" / "2026")
    for member in members:
        folder = home / "landing" / member["siren_adherent"]
        for period in PERIODS:
            if (member["member"], period) in SKIPPED:
                continue
            corrected = quarter_slice(member["member"], period)
            files = {f"{period}.zip": corrected}
            if (member["member"], period) == ("BRAVO", "2024T2"):
                files = {f"{period}.zip": with_mistakes(corrected), f"{period}_correction.zip": corrected}
            for name, tables in files.items():
                _write_zip(folder / name, tables)


def _write_centres(folder: Path) -> None:
    """All the communes of the country, for a whole file has them, and a form that says that centres are invented."""
    known = {row["commune"]: [float(row["longitude"]), float(row["latitude"])] for row in rows(CENTRES)}
    content = [
        {"code": code} | ({"centre": {"type": "Point", "coordinates": known[code]}} if code in known else {})
        for code in sorted(pl.read_parquet(SNAPSHOT)["code_commune"])
    ]
    form = {"from": "https://centres.example", "obtained": "2026-01-05", "by": "centres inventés", "licence": "CC0"}
    folder.mkdir(parents=True)
    (folder / "communes.json").write_text(json.dumps(content), encoding="utf-8")
    (folder / "provenance.json").write_text(json.dumps(form), encoding="utf-8")


def quarter_slice(member: str, period: str) -> dict[str, list[Row]]:
    """The tables `member` sends for `period`: what was true on at least one of its days, as known at extraction.

    Hours of its months, exits and training dated in it, contracts, activities and cooperations that touch it, all
    structures, the people concerned. The mistaken contract is left out (see `with_mistakes`).
    """
    first, last, extraction = PERIODS[period]
    owner = next(row for row in rows(MEMBERS) if row["member"] == member)
    place = {"siret": owner["siret"], "type_structure": owner["type_structure"]}
    names = {row["id_salarie"] for row in rows(PEOPLE) if row["member"] == member}

    contracts = [
        row
        for row in rows(CONTRACTS)
        if row["person"] in names and row["id"] != "B07x" and _touches(row, "fin_reelle", first, last, "fin_prevue")
    ]
    exits = [row for row in rows(EXITS) if row["person"] in names and first <= row["date_sortie"] <= last]
    training = [row for row in rows(TRAINING) if row["person"] in names and first <= row["date_debut"] <= last]
    concerned = {row["person"] for row in [*contracts, *exits, *training]}
    held = {row["id"] for row in contracts}

    return {
        "remontee": [
            {"champ": "siren_adherent", "valeur": owner["siren_adherent"]},
            {"champ": "periode", "valeur": period},
            {"champ": "version_modele", "valeur": "1"},
            {"champ": "date_extraction", "valeur": extraction},
        ],
        "structures": [place | _without(row, "member") for row in rows(STRUCTURES) if row["member"] == member],
        "salaries": [_without(row, "member", "who") for row in rows(PEOPLE) if row["id_salarie"] in concerned],
        "contrats": [_contract(row, place, extraction) for row in contracts],
        "heures": [hour for row in rows(HOURS) if row["id"] in held for hour in _months(row, period)],
        "sorties": [{"id_salarie": row["person"], **place, **_without(row, "person")} for row in exits],
        "formations": [{"id_salarie": row["person"], **_without(row, "person")} for row in training],
        "activites": [
            _activity(row, place, extraction)
            for row in rows(ACTIVITIES)
            if row["id"][0] == member[0] and _touches(row, "date_fin", first, last)
        ],
        "cooperations": [
            _cooperation(row, place, extraction)
            for row in rows(COOPERATIONS)
            if row["id"][0] == member[0] and _touches(row, "date_fin", first, last)
        ],
    }


def with_mistakes(tables: dict[str, list[Row]]) -> dict[str, list[Row]]:
    """BRAVO's first 2024T2: a person, contract and month that never were, and 100 hours for Denis in May, not 110."""
    wrong = next(row for row in rows(CONTRACTS) if row["id"] == "B07x")
    stranger = next(row for row in rows(PEOPLE) if row["id_salarie"] == wrong["person"])
    place = {key: tables["structures"][0][key] for key in ("siret", "type_structure")}
    hours = [
        row | {"heures_travaillees": "100", "salaire_brut": "1200"}
        if (row["id_contrat"], row["mois"]) == ("B03a", "2024-05")
        else row
        for row in tables["heures"]
    ]
    invented = [hour for row in rows(HOURS) if row["id"] == "B07x" for hour in _months(row, "2024T2")]
    return tables | {
        "salaries": [*tables["salaries"], _without(stranger, "member", "who")],
        "contrats": [*tables["contrats"], _contract(wrong, place, PERIODS["2024T2"][2])],
        "heures": [*hours, *invented],
    }


def _touches(row: Row, end: str, first: str, last: str, planned_end: str | None = None) -> bool:
    """In force on at least one day from `first` to `last`; the real end counts before the planned one."""
    effective_end = row[end] or (row[planned_end] if planned_end else "")
    return row["date_debut"] <= last and (not effective_end or effective_end >= first)


def _known(day: str, extraction: str) -> str:
    return day if day <= extraction else ""


def _without(row: Row, *columns: str) -> Row:
    return {column: cell for column, cell in row.items() if column not in columns}


def _contract(row: Row, place: Row, extraction: str) -> Row:
    return {
        "id_contrat": row["id"],
        "id_contrat_parent": row["parent"],
        "rang": row["rang"],
        **place,
        "id_salarie": row["person"],
        "type_contrat": row["type_contrat"],
        "date_debut": row["date_debut"],
        "date_fin_prevue": row["fin_prevue"],
        "date_fin_reelle": _known(row["fin_reelle"], extraction),
        "duree_hebdo": row["duree_hebdo"],
        "remuneration_brute_mensuelle": "",
        "code_rome": row["code_rome"],
        "commune_travail": WORKPLACES.get(row["id"], ""),
    }


def _months(row: Row, period: str) -> list[Row]:
    if row["quarter"] != period:
        return []
    year, quarter = period.split("T")
    found = []
    for position in (1, 2, 3):
        cell = row[f"month {position}"]
        if cell != "-":
            hours, pay = cell.split("/")
            month = f"{year}-{3 * int(quarter) - 3 + position:02d}"
            found.append({"id_contrat": row["id"], "mois": month, "heures_travaillees": hours, "salaire_brut": pay})
    return found


def _activity(row: Row, place: Row, extraction: str) -> Row:
    date_fin = _known(row["date_fin"], extraction)
    at_start, now = row["etp"].split(">")
    market, other, unpaid = row["resources"].split("/")
    return {
        "id_activite": f"ACT-{row['id']}",
        **place,
        "intitule": f"Activité {row['id']}",
        "nature": row["nature"],
        "strategie": row["strategie"],
        "besoin": "environnement",
        "date_debut": row["date_debut"],
        "date_fin": date_fin,
        "motif_fin": "Arrêt" if date_fin else "",
        "commune": row["commune"],
        "etp_initial": at_start,
        "etp_actuel": now,
        "non_delocalisable": row["deloc"],
        "ressources_marchandes_eur": market,
        "ressources_non_marchandes_eur": other,
        "benevolat_heures": unpaid,
    }


def _cooperation(row: Row, place: Row, extraction: str) -> Row:
    return {
        "id_action": f"COOP-{row['id']}",
        **place,
        "type": row["type"],
        "intitule": f"Action {row['id']}",
        "date_debut": row["date_debut"],
        "date_fin": _known(row["date_fin"], extraction),
        "commune": row["commune"],
        "nb_partenaires": row["nb_partenaires"],
    }


#: Columns of the tables that are empty in some quarters: their file then holds the header alone.
_HEADERS = {
    "sorties": "id_salarie siret type_structure date_sortie motif date_nouvel_emploi type_nouveau_contrat",
    "formations": "id_salarie date_debut date_fin heures certifiante",
}


def _write_zip(path: Path, tables: dict[str, list[Row]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for table, content in tables.items():
            columns = list(content[0]) if content else _HEADERS[table].split()
            lines = [";".join(columns), *(";".join(row[column] for column in columns) for row in content)]
            archive.writestr(zipfile.ZipInfo(f"{table}.csv", (2025, 4, 30, 0, 0, 0)), "\n".join(lines) + "\n")
