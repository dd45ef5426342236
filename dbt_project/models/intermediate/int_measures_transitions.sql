-- Transitions opened and moves without a day off: one row per measure × period × person × structure.
{{ config(materialized='ephemeral') }}

-- A group begun inside a spell: its first contract opens no spell.
{% set groups %}
(
    select
        g.*,
        s.first_contract_key is not null as opens_spell
    from {{ ref('int_contract_groups') }} as g
    left join {{ ref('int_spells') }} as s on g.first_contract_key = s.first_contract_key
)
{% endset %}

{{ measures_of({'transitions': ref('int_transitions'), 'moves': groups}) }}
