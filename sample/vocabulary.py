"""Words and codes the synthetic federation is written with.

What belongs here: codes with their weights, fictitious names, amounts by date.
What does not: drawing people and events (federation.py), choosing what a return lists (returns.py), writing files
(deposits.py). Columns and codes come from the contracts: a sample that drifts from them would prove nothing.
"""

from datetime import date

from contracts import RETURN_TABLES
from contracts.codes import code_labels

# Table -> columns, in the order members send them. Nobody here sends targets or aggregates.
TABLE_COLUMNS: dict[str, tuple[str, ...]] = {
    contract.table: contract.columns for contract in RETURN_TABLES if contract.table != "bilans"
}

# Kinds that have an annexe financière, and the share of dynamic exits, in per cent, that it usually asks for.
EXIT_TARGETS = {"AI": 55, "ACI": 45, "EI": 60, "ETTI": 65}

# Exit reasons: code -> the label some members type instead of the code.
MOTIF_LABELS: dict[str, str] = code_labels("exit_reason")
MOTIF_WEIGHTS: dict[str, float] = {
    **{"1": 3, "2": 5, "3": 8, "4": 1.5, "5": 7, "6": 9, "7": 24, "8": 14, "9": 8, "10": 9, "11": 1, "12": 3},
    **{"13": 1.2, "14": 2, "15": 2, "16": 2, "17": 0.6, "18": 1, "19": 1, "20": 0.7, "21": 1.2, "22": 1.5},
    "96": 1.5,
}
# New contract that follows a job motif: (type, shortest, longest duration in months or None when open-ended).
NEW_CONTRACTS: dict[str, tuple[str, tuple[int, int] | None]] = {
    "1": ("CDI", None),
    "2": ("CDDI", (4, 12)),
    "3": ("CDI", None),
    "4": ("CREATION_ENTREPRISE", None),
    "9": ("CDD", (6, 18)),
    "10": ("CDD", (1, 5)),
    "11": ("CDI", None),
    "13": ("CDI", None),
    "14": ("CDD", (6, 12)),
}

# Hourly gross SMIC in euros from a date on.
SMIC: tuple[tuple[date, float], ...] = (
    (date(2022, 1, 1), 10.57),
    (date(2022, 5, 1), 10.85),
    (date(2022, 8, 1), 11.07),
    (date(2023, 1, 1), 11.27),
    (date(2023, 5, 1), 11.52),
    (date(2024, 1, 1), 11.65),
    (date(2024, 11, 1), 11.88),
)
# Worked hours a year that make one full-time equivalent.
FTE_HOURS = {"ACI": 1820, "EI": 1505, "ETTI": 1600, "AI": 1607, "OSP": 1607}

SCHOOLING = {"00": 8, "01": 6, "10": 5, "20": 4, "30": 3, "40": 12, "41": 5, "50": 26, "51": 14, "60": 10, "70": 7}
NAF = {"AI": "88.99B", "ACI": "88.99B", "EI": "38.32Z", "ETTI": "78.20Z", "OSP": "88.10A"}
ROME = {
    "AI": ("K1304", "K2204", "A1203", "K1302", "G1602", "G1603", "K1303", "N1105", "I1203", "G1605"),
    "ACI": ("A1203", "A1414", "K2304", "K2303", "F1703", "F1606", "D1507", "G1602", "K2204"),
    "EI": ("K2304", "A1203", "N1103", "K2204", "N4105"),
    "ETTI": ("N1103", "N1105", "H3302", "F1704", "F1703", "K2304", "N4105", "K2204"),
    "OSP": ("K1304", "K1302", "K1303", "K2204"),
}

