-- Structures open in the period and cooperation actions: one row per measure × period × structure (and place).
{{ config(materialized='ephemeral') }}

{% set keys_of_a_structure %}
        p.period_key,
        r.member_key,
        r.structure_key,
        cast(r.member_key as bigint) as unit_key,
        r.kind,
        cast(null as string) as sex,
        cast(null as string) as age_band,
        cast(null as string) as strategy,
        r.commune_key as commune_structure_key,
        cast(null as int) as commune_residence_key
{% endset %}

with structures as (
    {{ counted('structures', ref('int_structures'), keys_of_a_structure) }}
),

cooperations_begun as (
    {{ counted('cooperations_begun', ref('int_cooperations'), structure_keys('r')) }}
),

cooperations_in_force as (
    {{ counted('cooperations_in_force', ref('int_cooperations'), structure_keys('r')) }}
)

{{ measure_rows('structures') }}
union all
{{ measure_rows('cooperations_begun') }}
union all
{{ measure_rows('cooperations_in_force') }}
