-- One row per edition × commune × fourth quarter (Paris, Lyon, Marseille: the commune and its districts, both).
select
    edition,
    geographie as geography_year,
    com as commune_code,
    replace(trimestre, '-', '') as quarter,
    cast(demandeurs_emploi as bigint) as job_seeker_count,
    demandeurs_emploi_absence as job_seeker_absence
from {{ source('dares_defm', 'communes') }}
