"""Contracts of the open-data files: one per raw table, columns named as the producer names them.

Here: which columns, which are mandatory, key, what "no figure" looks like. Not here: where a file comes from and how it
is laid out (`orchestration/sources.py`), which communes a code stands for today (the warehouse).
"""

import polars as pl

from contracts.table import Contract, RowRule, contract

#: What producers write instead of a value -> why there is none. Never zero. Sirene writes a day for one it does not know.
ABSENCES = {"s": "secret", "s.s": "secret", "*": "secret", "nd": "non_disponible", "nc": "non_disponible",
            "[nd]": "masque", "1900-01-01": "inconnue"}  # fmt: skip


def _table(
    schema: str, table: str, description: str, columns: str, key: str, rows: tuple[RowRule, ...] = ()
) -> Contract:
    """An open-data table: every row says which edition it is from, and of which year its commune codes are, if it has any."""
    leading = "edition* geographie"
    return contract(
        schema, table, description,
        columns=f"{leading} {columns}", key=f"edition {key}", rows=rows, from_member=False,
    )  # fmt: skip


#: A centre has both coordinates, or is not published. Overseas communes are all around the globe; the others lie in a
#: small box, and not when their coordinates are swapped.
_IN_FRANCE = (pl.col("longitude").is_null() == pl.col("latitude").is_null()) & (
    pl.col("com").str.contains("^9[78]")
    | (pl.col("longitude").is_between(-5.5, 10) & pl.col("latitude").is_between(41, 51.5))
)  # fmt: skip


