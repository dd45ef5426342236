-- One row per commune code a return may state (current commune, alias, unknown).
select distinct
    commune_code,
    commune_key
from {{ ref('int_commune_levels') }}
