-- Activities begun, ended and in force: one row per measure × period × activity group of a structure.
{{ config(materialized='ephemeral') }}

{% set keys %}{% call structure_keys('r') %}r.strategy{% endcall %}{% endset %}

with activities_started as (
    {{ counted('activities_started', ref('int_activities'), keys) }}
),

activities_ended as (
    {{ counted('activities_ended', ref('int_activities'), keys) }}
),

activities_in_force as (
    {{ counted('activities_in_force', ref('int_activities'), keys) }}
)

{{ measure_rows('activities_started') }}
union all
{{ measure_rows('activities_ended') }}
union all
{{ measure_rows('activities_in_force') }}
