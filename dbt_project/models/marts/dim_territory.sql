select
    t.territory_level,
    t.territory_code,
    t.territory_name,
    t.territory_vintage,
    l.label_fr as level_label,
    t.level_rank,
    t.population,
    t.commune_count
from {{ ref('int_territories') }} as t
inner join {{ ref('territory_levels') }} as l on t.territory_level = l.territory_level
