-- One row per SIREN of the list of enterprises of the social and solidarity economy.
select
    edition,
    siren
from {{ source('ess', 'entreprises') }}
