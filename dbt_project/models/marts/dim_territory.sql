-- A département or a région is given where the territory lies in one alone.
with above as (
    select
        t.territory_key,
        u.territory_level,
        case when count(distinct u.territory_code) = 1 then min(u.territory_code) end as code
    from {{ ref('int_commune_levels') }} as t
    inner join {{ ref('int_commune_levels') }} as u
        on t.commune_key = u.commune_key and u.territory_level in ('departement', 'region') and not u.is_alias
    where not t.is_alias and t.commune_code <> 'unknown' and u.commune_code <> 'unknown'
    group by t.territory_key, u.territory_level
)

select
    t.territory_level,
    t.territory_code,
    t.territory_name,
    t.territory_vintage,
    l.label_fr as level_label,
    t.level_rank,
    t.population,
    t.commune_count,
    d.code as departement_code,
    r.code as region_code
from {{ ref('int_territories') }} as t
inner join {{ ref('territory_levels') }} as l on t.territory_level = l.territory_level
left join above as d on t.territory_key = d.territory_key and d.territory_level = 'departement'
left join above as r on t.territory_key = r.territory_key and r.territory_level = 'region'
