-- The attributes a breakdown may use: a column of every measure row, of the same name as the breakdown.
{% macro breakdown_columns() %}
    {{ return(['kind', 'sex', 'age_band', 'strategy']) }}
{% endmacro %}

-- What every measure row carries: when, who, how it breaks down, where.
{% macro measure_keys() %}
    {{ return(
        ['period_key', 'member_key', 'structure_key', 'unit_key']
        + breakdown_columns()
        + ['commune_structure_key', 'commune_residence_key']
    ) }}
{% endmacro %}

-- The keys of a row about a person, for an event that falls in period alias `p`.
{% macro person_keys(row, event_date) %}
    p.period_key,
    {{ member_key(row ~ '.member_siren') }} as member_key,
    {{ row }}.structure_key,
    {{ row }}.person_key as unit_key,
    {{ row }}.kind,
    {{ row }}.sex,
    {{ age_band(row ~ '.birth_year', event_date) }} as age_band,
    cast(null as string) as strategy,
    {{ row }}.commune_structure_key,
    {{ row }}.commune_residence_key
{% endmacro %}

-- The keys of a row about a structure, an activity or an action: no person, one place.
{% macro structure_keys(row) %}
    p.period_key,
    {{ member_key(row ~ '.member_siren') }} as member_key,
    {{ row }}.structure_key,
    cast(null as bigint) as unit_key,
    {{ row }}.kind,
    cast(null as string) as sex,
    cast(null as string) as age_band,
    {{ caller() if caller else 'cast(null as string)' }} as strategy,
    {{ row }}.commune_structure_key,
    cast(null as int) as commune_residence_key
{% endmacro %}

-- Rows (measures or observations, alias r) as each use sees them: only members that cover the period for the
-- use's tables, with the use's place and category.
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
                {% for column in breakdown_columns() -%}
                    when '{{ column }}' then r.{{ column }}
                {% endfor -%}
            end
{% endmacro %}
