"""Contracts of reference tables: the communes of the country and the members of the federation.

Here: tables that say where and who. Not here: tables that come in a member's return (`members.py`).
"""

from contracts.table import contract

COMMUNES = contract(
    "geography", "communes",
    "Une commune actuelle et les territoires dont elle fait partie.",
    columns="code_commune* nom_commune* code_epci nom_epci code_arrondissement nom_arrondissement "
            "code_departement* nom_departement* code_region* nom_region* code_zone_emploi nom_zone_emploi "
            "population_municipale millesime*",
    key="code_commune",
    from_member=False,
)  # fmt: skip

COMMUNE_VINTAGES = contract(
    "geography", "commune_vintages",
    "Ce qu'un code de commune de chaque année depuis 2003 désigne aujourd'hui : une ligne par intervalle et commune.",
    columns="code_ancien* premier_millesime* dernier_millesime* code_commune* part* evenement*",
    key="code_ancien premier_millesime code_commune",
    from_member=False,
)  # fmt: skip

MEMBERS = contract(
    "federation",
    "members",
    "Qui peut déposer quoi : une ligne par structure d'un adhérent.",
    columns="siren_adherent* nom* siret* type_structure* region id_ges",
    key="siret type_structure",
    from_member=False,
)
