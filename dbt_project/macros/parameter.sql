-- The dated values of one parameter, to join on a date between valid_from and valid_to (and on kind when it has
-- one).
{% macro parameter(name) -%}
(
    select kind, value, valid_from, coalesce(valid_to, {{ far_date() }}) as valid_to
    from {{ ref('parameters') }}
    where parameter = '{{ name }}'
)
{%- endmacro %}

-- The value of a parameter without kind on a date, written out when the model is compiled: for macros, which cannot
-- join.
{% macro parameter_on(name, date_column) -%}
case
        {%- for row in seed_rows(
            'parameters', "value, valid_from, coalesce(valid_to, " ~ far_date() ~ ") as valid_to",
            "where parameter = '" ~ name ~ "' order by valid_from",
            [{'value': 0, 'valid_from': '1900-01-01', 'valid_to': '2999-12-31'}]
        ) %}
        when {{ date_column }} between date '{{ row['valid_from'] }}' and date '{{ row['valid_to'] }}' then {{ row['value'] }}
        {%- endfor %}
    end
{%- endmacro %}
