-- No orphan: every commune is somewhere at every level, every territory published is described, France holds
-- everybody.
select
    commune_code as code,
    cast(count(*) as string) as problem
from {{ ref('bridge_territory') }}
group by commune_code
having count(*) <> (select count(distinct territory_level) from {{ ref('bridge_territory') }})
union all
select
    f.territory_code as code,
    'not described' as problem
from {{ ref('fct_territory_metric') }} as f
left join {{ ref('dim_territory') }} as t
    on f.territory_level = t.territory_level and f.territory_code = t.territory_code
where t.territory_code is null
group by f.territory_code
union all
select
    t.territory_level as code,
    'population differs from France' as problem
from {{ ref('dim_territory') }} as t
group by t.territory_level
having sum(t.population) <> (select sum(population) from {{ ref('dim_territory') }} where territory_level = 'france')
