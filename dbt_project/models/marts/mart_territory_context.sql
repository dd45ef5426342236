-- The columns are those the model's own yaml declares after the keys: a metric is one that has its own date, and a
-- class one that has a share as well.
{% set names = model.columns.keys() | list %}
with territories as (
    select
        t.*,
        p.period_key,
        p.period_type,
        p.period
    from {{ ref('int_territories') }} as t
    cross join {{ ref('int_periods') }} as p
    where t.territory_code not in ('unknown', 'ZZZZZZZZZ')
)

select
    t.territory_level,
    t.territory_code,
    min(t.territory_name) as territory_name,
    min(t.territory_vintage) as territory_vintage,
    t.period_type,
    t.period,
    'structure' as basis,
    'all' as breakdown,
    'all' as category
    {%- for metric in names if (metric ~ '_as_of') in names %}
        {%- set is_it = "filter (where c.metric = '" ~ metric ~ "')" %},
        {%- if (metric ~ '_share') in names %}
            max(c.class_label) {{ is_it }} as {{ metric }},
            max(c.value) {{ is_it }} as {{ metric }}_share,
        {%- else %}
            max(c.value) {{ is_it }} as {{ metric }},
        {%- endif %}
        max(c.as_of) {{ is_it }} as {{ metric }}_as_of,
        max(c.edition) {{ is_it }} as {{ metric }}_vintage,
        coalesce(
            max(coalesce(c.absence, c.comparability)) {{ is_it }},
            case when max(c.value) {{ is_it }} is null then 'sans_source' end
        ) as {{ metric }}_note
    {%- endfor %}
from territories as t
left join {{ ref('int_context_periods') }} as c on t.territory_key = c.territory_key and t.period_key = c.period_key
where t.level_rank > 1 or c.territory_key is not null
group by t.territory_key, t.territory_level, t.territory_code, t.period_type, t.period
