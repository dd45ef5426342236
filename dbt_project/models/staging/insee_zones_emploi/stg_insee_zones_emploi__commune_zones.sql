-- One row per edition × commune: its zone d'emploi.
select
    edition,
    geographie as geography_year,
    codgeo as commune_code,
    ze2020 as zone_emploi_code,
    libze2020 as zone_emploi_name
from {{ source('insee_zones_emploi', 'communes') }}
