-- One row per edition × EPCI or zone d'emploi: published at that level, never averaged from communes.
select
    edition,
    'epci' as territory_level,
    epci as territory_code,
    med as median_income_eur,
    med_absence as median_income_absence,
    tp60 as poverty_rate_percent,
    tp60_absence as poverty_rate_absence
from {{ source('insee_filosofi', 'epci') }}
union all
select
    edition,
    'zone_emploi' as territory_level,
    ze2020 as territory_code,
    med as median_income_eur,
    med_absence as median_income_absence,
    tp60 as poverty_rate_percent,
    tp60_absence as poverty_rate_absence
from {{ source('insee_filosofi', 'zones') }}
