-- Contracts in force, people present, hires: one row per measure × period × person × structure.
{{ config(materialized='ephemeral') }}

with in_force as (
    select
        {{ person_keys('c', 'p.end_date') }},
        count(*) as contracts,
        count(*) filter (where c.is_stable) as stable_contracts,
        count(c.weekly_hours) as contracts_stating_hours,
        sum(c.weekly_hours) as weekly_hours,
        count(*) filter (where c.weekly_hours >= f.value) as full_time_contracts,
        count(*) filter (where c.weekly_hours < s.value) as under_15h_contracts
    from {{ ref('int_contracts') }} as c
    inner join {{ ref('int_periods') }} as p
        on c.start_date <= p.end_date and coalesce(c.effective_end_date, {{ far_date() }}) >= p.end_date
    inner join {{ parameter('full_time_hours') }} as f on p.end_date between f.valid_from and f.valid_to
    inner join {{ parameter('short_time_hours') }} as s on p.end_date between s.valid_from and s.valid_to
    group by all
),

trained as (
    -- "With training hours": the training runs on a day of the period; without an end it is its first day.
    select distinct
        p.period_key,
        t.member_siren,
        w.person_key
    from {{ ref('stg_returns__trainings') }} as t
    inner join {{ ref('int_people') }} as w
        on t.member_siren = w.member_siren and t.member_person_id = w.member_person_id
    inner join {{ ref('int_periods') }} as p
        on t.start_date <= p.end_date and coalesce(t.end_date, t.start_date) >= p.start_date
    where t.hours > 0
),

present as (
    select
        {{ person_keys('c', 'p.end_date') }},
        1 as people,
        case when t.person_key is null then 0 else 1 end as trained_people
    from {{ ref('int_contracts') }} as c
    inner join {{ ref('int_periods') }} as p
        on c.start_date <= p.end_date and coalesce(c.effective_end_date, {{ far_date() }}) >= p.start_date
    left join trained as t
        on p.period_key = t.period_key and c.member_siren = t.member_siren and c.person_key = t.person_key
    group by all
),

hires as (
    select
        {{ person_keys('g', 'g.start_date') }},
        count(*) as hires,
        count(g.is_long) as hires_with_known_length,
        count(*) filter (where g.is_long) as long_hires
    from {{ ref('int_contract_groups') }} as g
    inner join {{ ref('int_period_quarters') }} as p on {{ quarter_start('g.start_date') }} = p.quarter_start
    where g.is_hire
    group by all
),

ended as (
    select
        {{ person_keys('g', 'g.end_date') }},
        count(*) as ended_groups
    from {{ ref('int_contract_groups') }} as g
    inner join {{ ref('int_period_quarters') }} as p on {{ quarter_start('g.end_date') }} = p.quarter_start
    where g.end_date <= g.horizon_date
    group by all
)

{{ measure_rows('in_force', {
    'contracts_in_force': 'contracts',
    'contracts_stable': 'stable_contracts',
    'contracts_stating_hours': 'contracts_stating_hours',
    'weekly_hours': 'weekly_hours',
    'contracts_full_time': 'full_time_contracts',
    'contracts_under_15h': 'under_15h_contracts',
}) }}
union all
{{ measure_rows('present', {'people_present': 'people', 'people_trained': 'trained_people'}) }}
union all
{{ measure_rows('hires', {
    'hires': 'hires',
    'hires_with_known_length': 'hires_with_known_length',
    'hires_long': 'long_hires',
}) }}
union all
{{ measure_rows('ended', {'contract_groups_ended': 'ended_groups'}) }}
