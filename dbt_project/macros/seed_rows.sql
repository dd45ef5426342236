-- The rows a query over a small seed gives at compile time; while parsing, before the seed exists, or in a unit test that
-- gives its own, the stand-in.
{% macro seed_rows(seed_name, columns, clause, stand_in) %}
    {% set relation = ref(seed_name) %}
    {% if execute and relation.schema and adapter.get_relation(relation.database, relation.schema, relation.identifier) %}
        {{ return(run_query('select ' ~ columns ~ ' from ' ~ relation ~ ' ' ~ clause).rows) }}
    {% endif %}
    {{ return(stand_in) }}
{% endmacro %}

-- The territory levels, from the finest.
{% macro territory_levels() %}
    {{ return(seed_rows(
        'territory_levels', '*', 'order by rank',
        [{'territory_level': 'france', 'rank': 7, 'code_column': 'france_code', 'name_column': 'france_name'}]
    )) }}
{% endmacro %}

-- What the metrics read on survival curves: statistic and argument ("back" is 1 - survival). Incidences need more than
-- the curve.
{% macro distribution_readings() %}
    {% set rows = seed_rows(
        'metrics', "distinct case when statistic = 'back' then 'survival' else statistic end as statistic, argument",
        "where argument is not null and statistic <> 'incidence' order by 1, 2", [{'statistic': 'quantile', 'argument': 0.5}]
    ) %}
    {% set readings = [] %}
    {% for row in rows %}
        {% set whole = row['argument'] | int == row['argument'] | float %}
        {% do readings.append({
            'statistic': row['statistic'],
            'argument': row['argument'] | int if whole else row['argument'] | float,
        }) %}
    {% endfor %}
    {{ return(readings) }}
{% endmacro %}
