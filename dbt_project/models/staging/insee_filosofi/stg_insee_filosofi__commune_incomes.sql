-- One row per edition × commune.
select
    edition,
    geographie as geography_year,
    codgeo as commune_code,
    med as median_income_eur,
    med_absence as median_income_absence,
    tp60 as poverty_rate_percent,
    tp60_absence as poverty_rate_absence
from {{ source('insee_filosofi', 'communes') }}
