-- One row per structure of the federation's list.
select distinct
    siren_adherent as member_siren,
    nom as member_name,
    siret || '-' || type_structure as structure_id,
    siret,
    type_structure as kind,
    region as region_as_listed,
    id_ges as group_id
from {{ source('federation', 'members') }}
