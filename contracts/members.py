"""The tables of a member's return: one contract each.

Here: columns, which are mandatory, key, references to other tables, and the rules that hold on one row. Not here:
what a column means (`fields.py`), reading cells (`parsing.py`), how many wrong rows are too many (the intake).
Row rules see two facts of the return beside its row: `date_extraction` and `periode_fin` (may be null).
"""

from datetime import date

import polars as pl

from contracts.codes import allowed_contract_types, parameter_values, seed_rows
from contracts.table import Contract, Reference, RowRule, contract

#: Real files write an open end as one of these dates.
OPEN_ENDED_DATES = tuple(date.fromisoformat(row["open_ended_date"]) for row in seed_rows("parameters/open_ended_dates"))

_STRUCTURE = Reference(("siret", "type_structure"), "structures")
_PERSON = Reference(("id_salarie",), "salaries")
_CONTRACT = Reference(("id_contrat",), "contrats")


def _ordered(start: str, end: str, code: str = "fin_avant_debut") -> RowRule:
    return RowRule(code, end, pl.col(end) >= pl.col(start))


def _not_after_extraction(column: str) -> RowRule:
    """For dates that state a fact: the end of a mission, or a job to come, may be announced."""
    known = pl.col(column) <= pl.col("date_extraction")
    if column.startswith("date_fin"):
        known |= pl.col(column).is_in(OPEN_ENDED_DATES)
    return RowRule("apres_extraction", column, known)


def _parameter(name: str) -> pl.Expr:
    """Its value on the last day of the return's period."""
    day = pl.col("periode_fin")
    values = parameter_values(name)
    return pl.coalesce(pl.when(day.is_between(first, last)).then(value) for first, last, value in values)


def _hours_fit_days() -> RowRule:
    days = (pl.col("date_fin") - pl.col("date_debut")).dt.total_days() + 1
    is_told_elsewhere = days < 1  # the end is before the start
    return RowRule("heures_impossibles", "heures", is_told_elsewhere | (pl.col("heures") <= 24.0 * days))


def _allowed_contract() -> pl.Expr:
    allowed = [f"{kind} {code}" for kind, code in sorted(allowed_contract_types())]
    return pl.concat_str("type_structure", "type_contrat", separator=" ").is_in(allowed)


STRUCTURES = contract(
    "returns", "structures",
    "Un établissement d'un type donné : SIRET et type.",
    columns="siret* type_structure* denomination commune_insee naf date_debut* date_fin etp_conventionnes "
            "id_ges",
    key="siret type_structure",
    rows=(_ordered("date_debut", "date_fin"), _not_after_extraction("date_debut")),
)  # fmt: skip

SALARIES = contract(
    "returns", "salaries",
    "Une personne en parcours chez l'adhérent.",
    columns="id_salarie* pass_iae annee_naissance* sexe* commune_residence* niveau_formation "
            "date_entree_parcours brsa ass aah deld detld rqth qpv zrr",
    key="id_salarie",
    rows=(
        _not_after_extraction("date_entree_parcours"),
        RowRule("age_improbable", "annee_naissance",
                (pl.col("periode_fin").dt.year() - pl.col("annee_naissance"))
                .is_between(_parameter("plausible_age_from"), _parameter("plausible_age_to"))),
    ),
)  # fmt: skip

CONTRATS = contract(
    "returns", "contrats",
    "Un contrat de travail.",
    columns="id_contrat* id_contrat_parent rang siret* type_structure* id_salarie* type_contrat* "
            "date_debut* date_fin_prevue date_fin_reelle duree_hebdo remuneration_brute_mensuelle "
            "code_rome commune_travail",
    key="id_contrat",
    references=(_STRUCTURE, _PERSON),
    rows=(
        _ordered("date_debut", "date_fin_prevue", "fin_prevue_avant_debut"),
        _ordered("date_debut", "date_fin_reelle"),
        _not_after_extraction("date_debut"),
        _not_after_extraction("date_fin_reelle"),
        RowRule("contrat_interdit_pour_ce_type", "type_contrat", _allowed_contract()),
    ),
)  # fmt: skip

MISSIONS = contract(
    "returns", "missions",
    "Une mission au sein d'un contrat (AI, ETTI).",
    columns="id_mission* id_contrat* date_debut* date_fin heures code_rome commune_travail",
    key="id_mission",
    references=(_CONTRACT,),
    rows=(_ordered("date_debut", "date_fin"), _not_after_extraction("date_debut"), _hours_fit_days()),
)  # fmt: skip

HEURES = contract(
    "returns", "heures",
    "Un contrat et un mois.",
    columns="id_contrat* mois* heures_travaillees* salaire_brut part_etp",
    key="id_contrat mois",
    references=(_CONTRACT,),
    rows=(
        RowRule("heures_du_mois_impossibles", "heures_travaillees",
                pl.col("heures_travaillees") <= 24.0 * pl.col("mois").dt.days_in_month()),
        _not_after_extraction("mois"),
    ),
)  # fmt: skip

