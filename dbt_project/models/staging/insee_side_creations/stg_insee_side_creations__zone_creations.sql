-- One row per edition × zone d'emploi × year.
select
    edition,
    ze2020 as zone_emploi_code,
    annee as year_number,
    cast(creations_entreprises as bigint) as enterprise_creation_count,
    cast(creations_etablissements as bigint) as establishment_creation_count
from {{ source('insee_side_creations', 'zones') }}
