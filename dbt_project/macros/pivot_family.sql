-- One column a metric of a family, from the long table; the columns are those the model's own yaml declares
-- after the keys.
{% macro pivot_family(family) %}
    {% set keys = [
        'territory_level', 'territory_code', 'territory_name', 'territory_vintage',
        'period_type', 'period', 'basis', 'breakdown', 'category',
    ] %}
    select
        {{ keys | map('string') | join(', ') }}
        {%- for column in model.columns if column not in keys %},
        max(f.value) filter (where f.metric = '{{ column }}') as {{ column }}
        {%- endfor %}
    from {{ ref('fct_territory_metric') }} as f
    inner join {{ ref('dim_metric') }} as m on f.metric = m.metric
    where m.family = '{{ family }}'
    group by {{ keys | map('string') | join(', ') }}
{% endmacro %}