SORTIES = contract(
    "returns", "sorties",
    "Une fin de parcours : une personne et une structure.",
    columns="id_salarie* siret* type_structure* date_sortie* motif date_nouvel_emploi "
            "type_nouveau_contrat duree_nouveau_contrat_mois situation_3_mois situation_6_mois",
    key="id_salarie siret type_structure",
    references=(_STRUCTURE, _PERSON),
    rows=(_not_after_extraction("date_sortie"),),
)  # fmt: skip

FORMATIONS = contract(
    "returns", "formations",
    "Une formation suivie par une personne.",
    columns="id_salarie* date_debut* date_fin heures certifiante",
    key="id_salarie date_debut",
    references=(_PERSON,),
    rows=(_ordered("date_debut", "date_fin"), _not_after_extraction("date_debut"), _hours_fit_days()),
)  # fmt: skip

ACTIVITES = contract(
    "returns", "activites",
    "Une activité créée, reprise, diversifiée ou essaimée.",
    columns="id_activite* siret* type_structure* intitule nature strategie besoin naf date_debut* "
            "date_fin motif_fin commune etp_initial etp_actuel non_delocalisable siret_activite "
            "ressources_marchandes_eur ressources_non_marchandes_eur benevolat_heures",
    key="id_activite",
    references=(_STRUCTURE,),
    rows=(_ordered("date_debut", "date_fin"), _not_after_extraction("date_debut")),
)  # fmt: skip

COOPERATIONS = contract(
    "returns", "cooperations",
    "Une action d'animation du territoire.",
    columns="id_action* siret* type_structure* type intitule date_debut* date_fin commune nb_partenaires "
            "types_partenaires",
    key="id_action",
    references=(_STRUCTURE,),
    rows=(_ordered("date_debut", "date_fin"), _not_after_extraction("date_debut")),
)  # fmt: skip

_ANNEX_NUMBER = r"^(AI|ACI|EI|EITI|ETTI)[0-9]{2}[0-9AB][0-9]{6}(?:A[0-9]+M[0-9]+)?$"

#: What was agreed, not what happened: targets. Without reference to `structures`, which a member that sends aggregates
#: alone need not send: that the SIRET is the member's is looked up in the federation's list, as for every table.
ANNEXES_FINANCIERES = contract(
    "returns", "annexes_financieres",
    "Une annexe financière : postes et taux de sortie convenus avec l'État pour une structure et une durée.",
    columns="numero_annexe* siret* type_structure* date_debut* date_fin* etp_conventionnes "
            "taux_prev_sorties_dynamiques taux_prev_sorties_durables taux_prev_sorties_transition "
            "taux_prev_sorties_positives",
    key="numero_annexe",
    rows=(
        _ordered("date_debut", "date_fin"),
        RowRule("numero_annexe_invalide", "numero_annexe",
                pl.when(pl.col("numero_annexe").is_not_null())
                .then(pl.col("type_structure") == pl.col("numero_annexe").str.extract(_ANNEX_NUMBER).fill_null(""))),
    ),
)  # fmt: skip

#: Aggregates of members that send nothing about persons; never mixed into figures made of persons.
BILANS = contract(
    "returns", "bilans",
    "Le bilan chiffré d'une structure sur une durée, sans aucune donnée nominative : ses salariés, ses sorties "
    "examinées et, parmi elles, les sorties durables, de transition et positives. Cette table peut être la seule.",
    columns="siret* type_structure* date_debut* date_fin* salaries_nombre sorties_examinees sorties_durables "
            "sorties_transition sorties_positives",
    key="siret type_structure date_debut",
    rows=(
        _ordered("date_debut", "date_fin"),
        _not_after_extraction("date_debut"),
        RowRule("sorties_au_dela_des_examinees", "sorties_examinees",
                pl.sum_horizontal("sorties_durables", "sorties_transition", "sorties_positives")
                <= pl.col("sorties_examinees")),
    ),
)  # fmt: skip

#: In the order in which they are judged: a table comes after those it refers to.
RETURN_TABLES: tuple[Contract, ...] = (
    STRUCTURES, SALARIES, CONTRATS, MISSIONS, HEURES, SORTIES, FORMATIONS, ACTIVITES, COOPERATIONS,
    ANNEXES_FINANCIERES, BILANS,
)  # fmt: skip

REMONTEES = contract(
    "returns", "remontees",
    "Le registre : une ligne par remontée et par table reçue.",
    columns="periode* periode_debut* periode_fin* recue_le* date_extraction nom_table* verdict* retenue* "
            "lignes_recues* lignes_acceptees* lignes_quarantaine* lignes_repliees* empreinte*",
    key="id_remontee nom_table",
    has_line=False,
)  # fmt: skip

ANOMALIES = contract(
    "returns",
    "anomalies",
    "Une raison d'écarter une ligne, une table ou une remontée, ou un simple avertissement ; sans aucune valeur.",
    columns="nom_table* colonne regle* gravite* message*",
    key="",
)

REPARATIONS = contract(
    "returns",
    "reparations",
    "Ce qui a été réparé à la lecture, et dit à l'adhérent : une ligne par colonne et réparation ; sans aucune valeur.",
    columns="nom_table* colonne* reparation* message* premiere_ligne* lignes_reparees*",
    key="id_remontee nom_table colonne reparation",
    has_line=False,
)
