{# Where a source is read: a folder of parquet files of the lake, settled when the model runs, so that one manifest
   serves every home. #}
{% macro source(source_name, table_name) %}
    {%- do builtins.source(source_name, table_name) -%}
    {%- set folder = env_var("TERRITOIRES_LAKE", "") ~ "/" ~ source_name ~ "/" ~ table_name -%}
    {%- if target.type == "spark" -%}
        parquet.`{{ folder }}`
    {%- else -%}
        read_parquet('{{ folder }}/*.parquet')
    {%- endif -%}
{% endmacro %}
