{# Where a source is read: a folder of parquet files of the lake, settled when the model runs, so that one manifest
   serves every home. #}
{% macro source(source_name, table_name) %}
    {%- do builtins.source(source_name, table_name) -%}
    {%- set lake = env_var("TERRITOIRES_LAKE", "") -%}
    {%- if execute and not lake -%}
        {{ exceptions.raise_compiler_error("TERRITOIRES_LAKE is not set: it names the folder of the lake.") }}
    {%- endif -%}
    {%- set folder = lake ~ "/" ~ source_name ~ "/" ~ table_name -%}
    {#- The models are written for both engines; only the way to read parquet differs. -#}
    {%- if target.type == "spark" -%}
        parquet.`{{ folder }}`
    {%- else -%}
        read_parquet('{{ folder }}/*.parquet')
    {%- endif -%}
{% endmacro %}
