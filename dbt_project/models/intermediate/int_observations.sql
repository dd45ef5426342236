-- One row per observed duration × period: transitions, lifetimes of activities (may be censored), lengths of
-- contract groups.
with transitions as (
    select
        {{ person_keys('t', 't.end_date') }},
        t.duration_days,
        t.is_event
    from {{ ref('int_transitions') }} as t
    inner join {{ ref('int_period_quarters') }} as p on {{ quarter_start('t.end_date') }} = p.quarter_start
    where t.is_in_risk_set
),

activities as (
    select
        {% call structure_keys('a') %}a.strategy{% endcall %},
        cast(least(coalesce(a.end_date, a.horizon_date), a.horizon_date) - a.start_date as int) as duration_days,
        a.is_ended as is_event
    from {{ ref('int_activities') }} as a
    inner join {{ ref('int_period_quarters') }} as p on {{ quarter_start('a.start_date') }} = p.quarter_start
    where a.start_date <= a.horizon_date
),

groups_ended as (
    select
        {{ person_keys('g', 'g.end_date') }},
        cast(g.end_date - g.start_date as int) + 1 as duration_days,
        true as is_event
    from {{ ref('int_contract_groups') }} as g
    inner join {{ ref('int_period_quarters') }} as p on {{ quarter_start('g.end_date') }} = p.quarter_start
    where g.end_date <= g.horizon_date
)

{% for distribution, relation in {
    'transition_days': 'transitions', 'activity_days': 'activities', 'contract_group_days': 'groups_ended',
}.items() %}
    select
        '{{ distribution }}' as distribution,
        {{ measure_keys() | join(', ') }},
        duration_days,
        is_event
    from {{ relation }}
    {{ 'union all' if not loop.last }}
{% endfor %}
