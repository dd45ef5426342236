"""What a broken rule says, in French, to the member who has to mend it.

Here: one entry per code, with the sentence, the way out and an example. Not here: how a rule is evaluated
(`parsing.py` for one cell, `members.py` for a row, the intake for a whole file), what is repaired (`repairs.py`).
Codes are stable: receipts, anomalies and statistics refer to them. The examples are shown to members and tried by the
tests: a rule without one, or one that nothing raises, fails.
"""

from dataclasses import dataclass

from contracts.codes import parameter


@dataclass(frozen=True)
class Rule:
    """`sentence` says what is wrong, `remedy` how to mend it; both may use {label} and {allowed}.

    `wrong` breaks the rule and `right` is the same mended: cells of a row of `table` (column -> text; of the sheet
    `remontee`, champ -> valeur), or a sentence where no cell shows it.
    """

    sentence: str
    remedy: str
    table: str | None = None
    wrong: dict[str, str] | str = ""
    right: dict[str, str] | str = ""


RULES: dict[str, Rule] = {
    # --- one cell ------------------------------------------------------------------------------------------
    "valeur_absente": Rule(
        "« {label} » est obligatoire.",
        "Renseignez cette cellule.",
        "contrats",
        {"date_debut": ""},
        {"date_debut": "01/02/2025"},
    ),
    "date_illisible": Rule(
        "« {label} » n'est pas une date lisible.",
        "Écrivez JJ/MM/AAAA ou AAAA-MM-JJ, avec l'année sur quatre chiffres, de 1900 à 2099.",
        "contrats",
        {"date_debut": "01/02/25"},
        {"date_debut": "01/02/2025"},
    ),
    "mois_illisible": Rule(
        "« {label} » n'est pas un mois lisible.",
        "Écrivez AAAA-MM ou MM/AAAA.",
        "heures",
        {"mois": "juillet"},
        {"mois": "2025-07"},
    ),
    "nombre_illisible": Rule(
        "« {label} » n'est pas un nombre.",
        "Écrivez un nombre, par exemple 12,5.",
        "contrats",
        {"remuneration_brute_mensuelle": "1350 €"},
        {"remuneration_brute_mensuelle": "1350"},
    ),
    "entier_illisible": Rule(
        "« {label} » n'est pas un nombre entier.",
        "Écrivez un nombre sans décimale.",
        "salaries",
        {"annee_naissance": "vers 1980"},
        {"annee_naissance": "1980"},
    ),
    "duree_illisible": Rule(
        "« {label} » n'est pas une durée.",
        "Écrivez 17,5 ou 17:30.",
        "contrats",
        {"duree_hebdo": "26 heures"},
        {"duree_hebdo": "26"},
    ),
    "booleen_illisible": Rule(
        "« {label} » doit dire oui ou non.",
        "Écrivez oui ou non.",
        "salaries",
        {"rqth": "en cours"},
        {"rqth": "non"},
    ),
    "code_inconnu": Rule(
        "« {label} » n'est pas un code connu.",
        "Valeurs admises : {allowed}.",
        "sorties",
        {"motif": "CDD long"},
        {"motif": "9"},
    ),
    "siren_invalide": Rule(
        "« {label} » n'est pas un SIREN valide.",
        "Écrivez les 9 chiffres du SIREN.",
        "members",
        {"siren_adherent": "000100017"},
        {"siren_adherent": "000100016"},
    ),
    "siret_invalide": Rule(
        "« {label} » n'est pas un SIRET valide (14 chiffres, clé de contrôle juste).",
        "Recopiez le SIRET de l'avis de situation, en texte pour garder les zéros du début.",
        "contrats",
        {"siret": "8.07469E+13"},
        {"siret": "00010001600005"},
    ),
    "pass_iae_invalide": Rule(
        "« {label} » n'a pas la forme d'un PASS IAE.",
        "Cinq lettres ou chiffres puis sept chiffres.",
        "salaries",
        {"pass_iae": "99999123"},
        {"pass_iae": "999991234567"},
    ),
    "commune_invalide": Rule(
        "« {label} » n'est pas un code commune INSEE.",
        "Cinq caractères, par exemple 76540 ou 2A004 ; pas le code postal.",
        "salaries",
        {"commune_residence": "Rouen"},
        {"commune_residence": "76540"},
    ),
    "commune_inconnue": Rule(
        "« {label} » n'est le code d'aucune commune, d'aujourd'hui ou d'autrefois.",
        "Écrivez le code INSEE, pas le code postal : 76540 pour Rouen, et non 76000 ; 99 et trois chiffres à l'étranger.",
        "salaries",
        {"commune_residence": "76000"},
        {"commune_residence": "76540"},
    ),
    "naf_invalide": Rule(
        "« {label} » n'est pas un code NAF.",
        "Quatre chiffres et une lettre, par exemple 88.99B.",
        "structures",
        {"naf": "88.99"},
        {"naf": "88.99B"},
    ),
    "naf_inconnu": Rule(
        "« {label} » n'est pas dans la nomenclature : ses deux premiers chiffres ne sont ceux d'aucune division.",
        "Recopiez le code APE de l'avis de situation, par exemple 88.99B.",
        "structures",
        {"naf": "44.99B"},
        {"naf": "88.99B"},
    ),
    "rome_invalide": Rule(
        "« {label} » n'est pas un code ROME.",
        "Une lettre et quatre chiffres, par exemple K2204.",
        "contrats",
        {"code_rome": "ménage"},
        {"code_rome": "K2204"},
    ),
    "valeur_improbable": Rule(
        "« {label} » est hors des bornes plausibles.",
        "Valeurs admises : {allowed}.",
        "contrats",
        {"duree_hebdo": "169"},
        {"duree_hebdo": "39"},
    ),
    "erreur_de_tableur": Rule(
        "« {label} » contient une erreur du tableur, pas une valeur.",
        "Corrigez la formule ou écrivez la valeur.",
        "heures",
        {"id_contrat": "#N/A"},
        {"id_contrat": "C1"},
    ),
    # --- one row -------------------------------------------------------------------------------------------
    "fin_avant_debut": Rule(
        "La fin est avant le début.",
        "Vérifiez les deux dates.",
        "contrats",
        {"date_debut": "01/07/2025", "date_fin_reelle": "30/09/2024"},
        {"date_debut": "01/07/2025", "date_fin_reelle": "30/09/2025"},
    ),
    "fin_prevue_avant_debut": Rule(
        "La fin prévue est avant le début.",
        "Vérifiez les deux dates.",
        "contrats",
        {"date_debut": "01/07/2025", "date_fin_prevue": "31/01/2025"},
        {"date_debut": "01/07/2025", "date_fin_prevue": "31/01/2026"},
    ),
    "apres_extraction": Rule(
        "Cette date est postérieure à la date d'extraction du fichier.",
        "Corrigez la date, ou la date d'extraction.",
        "sorties",
        {"date_sortie": "31/08/2052"},
        {"date_sortie": "31/08/2025"},
    ),
    "contrat_interdit_pour_ce_type": Rule(
        "Ce type de contrat n'existe pas pour ce type de structure.",
        "Vérifiez le type de contrat et le type de structure.",
        "contrats",
        {"type_structure": "ACI", "type_contrat": "CTT"},
        {"type_structure": "ACI", "type_contrat": "CDDI"},
    ),
    "heures_du_mois_impossibles": Rule(
        "Il y a plus d'heures que le mois n'en compte.",
        "Vérifiez les heures : 24 par jour du mois au plus.",
        "heures",
        {"mois": "2025-07", "heures_travaillees": "1520"},
        {"mois": "2025-07", "heures_travaillees": "152"},
    ),
    "heures_impossibles": Rule(
        "Il y a plus d'heures qu'il n'y en a entre le début et la fin.",
        "Vérifiez les heures et les dates : 24 heures par jour au plus.",
        "missions",
        {"date_debut": "01/07/2025", "date_fin": "01/07/2025", "heures": "35"},
        {"date_debut": "01/07/2025", "date_fin": "05/07/2025", "heures": "35"},
    ),
    "age_improbable": Rule(
        f"À la fin de la période, cette personne aurait moins de {parameter('plausible_age_from'):.0f} ans "
        f"ou plus de {parameter('plausible_age_to'):.0f} ans.",
        "Vérifiez l'année de naissance.",
        "salaries",
        {"annee_naissance": "2025"},
        {"annee_naissance": "1985"},
    ),
    "numero_annexe_invalide": Rule(
        "Le numéro de l'annexe financière n'a pas la forme attendue, ou n'est pas celui d'une structure de ce type.",
        "Recopiez-le de l'annexe : type de structure, département sur trois caractères, six chiffres (ACI034150012).",
        "annexes_financieres",
        {"numero_annexe": "035250012"},
        {"numero_annexe": "ACI035250012"},
    ),
    "sorties_au_dela_des_examinees": Rule(
        "Les sorties durables, de transition et positives dépassent ensemble les sorties examinées.",
        "Vérifiez les quatre nombres du bilan.",
        "bilans",
        {"sorties_examinees": "4", "sorties_durables": "5"},
        {"sorties_examinees": "4", "sorties_durables": "3"},
    ),
    # --- one row among others ------------------------------------------------------------------------------
    "cle_en_double": Rule(
        "Plusieurs lignes différentes ont la même clé ({allowed}).",
        "Gardez une seule ligne par clé.",
        "contrats",
        "deux lignes de même « id_contrat », l'une de 26 heures par semaine, l'autre de 35",
        "une seule ligne pour ce contrat",
    ),
    "reference_inconnue": Rule(
        "« {label} » ne renvoie à aucune ligne acceptée de la table « {allowed} », dans cette remontée ou dans les précédentes.",
        "Ajoutez la ligne manquante, ou corrigez l'identifiant.",
        "contrats",
        {"id_salarie": "MATRICULE-0999"},
        {"id_salarie": "MATRICULE-0001"},
    ),
    "reference_ecartee": Rule(
        "Rien à faire ici : cette ligne suit une ligne écartée de « {allowed} ».",
        "Une fois celle-là corrigée, celle-ci entre avec elle.",
        "contrats",
        "un contrat dont la ligne de « salaries » est fausse",
        "le même contrat, la ligne de « salaries » corrigée",
    ),
    "sortie_avant_contrat": Rule(
        "La sortie est datée d'avant le premier contrat connu de cette personne dans cette structure.",
        "Corrigez la date de sortie ou celle du contrat ; s'il manque un contrat plus ancien, ajoutez-le à « contrats ».",
        "sorties",
        "une sortie le 31/01/2025, pour un contrat commencé le 01/02/2025",
        "la sortie le 31/08/2025",
    ),
    "mission_avant_contrat": Rule(
        "La mission commence avant le contrat auquel elle renvoie.",
        "Vérifiez les deux dates de début, ou l'identifiant du contrat.",
        "missions",
        "une mission commencée le 15/01/2025, dans un contrat commencé le 01/02/2025",
        "la mission commencée le 15/02/2025",
    ),
    "contrats_en_boucle": Rule(
        "Ce contrat se renouvelle lui-même : de parent en parent, on revient à lui.",
        "Corrigez le contrat parent ; un contrat initial n'en a pas.",
        "contrats",
        "le contrat C1, de contrat parent C1",
        "le contrat C1, sans contrat parent",
    ),
    "personne_effacee": Rule(
        "Cette personne a demandé que ses données soient effacées : ses lignes ne sont pas reçues.",
        "Ne l'envoyez plus. Cette ligne ne compte pas parmi les lignes fausses.",
        None,
        "une ligne d'une personne que la fédération a effacée, envoyée de nouveau",
        "la même remontée sans cette personne",
    ),
    # --- one row among others, accepted all the same ---------------------------------------------------------
    "sortie_sans_contrat": Rule(
        "Aucun contrat de cette personne dans cette structure n'est connu à la date de cette sortie ou avant.",
        "Si le contrat n'a jamais été envoyé, ajoutez-le à « contrats » ; sinon vérifiez le SIRET, le type et la date.",
        "sorties",
        "la sortie d'une personne qui n'a aucun contrat",
        "la même sortie, et son contrat dans « contrats »",
    ),
    "mission_apres_contrat": Rule(
        "La mission finit après la fin du contrat auquel elle renvoie.",
        "Vérifiez les deux dates de fin ; si le contrat a été prolongé, envoyez sa nouvelle fin.",
        "missions",
        "une mission finie le 28/02/2026, dans un contrat fini le 31/01/2026",
        "la mission finie le 31/01/2026",
    ),
    "heures_hors_contrat": Rule(
        "Ce contrat n'était en vigueur aucun jour de ce mois.",
        "Vérifiez le mois et les dates du contrat ; s'il a été prolongé, envoyez sa nouvelle fin.",
        "heures",
        "des heures de janvier 2025, pour un contrat commencé le 01/02/2025",
        "les heures de février 2025",
    ),
    "contrat_parent_inconnu": Rule(
        "Le contrat parent ne figure ni dans cette remontée ni dans les précédentes.",
        "Ajoutez le contrat parent à « contrats », ou corrigez son identifiant.",
        "contrats",
        "le contrat C1, de contrat parent C0, sans contrat C0 nulle part",
        "le contrat C1, sans contrat parent",
    ),
    "renouvellement_sans_origine": Rule(
        "Le rang annonce un renouvellement, mais aucun contrat plus ancien de cette personne dans cette structure n'est connu.",
        "Ajoutez le contrat initial à « contrats », ou mettez le rang à 0.",
        "contrats",
        "le seul contrat d'une personne, de rang 1",
        "le même contrat, de rang 0",
    ),
    "fait_contredit_avant": Rule(
        "« {label} » n'est pas ce que vous aviez déclaré pour cette personne dans une autre période.",
        "Vérifiez ; la valeur de la période la plus récente est retenue.",
        "salaries",
        "née en 1985 dans la remontée de 2025T2, en 1958 dans celle de 2025T3",
        "née en 1985 dans les deux",
    ),
    "fait_contredit_ailleurs": Rule(
        "« {label} » diffère de ce qu'un autre adhérent déclare pour cette personne (même PASS IAE).",
        "Vérifiez la valeur et le numéro de PASS IAE ; si les deux sont justes, il n'y a rien à faire.",
        "salaries",
        "née en 1985 chez vous, en 1958 chez un autre adhérent",
        "née en 1985 chez les deux",
    ),
    "pass_iae_partage": Rule(
        "Vous donnez ce PASS IAE à deux personnes (deux identifiants de salarié différents).",
        "Vérifiez le numéro ; si c'est la même personne, gardez un seul identifiant.",
        "salaries",
        "les salariés S1 et S2, de même numéro de PASS IAE",
        "un numéro pour chacun",
    ),
    # --- one table, accepted all the same --------------------------------------------------------------------
    "contrats_non_repetes": Rule(
        "Des contrats encore ouverts à la fin de votre remontée précédente ne sont pas dans celle-ci : {label}.",
        "S'ils ont pris fin, envoyez leur date de fin réelle ; sinon renvoyez-les : ils restent tels que déclarés.",
        "contrats",
        "un contrat sans fin en 2025T2, absent de 2025T3",
        "le même contrat en 2025T3, avec ou sans date de fin",
    ),
    "lignes_orphelines": Rule(
        "Cette remontée remplace la précédente et en retire des lignes de « {allowed} » auxquelles renvoyaient des lignes "
        "déjà acceptées ({label}) : celles-ci ne comptent plus.",
        "Si ce retrait est voulu, il n'y a rien à faire ; sinon renvoyez la période avec les lignes qui manquent.",
        "structures",
        "une structure retirée par la correction, alors que des contrats déjà acceptés y renvoient",
        "la correction avec cette structure",
    ),
    # --- one table -----------------------------------------------------------------------------------------
    "colonne_absente": Rule(
        "La colonne « {label} » manque dans la table.",
        "Ajoutez la colonne, avec ce nom exact.",
        "salaries",
        "une table « salaries » sans colonne « sexe »",
        "la même, avec la colonne « sexe »",
    ),
    "colonne_en_double": Rule(
        "La colonne « {label} » est plusieurs fois dans la table, avec des valeurs différentes.",
        "Gardez une seule colonne de ce nom.",
        "salaries",
        "une table « salaries » avec deux colonnes « sexe » qui ne disent pas la même chose",
        "la même, avec une seule colonne « sexe », ou deux qui disent la même chose",
    ),
    "table_refusee": Rule(
        "Plus de {allowed} des lignes de cette table sont écartées ({label}) : la table entière est refusée.",
        "Corrigez les lignes signalées et renvoyez la remontée ; les données d'avant restent en vigueur.",
        "sorties",
        "1 ligne fausse sur les 5 de la table",
        "1 ligne fausse sur 10 : elle seule est écartée",
    ),
    "remontee_refusee": Rule(
        "Plus de {allowed} des lignes de cette remontée sont écartées ({label}) : la remontée entière est refusée.",
        "Corrigez les lignes signalées et renvoyez la remontée ; les données d'avant restent en vigueur.",
        None,
        "la table des heures est refusée, et c'est une grande part des lignes du fichier",
        "une petite table est refusée : les autres entrent",
    ),
    # --- one file ------------------------------------------------------------------------------------------
    "adherent_inconnu": Rule(
        "Ce dossier de dépôt n'est pas celui d'un adhérent connu.",
        "Contactez la fédération pour être inscrit.",
        None,
        "un fichier déposé dans un dossier qui n'est celui d'aucun adhérent",
        "le même, dans votre dossier",
    ),
    "fichier_illisible": Rule(
        "Le fichier ne peut pas être lu : {label}.",
        "Enregistrez-le de nouveau en .xlsx ou .ods, ou en .zip de fichiers CSV.",
        None,
        "une archive coupée pendant l'envoi",
        "la même archive, entière",
    ),
    "fichier_trop_gros": Rule(
        "Le dépôt est trop gros : {label}. Il n'a pas été lu, et rien n'en est gardé.",
        "Envoyez une remontée par période, sans autre document, en .zip de fichiers CSV.",
        None,
        "la sauvegarde entière du logiciel",
        "le seul export de la période",
    ),
    "trop_de_fichiers": Rule(
        "Il y a trop de fichiers : {label}. Rien n'en est gardé.",
        "Envoyez une remontée à la fois : un classeur, ou un fichier par table.",
        None,
        "un dossier de plusieurs centaines de fichiers",
        "un fichier par table",
    ),
    "trop_de_colonnes": Rule(
        "Il y a trop de colonnes : {label}.",
        "Ne gardez que les colonnes du modèle, ou de l'export de votre logiciel.",
        None,
        "une feuille de plusieurs milliers de colonnes",
        "les seules colonnes du modèle",
    ),
    "trop_de_lignes": Rule(
        "Il y a trop de lignes, ou de cellules : {label}.",
        "Supprimez les lignes et colonnes vides, ou envoyez une remontée par période, en .zip de fichiers CSV.",
        None,
        "une feuille dont des millions de lignes vides sont mises en forme",
        "la même feuille, lignes vides supprimées",
    ),
    "archive_piegee": Rule(
        "Le fichier est construit d'une façon qui n'est pas celle d'un logiciel de bureau : {label}.",
        "Enregistrez de nouveau le classeur dans un tableur, ou mettez les fichiers CSV directement dans un seul .zip.",
        None,
        "une archive qui en contient d'autres, les unes dans les autres",
        "les fichiers CSV directement dans une seule archive",
    ),
    "pas_un_fichier_ordinaire": Rule(
        "Le dépôt contient autre chose que des fichiers : {label}. Rien n'en a été lu ni gardé.",
        "Déposez une copie des fichiers eux-mêmes, pas un lien ni un raccourci.",
        None,
        "un raccourci vers un fichier",
        "une copie du fichier",
    ),
    "table_en_double": Rule(
        "La table « {label} » est là deux fois.",
        "Gardez une seule feuille ou un seul fichier par table.",
        "contrats",
        "deux fichiers « contrats » dans la même archive",
        "un seul fichier « contrats »",
    ),
    "entete_absente": Rule(
        "La feuille ou le fichier « remontee » manque ou ne dit pas « {label} ».",
        "Ajoutez « remontee » avec deux colonnes, champ et valeur : siren_adherent, periode, version_modele, date_extraction.",
        "remontee",
        {"periode": ""},
        {"periode": "2025T3"},
    ),
    "periode_illisible": Rule(
        "La période n'est pas lisible.",
        "Écrivez un trimestre (2025T3) ou un mois (2025-09).",
        "remontee",
        {"periode": "été 2025"},
        {"periode": "2025T3"},
    ),
    "periode_impossible": Rule(
        "La période « {label} » n'est pas possible : elle commence après le jour de réception, "
        f"ou avant {parameter('first_period_year'):.0f}.",
        "Corrigez la période.",
        "remontee",
        {"periode": "2052T3"},
        {"periode": "2025T3"},
    ),
    "extraction_illisible": Rule(
        "La date d'extraction n'est pas lisible.",
        "Écrivez JJ/MM/AAAA ou AAAA-MM-JJ dans la feuille « remontee ».",
        "remontee",
        {"date_extraction": "hier"},
        {"date_extraction": "01/10/2025"},
    ),
    "extraction_future": Rule(
        "La date d'extraction est postérieure à la réception du fichier.",
        "Corrigez la date d'extraction.",
        "remontee",
        {"date_extraction": "01/10/2052"},
        {"date_extraction": "01/10/2025"},
    ),
    "version_inconnue": Rule(
        "Cette version du modèle n'est pas connue.",
        "Utilisez la version 1.",
        "remontee",
        {"version_modele": "9"},
        {"version_modele": "1"},
    ),
    "vue_absente": Rule(
        "L'export contient une vue qui ne peut pas être lue sans une autre : {label}.",
        "Joignez la vue manquante, du même export, au même dépôt.",
        None,
        "la vue « ContratMission » sans la vue « Structure »",
        "les deux vues dans le même dépôt",
    ),
    "siren_du_dossier": Rule(
        "Le SIREN écrit dans le fichier n'est pas celui du dossier de dépôt.",
        "Déposez le fichier dans votre propre dossier.",
        "remontee",
        {"siren_adherent": "000200022"},
        {"siren_adherent": "000100016"},
    ),
    "siret_d_un_autre": Rule(
        "Le fichier contient un SIRET qui n'appartient pas à l'adhérent.",
        "Retirez les lignes d'autres structures, ou demandez à la fédération d'ajouter ce SIRET à votre fiche.",
        "structures",
        {"siret": "00020002200002"},
        {"siret": "00010001600005"},
    ),
    "donnee_interdite": Rule(
        "Le fichier contient une donnée que nous ne voulons pas recevoir ({label}). Rien n'en est gardé.",
        "Retirez noms, numéros de sécurité sociale, adresses, téléphones et courriels, puis renvoyez le fichier.",
        "salaries",
        "une colonne « nom »",
        "la même table sans cette colonne",
    ),
    "total_de_controle": Rule(
        "Le total de contrôle « {label} » ne correspond pas au contenu du fichier.",
        "Exportez de nouveau le fichier complet, ou corrigez le total.",
        "remontee",
        {"lignes_contrats": "21"},
        {"lignes_contrats": "20"},
    ),
    "aucune_table": Rule(
        "Le dépôt ne contient aucune table.",
        "Joignez au moins une table, par exemple contrats.",
        "remontee",
        "la feuille « remontee » seule",
        "la feuille « remontee » et la table « contrats »",
    ),
    # --- one correction, sent back --------------------------------------------------------------------------
    "correction_inconnue": Rule(
        "La remontée à corriger, écrite en face de « corrige », n'est pas connue.",
        "Repartez du classeur de correction de votre accusé de réception, sans changer sa feuille « remontee ».",
        None,
        "un numéro de remontée recopié à la main, avec une faute",
        "la feuille « remontee » du classeur de correction, telle quelle",
    ),
    "correction_d_un_autre": Rule(
        "La remontée à corriger est celle d'un autre adhérent.",
        "Déposez la correction dans le dossier de cet adhérent.",
        None,
        "le classeur de correction d'un adhérent, déposé dans le dossier d'un autre",
        "le même, dans le dossier de cet adhérent",
    ),
    "correction_sans_original": Rule(
        "La remontée à corriger n'a pas été conservée : il n'y a plus rien à compléter.",
        "Renvoyez la remontée entière, corrigée.",
        None,
        "la correction d'un fichier qui contenait des noms : rien n'en a été gardé",
        "le fichier entier, sans les noms",
    ),
    "correction_depassee": Rule(
        "La remontée à corriger a déjà été remplacée par la remontée {label} : cette correction l'annulerait.",
        "Repartez du classeur de correction de la remontée la plus récente, ou renvoyez la remontée entière.",
        None,
        "le classeur d'un accusé de janvier, alors que la remontée a été refaite en février",
        "le classeur de l'accusé de février",
    ),
    "correction_trop_longue": Rule(
        "Trop de corrections se suivent sur la même remontée.",
        "Renvoyez la remontée entière, corrigée.",
        None,
        "la correction d'une correction d'une correction…",
        "la remontée entière, corrigée",
    ),
    "correction_autre_periode": Rule(
        "La période de la correction n'est pas celle de la remontée à corriger ({label}).",
        "Remettez la période d'origine dans la feuille « remontee » ; pour une autre période, envoyez une autre remontée.",
        None,
        "le classeur de 2025T3, où la période est devenue 2025T4",
        "le classeur de 2025T3, période inchangée",
    ),
    "correction_ligne_inconnue": Rule(
        "Cette ligne n'est pas dans la remontée à corriger.",
        "Remettez le numéro d'origine dans la colonne « ligne », ou videz-le si la ligne est à ajouter.",
        None,
        "ligne 900, quand le fichier en avait 200",
        "ligne 90 ; ou pas de numéro, pour une ligne à ajouter",
    ),
    "correction_ligne_en_double": Rule(
        "Cette ligne est corrigée deux fois dans le classeur.",
        "Gardez une seule rangée par numéro ; videz le numéro d'une ligne à ajouter.",
        None,
        "deux rangées de numéro 12",
        "une seule rangée de numéro 12",
    ),
    "correction_masquee": Rule(
        "Une cellule masquée (•••) est sur une ligne ajoutée : elle n'a pas de valeur d'origine.",
        "Écrivez la valeur en toutes lettres.",
        None,
        "une ligne sans numéro où le salarié est •••",
        "la même ligne, avec l'identifiant du salarié",
    ),
    "correction_sans_remontee": Rule(
        "Ce classeur de correction ne dit plus quelle remontée il corrige.",
        "Remettez « corrige » et son numéro dans la feuille « remontee », ou repartez du classeur de l'accusé de réception.",
        None,
        "une feuille « remontee » sans « corrige »",
        "la feuille « remontee » du classeur, telle quelle",
    ),
}
