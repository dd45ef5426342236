-- One row per commune key × territory level: the bridge every roll-up joins.
select distinct
    commune_key,
    territory_key
from {{ ref('int_commune_levels') }}
