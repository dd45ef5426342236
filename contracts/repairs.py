"""What was harmlessly wrong and is put right at reading, told in French to the member who sent it.

Here: one entry per code, with the sentence and an example, shown to members and tried by the tests. Not here: how a
cell is repaired (`parsing.py`), what cannot be repaired (`rules.py`). Codes are stable.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Repair:
    """`sentence` says what was done; in `column` of `table`, `received` becomes the value written `read`."""

    sentence: str
    table: str
    column: str
    received: str
    read: str


#: What is repaired at reading because it can be read in one way only; the receipt says so.
REPAIRS: dict[str, Repair] = {
    "zero_initial_remis": Repair(
        "Il manquait le zéro du début, qu'un tableur enlève aux codes qu'il prend pour des nombres : nous l'avons "
        "remis.",
        "structures",
        "commune_insee",
        "1004",
        "01004",
    ),
    "espaces_retires": Repair(
        "Des espaces, points ou tirets séparaient les chiffres : nous les avons retirés.",
        "structures",
        "siret",
        "000 100 016 00005",
        "00010001600005",
    ),
    "nombre_de_tableur": Repair(
        "Un code était écrit comme un nombre à virgule : nous l'avons relu comme un code. Mettez la colonne au format "
        "texte, car un tableur arrondit les longs numéros.",
        "sorties",
        "motif",
        "9.0",
        "9",
    ),
    "date_de_tableur": Repair(
        "Une date était écrite comme un nombre de jours : nous l'avons relue comme le fait un tableur. "
        "Mettez la colonne au format date.",
        "contrats",
        "date_debut",
        "45658",
        "2025-01-01",
    ),
    "mois_d_une_date": Repair(
        "Une date entière était écrite : nous n'en avons gardé que le mois.",
        "heures",
        "mois",
        "17/03/2025",
        "2025-03-01",
    ),
    "libelle_reconnu": Repair(
        "Un libellé était écrit : nous l'avons remplacé par son code.",
        "sorties",
        "motif",
        "Décès",
        "17",
    ),
}
