-- Transitions opened and moves without a day off: one row per measure × period × person × structure.
{{ config(materialized='ephemeral') }}

with transitions as (
    {{ counted('transitions', ref('int_transitions'), person_keys('r', 'r.end_date')) }}
),

-- A group begun inside a spell: its first contract opens no spell.
groups as (
    select
        g.*,
        s.first_contract_key is not null as opens_spell
    from {{ ref('int_contract_groups') }} as g
    left join {{ ref('int_spells') }} as s on g.first_contract_key = s.first_contract_key
),

moves as (
    {{ counted('moves', 'groups', person_keys('r', 'r.start_date')) }}
)

{{ measure_rows('transitions') }}
union all
{{ measure_rows('moves') }}
