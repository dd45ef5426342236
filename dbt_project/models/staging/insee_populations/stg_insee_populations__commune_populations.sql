-- One row per edition × commune (Paris, Lyon, Marseille: municipal districts).
select
    edition,
    geographie as geography_year,
    com as commune_code,
    cast(pmun as bigint) as municipal_population,
    cast(ptot as bigint) as total_population
from {{ source('insee_populations', 'communes') }}
