-- One row per establishment of the newest stock; a view over tens of millions of rows, for questions, not for marts.
select
    edition,
    siren,
    siret,
    date_creation as created_on,
    date_creation_absence as created_on_absence,
    date_debut as state_since,
    date_debut_absence as state_since_absence,
    code_commune as commune_code,
    code_commune_absence as commune_code_absence,
    activite_principale as activity_code,
    nomenclature_activite as activity_nomenclature,
    etat_administratif as state,
    caractere_employeur as is_employer,
    tranche_effectifs as headcount_band,
    annee_effectifs as headcount_year,
    etablissement_siege as is_headquarters,
    statut_diffusion as diffusion
from {{ source('sirene', 'etablissements') }}
