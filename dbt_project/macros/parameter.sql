-- The dated values of one parameter, to join on a date between valid_from and valid_to (and on kind when it has
-- one).
{% macro parameter(name) -%}
(
    select kind, value, valid_from, coalesce(valid_to, {{ far_date() }}) as valid_to
    from {{ ref('parameters') }}
    where parameter = '{{ name }}'
)
{%- endmacro %}
