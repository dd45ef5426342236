select
    t.territory_level,
    t.territory_code,
    t.territory_name,
    t.territory_vintage,
    c.metric,
    c.as_of,
    c.as_of_date,
    c.edition,
    c.geography_year,
    c.numerator,
    c.denominator,
    c.value,
    c.class_label,
    c.communes_with_figure,
    t.commune_count,
    c.absence,
    c.comparability
from {{ ref('int_territory_context') }} as c
inner join {{ ref('int_territories') }} as t on c.territory_key = t.territory_key
