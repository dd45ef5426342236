-- One row per territory of an existing level, the unknown one included.
select
    territory_key,
    territory_level,
    level_rank,
    territory_code,
    min(territory_name) as territory_name,
    max(vintage) as territory_vintage,
    cast(sum(population) as bigint) as population,
    count(distinct case when not is_alias and commune_code <> 'unknown' then commune_code end) as commune_count
from {{ ref('int_commune_levels') }}
group by territory_key, territory_level, level_rank, territory_code
