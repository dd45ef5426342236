-- Ended pathways by how they ended: one row per measure × period × person × structure.
{{ config(materialized='ephemeral') }}

with exits as (
    select
        {{ person_keys('e', 'e.exit_date') }},
        count(*) as ended,
        count(*) filter (where e.category <> 'undocumented') as documented,
        count(*) filter (where e.category = 'undocumented') as undocumented,
        count(*) filter (where e.category = 'durable') as durable,
        count(*) filter (where e.category = 'transition') as transition,
        count(*) filter (where e.category = 'positive') as positive,
        count(*) filter (where e.is_dynamic) as dynamic
    from {{ ref('int_exits') }} as e
    inner join {{ ref('int_period_quarters') }} as p on {{ quarter_start('e.exit_date') }} = p.quarter_start
    where e.is_counted
    group by all
)

{{ measure_rows('exits', {
    'exits_ended': 'ended',
    'exits_documented': 'documented',
    'exits_undocumented': 'undocumented',
    'exits_durable': 'durable',
    'exits_transition': 'transition',
    'exits_positive': 'positive',
    'exits_dynamic': 'dynamic',
}) }}
