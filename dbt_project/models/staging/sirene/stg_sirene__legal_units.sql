-- One row per legal unit of the newest stock of Sirene; a view over tens of millions of rows.
select
    edition,
    siren,
    date_creation as created_on,
    date_creation_absence as created_on_absence,
    categorie_juridique as legal_category,
    activite_principale as activity_code,
    nomenclature_activite as activity_nomenclature,
    etat_administratif as state,
    economie_sociale_solidaire as is_ess,
    tranche_effectifs as headcount_band,
    annee_effectifs as headcount_year,
    nic_siege as headquarters_nic,
    statut_diffusion as diffusion
from {{ source('sirene', 'unites_legales') }}
