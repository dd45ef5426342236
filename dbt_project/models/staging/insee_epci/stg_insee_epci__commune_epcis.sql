-- One row per edition × commune: its EPCI.
select
    edition,
    geographie as geography_year,
    codgeo as commune_code,
    epci as epci_code,
    libepci as epci_name
from {{ source('insee_epci', 'communes') }}
