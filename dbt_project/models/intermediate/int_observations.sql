-- One row per observed duration × period: transitions, lifetimes of activities (may be censored), lengths of
-- contract groups.
{% set keys_of_an_activity %}{% call structure_keys('r') %}r.strategy{% endcall %}{% endset %}

with transition_days as (
    {{ observed('transitions', ref('int_transitions'), person_keys('r', 'r.end_date')) }}
),

activity_days as (
    {{ observed('activities_started', ref('int_activities'), keys_of_an_activity) }}
),

contract_group_days as (
    {{ observed('groups_ended', ref('int_contract_groups'), person_keys('r', 'r.end_date')) }}
)

{% for distribution in ['transition_days', 'activity_days', 'contract_group_days'] %}
    select
        '{{ distribution }}' as distribution,
        {{ measure_keys() | join(', ') }},
        duration_days,
        is_event
    from {{ distribution }}
    {{ 'union all' if not loop.last }}
{% endfor %}
