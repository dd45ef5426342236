"""What a broken rule says, in French, to the member who has to mend it.

Here: one entry per rule code, with the sentence and the way out. Not here: how a rule is evaluated
(`parsing.py` for one cell, `members.py` for a row, the intake for a whole file).
Codes are stable: receipts, anomalies and statistics refer to them.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Rule:
    """`sentence` says what is wrong, `remedy` how to mend it; both may use {label} and {allowed}."""

    sentence: str
    remedy: str


RULES: dict[str, Rule] = {
    # --- one cell ------------------------------------------------------------------------------------------
    "valeur_absente": Rule("« {label} » est obligatoire.", "Renseignez cette cellule."),
    "date_illisible": Rule(
        "« {label} » n'est pas une date lisible.",
        "Écrivez JJ/MM/AAAA ou AAAA-MM-JJ, avec l'année sur quatre chiffres, de 1900 à 2099.",
    ),
    "mois_illisible": Rule("« {label} » n'est pas un mois lisible.", "Écrivez AAAA-MM ou MM/AAAA."),
    "nombre_illisible": Rule("« {label} » n'est pas un nombre.", "Écrivez un nombre, par exemple 12,5."),
    "entier_illisible": Rule("« {label} » n'est pas un nombre entier.", "Écrivez un nombre sans décimale."),
    "duree_illisible": Rule("« {label} » n'est pas une durée.", "Écrivez 17,5 ou 17:30."),
    "booleen_illisible": Rule("« {label} » doit dire oui ou non.", "Écrivez oui ou non."),
    "code_inconnu": Rule("« {label} » n'est pas un code connu.", "Valeurs admises : {allowed}."),
    "siren_invalide": Rule("« {label} » n'est pas un SIREN valide.", "Écrivez les 9 chiffres du SIREN."),
    "siret_invalide": Rule(
        "« {label} » n'est pas un SIRET valide (14 chiffres, clé de contrôle juste).",
        "Recopiez le SIRET de l'avis de situation, en texte pour garder les zéros du début.",
    ),
    "pass_iae_invalide": Rule(
        "« {label} » n'a pas la forme d'un PASS IAE.", "Cinq lettres ou chiffres puis sept chiffres."
    ),
    "commune_invalide": Rule(
        "« {label} » n'est pas un code commune INSEE.",
        "Cinq caractères, par exemple 76540 ou 2A004 ; pas le code postal.",
    ),
    "naf_invalide": Rule("« {label} » n'est pas un code NAF.", "Quatre chiffres et une lettre, par exemple 88.99B."),
    "rome_invalide": Rule("« {label} » n'est pas un code ROME.", "Une lettre et quatre chiffres, par exemple K2204."),
    "erreur_de_tableur": Rule(
        "« {label} » contient une erreur du tableur, pas une valeur.", "Corrigez la formule ou écrivez la valeur."
    ),
    "valeur_improbable": Rule("« {label} » est hors des bornes plausibles.", "Valeurs admises : {allowed}."),
    # --- one row -------------------------------------------------------------------------------------------
    "fin_avant_debut": Rule("La fin est avant le début.", "Vérifiez les deux dates."),
    "fin_prevue_avant_debut": Rule("La fin prévue est avant le début.", "Vérifiez les deux dates."),
    "apres_extraction": Rule(
        "Cette date est postérieure à la date d'extraction du fichier.", "Corrigez la date, ou la date d'extraction."
    ),
    "contrat_interdit_pour_ce_type": Rule(
        "Ce type de contrat n'existe pas pour ce type de structure.",
        "Vérifiez le type de contrat et le type de structure.",
    ),
    "heures_du_mois_impossibles": Rule(
        "Il y a plus d'heures que le mois n'en compte.", "Vérifiez les heures : 24 par jour du mois au plus."
    ),
    "age_improbable": Rule(
        "À la fin de la période, cette personne aurait moins de 14 ans ou plus de 90 ans.",
        "Vérifiez l'année de naissance.",
    ),
    # --- one row among others ------------------------------------------------------------------------------
    "cle_en_double": Rule(
        "Plusieurs lignes différentes ont la même clé ({allowed}).", "Gardez une seule ligne par clé."
    ),
    "reference_inconnue": Rule(
        "« {label} » ne renvoie à aucune ligne acceptée de la table « {allowed} », dans cette remontée ou dans les précédentes.",
        "Ajoutez la ligne manquante, ou corrigez l'identifiant.",
    ),
    # --- one table -----------------------------------------------------------------------------------------
    "colonne_absente": Rule("La colonne « {label} » manque dans la table.", "Ajoutez la colonne, avec ce nom exact."),
    "table_refusee": Rule(
        "Plus de {allowed} des lignes de cette table sont fausses ({label}) : la table entière est refusée.",
        "Corrigez les lignes signalées et renvoyez la remontée ; les données d'avant restent en vigueur.",
    ),
    "remontee_refusee": Rule(
        "Plus de {allowed} des lignes de cette remontée sont fausses ({label}) : la remontée entière est refusée.",
        "Corrigez les lignes signalées et renvoyez la remontée ; les données d'avant restent en vigueur.",
    ),
    # --- one file ------------------------------------------------------------------------------------------
    "adherent_inconnu": Rule(
        "Ce dossier de dépôt n'est pas celui d'un adhérent connu.", "Contactez la fédération pour être inscrit."
    ),
    "fichier_illisible": Rule(
        "Le fichier ne peut pas être lu : {label}.",
        "Enregistrez-le de nouveau en .xlsx ou .ods, ou en .zip de fichiers CSV.",
    ),
    "fichier_trop_gros": Rule(
        "Le dépôt est trop gros : {label}. Il n'a pas été lu, et rien n'en est gardé.",
        "Envoyez une remontée par période, sans autre document, en .zip de fichiers CSV.",
    ),
    "trop_de_fichiers": Rule(
        "Il y a trop de fichiers : {label}. Rien n'en est gardé.",
        "Envoyez une remontée à la fois : un classeur, ou un fichier par table.",
    ),
    "trop_de_colonnes": Rule(
        "Il y a trop de colonnes : {label}.", "Ne gardez que les colonnes du modèle, ou de l'export de votre logiciel."
    ),
    "trop_de_lignes": Rule(
        "Il y a trop de lignes, ou de cellules : {label}.",
        "Supprimez les lignes et colonnes vides, ou envoyez une remontée par période, en .zip de fichiers CSV.",
    ),
    "archive_piegee": Rule(
        "Le fichier est construit d'une façon qui n'est pas celle d'un logiciel de bureau : {label}.",
        "Enregistrez de nouveau le classeur dans un tableur, ou mettez les fichiers CSV directement dans un seul .zip.",
    ),
    "pas_un_fichier_ordinaire": Rule(
        "Le dépôt contient autre chose que des fichiers : {label}. Rien n'en a été lu ni gardé.",
        "Déposez une copie des fichiers eux-mêmes, pas un lien ni un raccourci.",
    ),
    "table_en_double": Rule(
        "La table « {label} » est là deux fois.", "Gardez une seule feuille ou un seul fichier par table."
    ),
    "entete_absente": Rule(
        "La feuille ou le fichier « remontee » manque ou ne dit pas « {label} ».",
        "Ajoutez « remontee » avec deux colonnes, champ et valeur : siren_adherent, periode, version_modele, date_extraction.",
    ),
    "periode_illisible": Rule("La période n'est pas lisible.", "Écrivez un trimestre (2025T3) ou un mois (2025-09)."),
    "periode_impossible": Rule(
        "La période « {label} » n'est pas possible : elle commence après le jour de réception, ou avant 2000.",
        "Corrigez la période.",
    ),
    "extraction_illisible": Rule(
        "La date d'extraction n'est pas lisible.", "Écrivez JJ/MM/AAAA ou AAAA-MM-JJ dans la feuille « remontee »."
    ),
    "extraction_future": Rule(
        "La date d'extraction est postérieure à la réception du fichier.", "Corrigez la date d'extraction."
    ),
    "version_inconnue": Rule("Cette version du modèle n'est pas connue.", "Utilisez la version 1."),
    "siren_du_dossier": Rule(
        "Le SIREN écrit dans le fichier n'est pas celui du dossier de dépôt.",
        "Déposez le fichier dans votre propre dossier.",
    ),
    "siret_d_un_autre": Rule(
        "Le fichier contient un SIRET qui n'appartient pas à l'adhérent.",
        "Retirez les lignes d'autres structures, ou demandez à la fédération d'ajouter ce SIRET à votre fiche.",
    ),
    "donnee_interdite": Rule(
        "Le fichier contient une donnée que nous ne voulons pas recevoir ({label}). Rien n'en est gardé.",
        "Retirez noms, numéros de sécurité sociale, adresses, téléphones et courriels, puis renvoyez le fichier.",
    ),
    "total_de_controle": Rule(
        "Le total de contrôle « {label} » ne correspond pas au contenu du fichier.",
        "Exportez de nouveau le fichier complet, ou corrigez le total.",
    ),
    "aucune_table": Rule("Le dépôt ne contient aucune table.", "Joignez au moins une table, par exemple contrats."),
}

#: What is repaired at reading because it can be read in one way only; the receipt says so. Code -> French sentence.
REPAIRS: dict[str, str] = {}
