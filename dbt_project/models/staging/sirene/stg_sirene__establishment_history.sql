-- One row per establishment × period of its states; a view over tens of millions of rows.
select
    edition,
    siret,
    date_debut as first_day,
    date_debut_absence as first_day_absence,
    date_fin as last_day,
    etat_administratif as state,
    activite_principale as activity_code,
    nomenclature_activite as activity_nomenclature,
    caractere_employeur as is_employer
from {{ source('sirene', 'historique') }}
