-- One row per event that concerned a commune.
select
    edition,
    mod as event_type,
    date_eff as event_date,
    typecom_av as type_before,
    com_av as code_before,
    typecom_ap as type_after,
    com_ap as code_after
from {{ source('insee_cog', 'mouvements') }}
