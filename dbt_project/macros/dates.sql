-- Date arithmetic that reads the same on DuckDB and Spark.

-- Stands for "no end" wherever two ends are compared.
{% macro far_date() %}date '2999-12-31'{% endmacro %}

-- A date as stated, or none when it is one of the dates that software writes for "no end".
{% macro stated_date(date_column) -%}
nullif({{ date_column }}, (
        select max(o.open_ended_date) from {{ ref('open_ended_dates') }} as o where o.open_ended_date = {{ date_column }}
    ))
{%- endmacro %}

{% macro quarter_start(date_column) %}cast(date_trunc('quarter', {{ date_column }}) as date){% endmacro %}

-- date + n calendar months, clamped to the month's last day; n may be a column.
{% macro add_months(date_column, months) -%}
{%- set index -%}
(year({{ date_column }}) * 12 + month({{ date_column }}) - 1 + cast({{ months }} as int))
{%- endset -%}
{%- set first_day -%}
make_date(cast(floor({{ index }} / 12e0) as int), cast({{ index }} % 12 + 1 as int), 1)
{%- endset -%}
least(cast({{ first_day }} + cast(day({{ date_column }}) - 1 as int) as date), last_day({{ first_day }}))
{%- endmacro %}

-- Age band at the event: event year minus birth year.
{% macro age_band(birth_year, event_date) -%}
case
    when {{ birth_year }} is null then 'unknown'
    when year({{ event_date }}) - {{ birth_year }} < {{ parameter_on('age_middle_from', event_date) }} then 'under_26'
    when year({{ event_date }}) - {{ birth_year }} < {{ parameter_on('age_senior_from', event_date) }} then '26_49'
    else '50_plus'
end
{%- endmacro %}

-- A row with start_date and end_date (none = open, no start = since always) is alive on some day of a period.
{% macro overlaps(row, period) -%}
coalesce({{ row }}.start_date, {{ period }}.start_date) <= {{ period }}.end_date
        and coalesce({{ row }}.end_date, {{ far_date() }}) >= {{ period }}.start_date
{%- endmacro %}

{# The year that the populations of a vintage of the communes were counted for: those in force on 1 January are three
   years old. #}
{% macro population_year(vintage) -%}
    cast(cast({{ vintage }} as int) - 3 as string)
{%- endmacro %}
