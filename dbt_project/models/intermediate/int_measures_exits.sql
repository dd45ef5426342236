-- Ended pathways by how they ended: one row per measure × period × person × structure.
{{ config(materialized='ephemeral') }}

with exits as (
    {{ counted('exits', ref('int_exits'), person_keys('r', 'r.exit_date')) }}
)

{{ measure_rows('exits') }}
