-- Structures open in the period and cooperation actions: one row per measure × period × structure (and place).
{{ config(materialized='ephemeral') }}

with structures as (
    select
        p.period_key,
        s.member_key,
        s.structure_key,
        cast(s.member_key as bigint) as unit_key,
        s.kind,
        cast(null as string) as sex,
        cast(null as string) as age_band,
        cast(null as string) as strategy,
        s.commune_key as commune_structure_key,
        cast(null as int) as commune_residence_key,
        s.agreed_fte
    from {{ ref('int_structures') }} as s
    inner join {{ ref('int_periods') }} as p on {{ overlaps('s', 'p') }}
),

begun as (
    select
        {{ structure_keys('c') }},
        count(*) as actions,
        sum(c.partner_count) as partners
    from {{ ref('int_cooperations') }} as c
    inner join {{ ref('int_period_quarters') }} as p on {{ quarter_start('c.start_date') }} = p.quarter_start
    group by all
),

in_force as (
    select
        {{ structure_keys('c') }},
        count(*) as actions,
        count(*) filter (
            where c.action_type = 'instance' and coalesce(c.end_date, {{ far_date() }}) >= p.end_date
        ) as seats
    from {{ ref('int_cooperations') }} as c
    inner join {{ ref('int_periods') }} as p on {{ overlaps('c', 'p') }}
    group by all
)

{{ measure_rows('structures', {'structures': '1', 'agreed_fte': 'agreed_fte'}) }}
union all
{{ measure_rows('begun', {'cooperations_begun': 'actions', 'cooperation_partners': 'partners'}) }}
union all
{{ measure_rows('in_force', {'cooperations_in_force': 'actions', 'local_body_seats': 'seats'}) }}
