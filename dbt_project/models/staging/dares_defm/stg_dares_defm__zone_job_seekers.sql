-- One row per edition × zone d'emploi × quarter × length of registration.
select
    edition,
    ze2020 as zone_emploi_code,
    replace(trimestre, '-', '') as quarter,
    anciennete as registration_length,
    cast(demandeurs_emploi as bigint) as job_seeker_count,
    demandeurs_emploi_absence as job_seeker_absence
from {{ source('dares_defm', 'zones') }}
