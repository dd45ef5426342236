-- A schema is named after its layer alone (seeds, staging, intermediate, marts), whatever the target.
{% macro generate_schema_name(custom_schema_name, node) -%}
    {{ target.schema if custom_schema_name is none else custom_schema_name | trim }}
{%- endmacro %}
