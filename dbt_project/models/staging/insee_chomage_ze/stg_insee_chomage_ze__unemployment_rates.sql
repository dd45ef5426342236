-- One row per edition × zone d'emploi × quarter.
select
    edition,
    ze2020 as zone_emploi_code,
    trimestre as quarter,
    taux_chomage as unemployment_rate_percent
from {{ source('insee_chomage_ze', 'taux') }}
