-- The attributes a breakdown may use: a column of every measure row, of the same name as the breakdown.
{% macro breakdown_columns() %}
    {{ return(['kind', 'sex', 'age_band', 'strategy', 'need', 'action_type', 'rome_domain']) }}
{% endmacro %}

-- What every measure row carries: when, who, how it breaks down, where.
{% macro measure_keys() %}
    {{ return(
        ['period_key', 'member_key', 'structure_key', 'unit_key']
        + breakdown_columns()
        + ['commune_structure_key', 'commune_residence_key']
    ) }}
{% endmacro %}

{# Those of a row (alias r) of a counting in a period (alias p). #}
{% macro row_keys(name) %}
    {% set counting = countings()[name] %}
    {% set by = breakdowns_of(counting) %}
    p.period_key,
    {{ member_key('r.member_siren') }} as member_key,
    r.structure_key,
    {{ counting.unit or ('r.person_key' if counting.of_person else 'cast(null as bigint)') }} as unit_key,
    {% for column in breakdown_columns() -%}
        {{ by[column] or 'cast(null as string)' }} as {{ column }},
    {% endfor -%}
    r.commune_structure_key,
    {{ 'r.commune_residence_key' if counting.of_person else 'cast(null as int)' }} as commune_residence_key
{% endmacro %}

{# What the rows of a counting state of each breakdown: all of them a kind, those of persons sex and age at the
   event. #}
{% macro breakdowns_of(counting) %}
    {% set by = {'kind': 'r.kind'} %}
    {% if counting.of_person %}
        {% do by.update({'sex': 'r.sex', 'age_band': age_band('r.birth_year', counting.date or 'p.end_date')}) %}
    {% endif %}
    {% do by.update(counting.by or {}) %}
    {{ return(by) }}
{% endmacro %}

-- Rows (measures or observations, alias r) as each use sees them: only members that cover the period for the
-- use's tables, with the use's place and category. By destination, a row is seen once for each: what waits may end in
-- any of them.
{% macro seen_by_uses(relation, source_column) %}
    select
        r.*,
        u.use_key,
        u.is_counted,
        g.category_key,
        case u.basis when 'structure' then r.commune_structure_key else r.commune_residence_key end as commune_key
    from {{ relation }} as r
    inner join {{ ref('int_measure_uses') }} as u on r.{{ source_column }} = u.source_name
    inner join {{ ref('int_coverage') }} as c
        on u.coverage_set = c.coverage_set and r.member_key = c.member_key and r.period_key = c.period_key
    inner join {{ ref('int_categories') }} as g
        on
            u.breakdown = g.breakdown
            and g.category = case u.breakdown
                when 'all' then 'all'
                when 'destination' then g.category
                {% for column in breakdown_columns() -%}
                    when '{{ column }}' then r.{{ column }}
                {% endfor -%}
            end
{% endmacro %}
