-- One row per period: the quarters from the first to the last accepted return, and the four quarters ending with
-- each of them.
with bounds as (
    select
        min(period_start) as first_day,
        max(period_end) as last_day
    from {{ ref('stg_returns__remontees') }}
    where is_in_force
),

quarters as (
    select
        r.t as quarter_key,
        make_date(cast(2000 + floor(r.t / 4e0) as int), cast(r.t % 4 * 3 + 1 as int), 1) as quarter_start
    from range(0, 400) as r (t)
),

kept as (
    select
        cast(q.quarter_key as int) as quarter_key,
        q.quarter_start,
        last_day({{ add_months('q.quarter_start', 2) }}) as quarter_end,
        cast(year(q.quarter_start) as string) || '-Q' || cast(quarter(q.quarter_start) as string) as period
    from quarters as q
    inner join bounds as b
        on q.quarter_start <= b.last_day and q.quarter_start >= {{ quarter_start('b.first_day') }}
)

select
    k.quarter_key * 10 + cast(p.quarters as int) as period_key,
    p.period_type,
    k.period,
    first_quarter.quarter_start as start_date,
    k.quarter_end as end_date,
    p.years,
    cast(p.quarters as int) as quarter_count,
    k.quarter_key as last_quarter_key,
    s.smic_hourly_eur
from kept as k
cross join {{ ref('period_types') }} as p
-- A rolling year exists once its first quarter does.
inner join kept as first_quarter on k.quarter_key - cast(p.quarters as int) + 1 = first_quarter.quarter_key
left join {{ ref('smic_hourly') }} as s
    on k.quarter_end between s.valid_from and coalesce(s.valid_to, {{ far_date() }})
