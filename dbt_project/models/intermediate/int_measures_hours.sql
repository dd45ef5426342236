-- Hours, pay and full-time equivalents: one row per measure × period × person × structure.
{{ config(materialized='ephemeral') }}

with months_under_agreement as (
    select
        m.*,
        s.agreed_fte
    from {{ ref('int_person_months') }} as m
    left join {{ ref('int_structures') }} as s on m.structure_key = s.structure_key
),

months as (
    {{ counted('months', 'months_under_agreement', person_keys('r', 'r.month_start')) }}
)

{{ measure_rows('months') }}
