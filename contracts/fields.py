"""Every column a member or an open-data file can bring, described once.

Here: name, kind of value, unit, French label and description, code list, plausible range, personal or not.
Not here: which table holds a column and whether it is mandatory there (`members.py`, `territories.py`), how a
kind is read from text (`parsing.py`), what a broken rule says (`rules.py`).
"""

from dataclasses import dataclass
from typing import Literal

from contracts.codes import parameter

Kind = Literal[
    "text", "identifier", "siren", "siret", "pass_iae", "commune", "naf", "rome",
    "code", "date", "month", "integer", "decimal", "duration_hours", "boolean", "timestamp",
]  # fmt: skip


@dataclass(frozen=True)
class Field:
    """One column. `low`/`high` bound plausible values (inclusive, in `unit`); `code_list` names its codes."""

    name: str
    kind: Kind
    label_fr: str
    description_fr: str
    unit: str | None = None
    code_list: str | None = None
    low: float | None = None
    high: float | None = None
    personal: bool = False


_FIELDS = (
    # --- identity and traceability -------------------------------------------------------------------------
    Field("siren_adherent", "siren", "SIREN de l'adhérent", "Numéro SIREN de l'adhérent qui dépose la remontée."),
    Field("id_remontee", "identifier", "Remontée", "Identifiant de la remontée : date de réception et empreinte."),
    Field("ligne", "integer", "Ligne", "Numéro de la ligne dans le fichier reçu, en-tête comprise.", low=1),
    # --- structures ----------------------------------------------------------------------------------------
    Field("siret", "siret", "SIRET", "Numéro SIRET de l'établissement, 14 chiffres."),
    Field("type_structure", "code", "Type de structure", "AI, ACI, EI, ETTI, EITI, OSP, GES, GEIQ, ETT_ESS ou AUTRE.",
          code_list="structure_kind"),
    Field("denomination", "text", "Dénomination", "Nom de la structure."),
    Field("commune_insee", "commune", "Commune", "Code INSEE de la commune de la structure."),
    Field("naf", "naf", "Code NAF", "Activité principale, nomenclature NAF rév. 2 ou NAF 2025, avec ou sans point."),
    Field("date_debut", "date", "Date de début", "Premier jour."),
    Field("date_fin", "date", "Date de fin", "Dernier jour ; vide tant que ce n'est pas fini."),
    Field("etp_conventionnes", "decimal", "ETP conventionnés", "Équivalents temps plein prévus à la convention de l'année.",
          unit="ETP", low=0, high=5000),
    Field("id_ges", "text", "Groupe économique solidaire", "Identifiant du groupe dont la structure fait partie."),
    # --- people --------------------------------------------------------------------------------------------
    Field("id_salarie", "identifier", "Salarié", "Identifiant de la personne chez l'adhérent ; remplacé par un pseudonyme.",
          personal=True),
    Field("pass_iae", "pass_iae", "PASS IAE", "Numéro d'agrément, 12 caractères ; remplacé par un pseudonyme.", personal=True),
    Field("annee_naissance", "integer", "Année de naissance", "Année de naissance de la personne.",
          unit="année", personal=True),
    Field("sexe", "code", "Sexe", "F ou H.", code_list="sexe"),
    Field("commune_residence", "commune", "Commune de résidence", "Code INSEE de la commune où la personne habite.", personal=True),
    Field("niveau_formation", "code", "Niveau de formation", "Niveau de formation à l'entrée, codes de l'ASP.",
          code_list="niveau_formation"),
    Field("date_entree_parcours", "date", "Entrée dans le parcours", "Date d'entrée dans le parcours d'insertion."),
    Field("brsa", "code", "Bénéficiaire du RSA", "NON, OUI-M (majoré) ou OUI-NM (non majoré).", code_list="brsa"),
    Field("ass", "boolean", "ASS", "Perçoit l'allocation de solidarité spécifique."),
    Field("aah", "boolean", "AAH", "Perçoit l'allocation aux adultes handicapés."),
    Field("deld", "boolean", "Demandeur d'emploi de longue durée", "Inscrit depuis un an ou plus."),
    Field("detld", "boolean", "Demandeur d'emploi de très longue durée", "Inscrit depuis deux ans ou plus."),
    Field("rqth", "boolean", "RQTH", "Reconnaissance de la qualité de travailleur handicapé."),
    Field("qpv", "boolean", "QPV", "Habite un quartier prioritaire de la politique de la ville."),
    Field("zrr", "boolean", "ZRR", "Habite une zone de revitalisation rurale."),
    # --- contracts and missions ----------------------------------------------------------------------------
    Field("id_contrat", "identifier", "Contrat", "Identifiant du contrat chez l'adhérent."),
    Field("id_contrat_parent", "identifier", "Contrat initial", "Identifiant du contrat que celui-ci renouvelle."),
    Field("rang", "integer", "Rang", "0 pour le contrat initial, 1 pour le premier renouvellement, etc.", low=0, high=200),
    Field("type_contrat", "code", "Type de contrat", "CDI, CDII, CDDI, CDDU, CTT…", code_list="contract_type"),
    Field("date_fin_prevue", "date", "Fin prévue", "Dernier jour prévu au contrat ; vide pour un CDI."),
    Field("date_fin_reelle", "date", "Fin réelle", "Dernier jour effectif ; vide tant que le contrat court."),
    Field("duree_hebdo", "duration_hours", "Durée hebdomadaire", "Durée de travail par semaine.", unit="h/semaine", low=0,
          high=parameter("weekly_hours_max")),
    Field("remuneration_brute_mensuelle", "decimal", "Rémunération brute", "Rémunération brute mensuelle du contrat.",
          unit="€/mois", low=0, high=20000),
    Field("code_rome", "rome", "Code ROME", "Métier exercé, répertoire ROME (une lettre, quatre chiffres)."),
    Field("commune_travail", "commune", "Commune de travail", "Code INSEE de la commune où le travail a lieu."),
    Field("id_mission", "identifier", "Mission", "Identifiant de la mission chez l'adhérent."),
    Field("heures", "duration_hours", "Heures", "Nombre d'heures.", unit="h", low=0, high=10000),
    # --- hours ---------------------------------------------------------------------------------------------
    Field("mois", "month", "Mois", "Mois concerné."),
    Field("heures_travaillees", "duration_hours", "Heures travaillées", "Heures travaillées dans le mois pour ce contrat.",
          unit="h", low=0),
    Field("salaire_brut", "decimal", "Salaire brut", "Salaire brut versé pour le mois.", unit="€", low=0, high=30000),
    Field("part_etp", "decimal", "Part d'ETP", "Part d'équivalent temps plein calculée par l'ASP.", unit="ETP", low=0, high=3),
    # --- exits ---------------------------------------------------------------------------------------------
    Field("date_sortie", "date", "Date de sortie", "Fin du parcours dans la structure."),
    Field("motif", "code", "Motif de sortie", "Code ou libellé du motif ; vide si la sortie n'est pas documentée.",
          code_list="exit_reason"),
    Field("date_nouvel_emploi", "date", "Date du nouvel emploi", "Début de l'emploi ou de la formation qui suit."),
    Field("type_nouveau_contrat", "text", "Nouveau contrat", "Type du contrat qui suit la sortie."),
    Field("duree_nouveau_contrat_mois", "decimal", "Durée du nouveau contrat", "Durée du contrat qui suit la sortie.",
          unit="mois", low=0, high=600),
    Field("situation_3_mois", "text", "Situation à 3 mois", "Situation de la personne trois mois après la sortie."),
    Field("situation_6_mois", "text", "Situation à 6 mois", "Situation de la personne six mois après la sortie."),
    # --- trainings -----------------------------------------------------------------------------------------
    Field("certifiante", "boolean", "Certifiante", "La formation mène à une certification."),
    # --- activities and cooperations -----------------------------------------------------------------------
    Field("id_activite", "identifier", "Activité", "Identifiant de l'activité chez l'adhérent."),
    Field("intitule", "text", "Intitulé", "Intitulé court, sans nom de personne."),
    Field("nature", "code", "Nature", "creation, reprise, diversification ou essaimage.", code_list="nature_activite"),
    Field("strategie", "code", "Stratégie", "entrepreneur_social, insertion_globale ou mediateur_territorial.",
          code_list="strategie"),
    Field("besoin", "code", "Besoin", "Besoin local auquel l'activité répond.", code_list="besoin"),
    Field("motif_fin", "text", "Motif de fin", "Pourquoi l'activité a pris fin."),
    Field("commune", "commune", "Commune", "Code INSEE de la commune de l'activité ou de l'action."),
    Field("etp_initial", "decimal", "ETP au départ", "Équivalents temps plein au démarrage.", unit="ETP", low=0, high=5000),
    Field("etp_actuel", "decimal", "ETP actuels", "Équivalents temps plein à la fin de la période.", unit="ETP", low=0, high=5000),
    Field("non_delocalisable", "boolean", "Non délocalisable", "Les emplois ne peuvent pas être délocalisés."),
    Field("siret_activite", "siret", "SIRET de l'activité", "SIRET de l'établissement créé ou repris, s'il existe."),
    Field("ressources_marchandes_eur", "decimal", "Ressources marchandes", "Ventes de la période.", unit="€", low=0, high=1e9),
    Field("ressources_non_marchandes_eur", "decimal", "Ressources non marchandes", "Subventions et dons de la période.",
          unit="€", low=0, high=1e9),
    Field("benevolat_heures", "decimal", "Bénévolat", "Heures de bénévolat de la période.", unit="h", low=0, high=1e7),
    Field("id_action", "identifier", "Action", "Identifiant de l'action chez l'adhérent."),
    Field("type", "code", "Type d'action", "interface, mediation, expertise, observatoire, instance ou modele_partage.",
          code_list="type_cooperation"),
    Field("nb_partenaires", "integer", "Partenaires", "Nombre de partenaires de l'action.", low=0, high=10000),
    Field("types_partenaires", "text", "Types de partenaires", "Types de partenaires, séparés par une virgule."),
    # --- targets and aggregates ----------------------------------------------------------------------------
    Field("numero_annexe", "identifier", "Annexe financière",
          "Type de structure, département sur trois caractères et six chiffres, par exemple ACI034150012 ou ACI034150012A1M0."),
    Field("taux_prev_sorties_dynamiques", "decimal", "Sorties dynamiques prévues", "Part de sorties dynamiques à atteindre.",
          unit="%", low=0, high=100),
    Field("taux_prev_sorties_durables", "decimal", "Sorties durables prévues", "Part de sorties en emploi durable à atteindre.",
          unit="%", low=0, high=100),
    Field("taux_prev_sorties_transition", "decimal", "Sorties de transition prévues",
          "Part de sorties en emploi de transition à atteindre.", unit="%", low=0, high=100),
    Field("taux_prev_sorties_positives", "decimal", "Sorties positives prévues", "Part de sorties positives à atteindre.",
          unit="%", low=0, high=100),
    Field("salaries_nombre", "integer", "Salariés", "Nombre de salariés en parcours pendant la durée du bilan.", low=0, high=20000),
    Field("sorties_examinees", "integer", "Sorties examinées", "Nombre de sorties examinées, retraits déduits.", low=0, high=20000),
    Field("sorties_durables", "integer", "Sorties durables", "Nombre de sorties en emploi durable.", low=0, high=20000),
    Field("sorties_transition", "integer", "Sorties de transition", "Nombre de sorties en emploi de transition.",
          low=0, high=20000),
    Field("sorties_positives", "integer", "Sorties positives", "Nombre de sorties positives.", low=0, high=20000),
    # --- registry of returns -------------------------------------------------------------------------------
    Field("periode", "text", "Période", "Trimestre (2025T3) ou mois (2025-09) de la remontée."),
    Field("periode_debut", "date", "Début de période", "Premier jour de la période."),
    Field("periode_fin", "date", "Fin de période", "Dernier jour de la période."),
    Field("recue_le", "timestamp", "Reçue le", "Moment d'arrivée dans le dossier de dépôt (UTC)."),
    Field("date_extraction", "date", "Date d'extraction", "Jour où le logiciel de l'adhérent a produit le fichier."),
    Field("nom_table", "text", "Table", "Nom de la table."),
    Field("verdict", "text", "Verdict", "accepted, partial ou refused, pour la remontée entière."),
    Field("retenue", "boolean", "Retenue", "La table de cette remontée est entrée dans le lac."),
    Field("lignes_recues", "integer", "Lignes reçues", "Lignes lues dans le fichier.", unit="lignes", low=0),
    Field("lignes_acceptees", "integer", "Lignes acceptées", "Lignes entrées dans le lac.", unit="lignes", low=0),
    Field("lignes_quarantaine", "integer", "Lignes en quarantaine", "Lignes écartées, avec leur raison.", unit="lignes", low=0),
    Field("lignes_repliees", "integer", "Lignes repliées", "Doublons exacts, comptés une seule fois.", unit="lignes", low=0),
    Field("empreinte", "text", "Empreinte", "SHA-256 du dépôt."),
    Field("colonne", "text", "Colonne", "Colonne en cause."),
    Field("regle", "text", "Règle", "Code stable de la règle enfreinte."),
    Field("message", "text", "Message", "La règle en clair, sans la valeur."),
    Field("gravite", "text", "Gravité", "erreur : la ligne, la table ou la remontée est écartée ; avertissement : elle est acceptée."),
    Field("reparation", "text", "Réparation", "Code stable de la réparation faite à la lecture."),
    Field("premiere_ligne", "integer", "Première ligne", "Première ligne réparée ainsi dans cette colonne.", low=1),
    Field("lignes_reparees", "integer", "Lignes réparées", "Nombre de lignes réparées ainsi.", unit="lignes", low=1),
    # --- federation and territories ------------------------------------------------------------------------
    Field("nom", "text", "Nom", "Nom de l'adhérent."),
    Field("region", "text", "Région", "Code INSEE de la région de la structure."),
    Field("code_commune", "commune", "Commune", "Code INSEE de la commune."),
    Field("nom_commune", "text", "Nom de la commune", "Nom de la commune."),
    Field("code_epci", "text", "EPCI", "SIREN de l'intercommunalité."),
    Field("nom_epci", "text", "Nom de l'EPCI", "Nom de l'intercommunalité."),
    Field("code_arrondissement", "text", "Arrondissement", "Code INSEE de l'arrondissement."),
    Field("nom_arrondissement", "text", "Nom de l'arrondissement", "Nom de l'arrondissement."),
    Field("code_departement", "text", "Département", "Code INSEE du département."),
    Field("nom_departement", "text", "Nom du département", "Nom du département."),
    Field("code_region", "text", "Région", "Code INSEE de la région."),
    Field("nom_region", "text", "Nom de la région", "Nom de la région."),
    Field("code_zone_emploi", "text", "Zone d'emploi", "Code de la zone d'emploi 2020."),
    Field("nom_zone_emploi", "text", "Nom de la zone d'emploi", "Nom de la zone d'emploi 2020."),
    Field("population_municipale", "integer", "Population municipale", "Population municipale.", unit="habitants", low=0),
    Field("millesime", "integer", "Millésime", "Année dont le fichier suit la géographie.", unit="année", low=2003, high=2100),
)  # fmt: skip

FIELDS: dict[str, Field] = {field.name: field for field in _FIELDS}