# Fictitious denominations: first words by kind, completed with a place.
NAMES = {
    "AI": (
        *("Relais", "Coup de main", "Entraide et services", "Passerelle", "Multi-services", "Tremplin", "Élan"),
        *("Solidarité emploi", "Mains d'œuvre", "Trait d'union", "Proximité services", "Atout travail"),
    ),
    "ACI": ("Jardins", "Chantiers", "Ateliers", "Ressourcerie", "Brigade verte", "Cuisines solidaires"),
    "EI": ("Fabrique", "Recyclerie", "Filière textile"),
    "ETTI": ("Intérim solidaire", "Missions emploi", "Tandem intérim"),
    "OSP": ("Domicile et compagnie", "Bien chez soi", "Services à la personne"),
    "GES": ("Groupe économique solidaire", "Ensemble", "Coopération solidaire"),
}
LANDS = {
    "14": ("du Pays d'Auge", "du Bessin", "du Bocage virois", "de la Côte de Nacre", "de la Suisse normande"),
    "27": ("du Vexin", "de la Risle", "de l'Iton", "du Lieuvin", "de la Vallée d'Eure"),
    "50": ("du Cotentin", "du Coutançais", "de la Baie", "du Val de Saire", "de l'Avranchin"),
    "61": ("du Perche", "du Bocage ornais", "des Collines d'Écouves", "du Pays d'Ouche", "du Houlme"),
    "76": ("du Pays de Caux", "du Pays de Bray", "de la Côte d'Albâtre", "du Talou", "des Boucles de la Seine"),
}

NATURES = {"creation": 50, "reprise": 12, "diversification": 28, "essaimage": 10}
STRATEGIES = {"entrepreneur_social": 40, "insertion_globale": 38, "mediateur_territorial": 22}
# Need answered -> what the activity is called.
ACTIVITIES = {
    "mobilite": ("Garage solidaire", "Location de vélos à tarif réduit", "Transport à la demande « Liberté »"),
    "garde_enfants": ("Crèche à horaires décalés", "Garde d'enfants à domicile"),
    "services_personne": ("Ménage et repassage à domicile", "Portage de courses aux aînés"),
    "logement": ("Petits travaux d'autoréhabilitation", "Entretien de résidences sociales"),
    "alimentation": ("Conserverie de légumes déclassés", "Épicerie solidaire", "Maraîchage biologique"),
    "environnement": ("Recyclerie du canton", "Collecte de biodéchets à vélo", "Entretien de berges et de haies"),
    "numerique": ("Atelier de réemploi informatique", "Médiation numérique itinérante"),
    "culture": ("Café associatif et culturel", "Atelier de décors de théâtre"),
    "commerce_proximite": ("Dernier commerce du village", "Point relais multiservices"),
    "autre": ("Conciergerie d'entreprise", "Blanchisserie de proximité"),
}
ACTIVITY_NAF = {
    **{"mobilite": "45.20A", "garde_enfants": "88.91A", "services_personne": "88.10A", "logement": "81.21Z"},
    **{"alimentation": "10.39B", "environnement": "81.30Z", "numerique": "95.11Z", "culture": "56.10A"},
    **{"commerce_proximite": "47.11B", "autre": "88.99B"},
}
END_REASONS = ("équilibre économique non atteint", "fin de financement", "activité transmise à un autre acteur")
COOPERATIONS = {
    "interface": ("Bourse aux besoins des entreprises", "Clause sociale : appui aux donneurs d'ordre"),
    "mediation": ("Médiation emploi dans les quartiers", "Parcours croisés entre structures"),
    "expertise": ("Diagnostic des besoins non couverts", "Appui à l'ingénierie de projet"),
    "observatoire": ("Observatoire local des métiers en tension", "Enquête auprès des habitants"),
    "instance": ("Siège au conseil de développement", "Comité technique d'animation", "Siège au CCAS"),
    "modele_partage": ("Groupement d'achats solidaires", "Pôle territorial de coopération économique"),
}
PARTNERS = ("collectivités", "entreprises", "associations", "service public de l'emploi", "habitants", "bailleurs")


def smic_on(day: date) -> float:
    """Hourly gross SMIC in euros in force on a day (the earliest known before the list begins)."""
    return next((amount for start, amount in reversed(SMIC) if start <= day), SMIC[0][1])
