-- Transitions opened and moves without a day off: one row per measure × period × person × structure.
{{ config(materialized='ephemeral') }}

with transitions as (
    select
        {{ person_keys('t', 't.end_date') }},
        count(*) as opened,
        count(*) filter (where t.is_in_risk_set) as at_risk,
        count(*) filter (where t.is_in_risk_set and not t.is_event) as censored,
        count(*) filter (where not t.is_in_risk_set) as undated,
        count(*) filter (where t.is_in_risk_set and t.is_followed) as followed
    from {{ ref('int_transitions') }} as t
    inner join {{ ref('int_period_quarters') }} as p on {{ quarter_start('t.end_date') }} = p.quarter_start
    group by all
),

moves as (
    -- A group begun inside a spell: its first contract opens no spell.
    select
        {{ person_keys('g', 'g.start_date') }},
        count(*) as moves
    from {{ ref('int_contract_groups') }} as g
    inner join {{ ref('int_period_quarters') }} as p on {{ quarter_start('g.start_date') }} = p.quarter_start
    left join {{ ref('int_spells') }} as s on g.first_contract_key = s.first_contract_key
    where g.is_hire and s.person_key is null
    group by all
),

moves_and_transitions as (
    select
        {{ measure_keys() | join(', ') }},
        sum(changes) as changes
    from (
        select
            {{ measure_keys() | join(', ') }},
            opened as changes
        from transitions
        union all
        select
            {{ measure_keys() | join(', ') }},
            moves as changes
        from moves
    ) as changes_of_both
    group by all
)

{{ measure_rows('transitions', {
    'transitions_opened': 'opened',
    'transitions': 'at_risk',
    'transitions_censored': 'censored',
    'transitions_undated': 'undated',
    'transitions_followed': 'followed',
}) }}
union all
{{ measure_rows('moves', {'immediate_moves': 'moves'}) }}
union all
{{ measure_rows('moves_and_transitions', {'moves_and_transitions': 'changes'}) }}
