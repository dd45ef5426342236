-- One row per member × coverage set × period that its returns in force cover: every month of every quarter, for
-- every table of the set.
with quarters as (
    select distinct
        quarter_key,
        quarter_start
    from {{ ref('int_period_quarters') }}
),

months as (
    select
        q.quarter_key,
        {{ add_months('q.quarter_start', 'r.t') }} as month_start
    from quarters as q
    cross join range(0, 3) as r (t)
),

covered_quarters as (
    select
        r.member_siren,
        r.table_name,
        m.quarter_key
    from {{ ref('stg_returns__remontees') }} as r
    inner join months as m on r.period_start <= m.month_start and r.period_end >= last_day(m.month_start)
    where r.is_in_force
    group by r.member_siren, r.table_name, m.quarter_key
    having count(distinct m.month_start) = 3
),

covered_periods as (
    select
        c.member_siren,
        c.table_name,
        p.period_key
    from covered_quarters as c
    inner join {{ ref('int_period_quarters') }} as pq on c.quarter_key = pq.quarter_key
    inner join {{ ref('int_periods') }} as p on pq.period_key = p.period_key
    group by c.member_siren, c.table_name, p.period_key, p.quarter_count
    having count(*) = p.quarter_count
),

needed as (
    select
        coverage_set,
        count(*) as table_count
    from {{ ref('coverage_sets') }}
    group by coverage_set
)

select
    c.member_siren,
    {{ member_key('c.member_siren') }} as member_key,
    s.coverage_set,
    c.period_key
from covered_periods as c
inner join {{ ref('coverage_sets') }} as s on c.table_name = s.table_name
inner join needed as n on s.coverage_set = n.coverage_set
group by c.member_siren, s.coverage_set, c.period_key, n.table_count
having count(*) = n.table_count
