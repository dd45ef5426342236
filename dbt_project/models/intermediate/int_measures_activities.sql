-- Activities begun, ended and in force: one row per measure × period × activity group of a structure.
{{ config(materialized='ephemeral') }}

with started as (
    select
        {% call structure_keys('a') %}a.strategy{% endcall %},
        count(*) as activities,
        count(*) filter (where a.nature = 'reprise') as takeovers,
        sum(a.initial_fte) as initial_fte
    from {{ ref('int_activities') }} as a
    inner join {{ ref('int_period_quarters') }} as p on {{ quarter_start('a.start_date') }} = p.quarter_start
    group by all
),

ended as (
    select
        {% call structure_keys('a') %}a.strategy{% endcall %},
        count(*) as activities
    from {{ ref('int_activities') }} as a
    inner join {{ ref('int_period_quarters') }} as p on {{ quarter_start('a.end_date') }} = p.quarter_start
    group by all
),

stock as (
    select
        {% call structure_keys('a') %}a.strategy{% endcall %},
        count(*) as activities,
        count(a.is_non_delocalisable) as stating_location,
        count(*) filter (where a.is_non_delocalisable) as non_delocalisable,
        sum(a.current_fte) as current_fte,
        sum(a.market_resources_eur) as market_resources,
        sum(a.non_market_resources_eur) as non_market_resources,
        sum(a.volunteer_hours * s.smic_hourly_eur) as volunteer_resources
    from {{ ref('int_activities') }} as a
    inner join {{ ref('int_periods') }} as p
        on a.start_date <= p.end_date and coalesce(a.end_date, {{ far_date() }}) >= p.end_date
    left join {{ ref('smic_hourly') }} as s
        on p.end_date between s.valid_from and coalesce(s.valid_to, {{ far_date() }})
    group by all
),

resources as (
    select
        *,
        coalesce(market_resources, 0) + coalesce(non_market_resources, 0) + coalesce(volunteer_resources, 0)
            as resources
    from stock
)

{{ measure_rows('started', {
    'activities_started': 'activities',
    'activities_taken_over': 'takeovers',
    'activities_initial_fte': 'initial_fte',
    'activities_net': 'activities',
}) }}
union all
{{ measure_rows('ended', {'activities_ended': 'activities', 'activities_net': '-activities'}) }}
union all
{{ measure_rows('resources', {
    'activities_in_force': 'activities',
    'activities_stating_location': 'stating_location',
    'activities_non_delocalisable': 'non_delocalisable',
    'activities_current_fte': 'current_fte',
    'market_resources': 'market_resources',
    'non_market_resources': 'non_market_resources',
    'volunteer_resources': 'volunteer_resources',
    'resources': 'resources',
}) }}
