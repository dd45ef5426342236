-- Transitions opened and moves without a day off: one row per measure × period × person × structure.
{{ config(materialized='ephemeral') }}

-- A group begun inside a spell is not the one that its first contract is of.
{% set groups %}
(
    select
        g.*,
        s.first_group_key is not null as opens_spell
    from {{ ref('int_contract_groups') }} as g
    left join {{ ref('int_spells') }} as s on g.group_key = s.first_group_key and g.start_date = s.start_date
)
{% endset %}

{{ measures_of({'transitions': ref('int_transitions'), 'moves': groups}) }}
