-- One row per edition × EPCI × length of registration.
select
    edition,
    epci as epci_code,
    libepci as epci_name,
    anciennete as registration_length,
    cast(demandeurs_emploi as bigint) as job_seeker_count,
    demandeurs_emploi_absence as job_seeker_absence
from {{ source('francetravail_defm_epci', 'anciennetes') }}