OPEN_DATA: tuple[Contract, ...] = (
    _table("insee_cog", "communes", "Les communes, communes associées, déléguées et arrondissements municipaux au 1er janvier.",
           "typecom* com* reg dep arr libelle* comparent", "typecom com"),
    _table("insee_cog", "mouvements", "Ce qui est arrivé aux communes depuis 1943 : fusions, rétablissements, changements de code.",
           "mod* date_eff* typecom_av com_av libelle_av typecom_ap com_ap libelle_ap",
           "mod date_eff typecom_av com_av typecom_ap com_ap"),
    _table("insee_zones_emploi", "communes", "La zone d'emploi 2020 de chaque commune.",
           "codgeo* libgeo ze2020* libze2020* dep reg", "codgeo"),
    _table("etalab_communes", "centres", "Le centre de chaque commune et de chaque arrondissement municipal ; vide s'il n'est pas publié.",
           "com* longitude latitude", "com", rows=(RowRule("valeur_improbable", "longitude", _IN_FRANCE),)),
    _table("insee_epci", "communes", "L'intercommunalité de chaque commune (INSEE).",
           "codgeo* libgeo epci* libepci* dep reg", "codgeo"),
    _table("insee_populations", "communes", "Populations de référence ; Paris, Lyon et Marseille par arrondissement.",
           "com* libelle pmun* pcap ptot", "com"),
    _table("insee_chomage_ze", "taux", "Taux de chômage localisé par zone d'emploi et trimestre.",
           "ze2020* libze2020 trimestre* taux_chomage", "ze2020 trimestre"),
    _table("insee_filosofi", "communes", "Niveau de vie et pauvreté par commune.",
           "codgeo* nbmenfisc nbmenfisc_absence nbpersmenfisc nbpersmenfisc_absence med med_absence tp60 tp60_absence", "codgeo"),
    _table("insee_filosofi", "epci", "Niveau de vie et pauvreté par intercommunalité.",
           "epci* nbmenfisc nbmenfisc_absence nbpersmenfisc nbpersmenfisc_absence med med_absence tp60 tp60_absence", "epci"),
    _table("insee_filosofi", "zones", "Niveau de vie et pauvreté par zone d'emploi.",
           "ze2020* nbmenfisc nbmenfisc_absence nbpersmenfisc nbpersmenfisc_absence med med_absence tp60 tp60_absence", "ze2020"),
    _table("anct_zrr", "communes", "Zones de revitalisation rurale, jusqu'au 30 juin 2024.",
           "codgeo* libgeo zrr_simp* zonage_zrr", "codgeo"),
    _table("anct_frr", "communes", "France ruralités revitalisation, depuis le 1er juillet 2024.",
           "codgeo* libgeo classement_frr*", "codgeo"),
    _table("anct_qpv", "quartiers", "Quartiers prioritaires de la politique de la ville.",
           "code_qp* lib_qp* insee_com*", "code_qp"),
    _table("urssaf_commune_ape", "emplois", "Emplois salariés et établissements du secteur privé, par commune et activité.",
           "com* code_ape* annee* etablissements effectifs_salaries", "com code_ape annee"),
    _table("insee_side_creations", "zones", "Créations d'entreprises et d'établissements par zone d'emploi.",
           "ze2020* libze2020 annee* creations_entreprises creations_etablissements", "ze2020 annee"),
    _table("insee_side_creations", "territoires", "Créations d'établissements par commune et par zonage, toutes activités.",
           "geo* geo_object* annee* creations_etablissements obs_status", "geo geo_object annee"),
    _table("dares_defm", "communes", "Demandeurs d'emploi des catégories A, B et C par commune, quatrièmes trimestres.",
           "com* trimestre* demandeurs_emploi demandeurs_emploi_absence", "com trimestre"),
    _table("dares_defm", "zones", "Demandeurs d'emploi des catégories A, B et C par zone d'emploi et ancienneté.",
           "ze2020* trimestre* anciennete* demandeurs_emploi demandeurs_emploi_absence", "ze2020 trimestre anciennete"),
    _table("francetravail_defm_epci", "anciennetes", "Demandeurs d'emploi par intercommunalité et ancienneté.",
           "epci libepci* anciennete* demandeurs_emploi demandeurs_emploi_absence", "epci libepci anciennete"),
    _table("siae", "structures", "Structures de l'insertion par l'activité économique (liste du Marché de l'inclusion).",
           "siret* kind* name* naf post_code city", "siret kind"),
    _table("emplois_inclusion", "structures",
           "Structures inscrites sur Les emplois de l'inclusion : aucune adresse électronique, aucun téléphone, aucun nom de personne.",
           "id_emplois* siret_declare* type_emplois* raison_sociale* enseigne code_postal ville dep", "id_emplois"),
    # Of Sirene neither names nor addresses are kept: those of sole traders are personal data.
    _table("sirene", "etablissements", "Les établissements, ouverts et fermés, tels qu'ils sont au jour de l'édition.",
           "siren* siret* date_creation date_creation_absence date_debut date_debut_absence code_commune code_commune_absence "
           "activite_principale nomenclature_activite etat_administratif* caractere_employeur tranche_effectifs annee_effectifs "
           "etablissement_siege statut_diffusion*", "siret"),
    _table("sirene", "unites_legales", "Les unités légales, actives et cessées, telles qu'elles sont au jour de l'édition.",
           "siren* date_creation date_creation_absence categorie_juridique activite_principale nomenclature_activite "
           "etat_administratif* economie_sociale_solidaire tranche_effectifs annee_effectifs nic_siege statut_diffusion*", "siren"),
    _table("sirene", "historique", "Les états successifs des établissements : une ligne par période.",
           "siret* date_debut date_debut_absence date_fin etat_administratif activite_principale nomenclature_activite "
           "caractere_employeur", "siret date_debut date_fin"),
    _table("sirene", "successions", "Les liens de succession entre établissements.",
           "siret_predecesseur* siret_successeur* date_lien* transfert_siege continuite_economique",
           "siret_predecesseur siret_successeur date_lien"),
    _table("sirene", "creations", "Établissements créés et leur survie, par commune, section d'activité et trimestre (calculé).",
           "date_stock* code_commune section_naf* annee* trimestre* etablissements_crees* creations_nettes* "
           "creations_employeuses* creations_ess* observables_12* survivants_12* observables_24* survivants_24* observables_36* survivants_36*",
           "code_commune section_naf trimestre"),
    _table("insee_naf", "codes", "La nomenclature d'activités française NAF rév. 2, de la division à la sous-classe.",
           "code_naf* libelle*", "code_naf"),
    _table("ess", "entreprises", "Entreprises de l'économie sociale et solidaire (liste des CRESS et d'ESS France).",
           "siren*", "siren"),
)  # fmt: skip
