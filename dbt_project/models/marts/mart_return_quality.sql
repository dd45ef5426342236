-- One row per member × period that it sent, or that was expected of it: every quarter between the first and the last
-- return of the network. A month that was sent belongs to its quarter.
{% set needed = seed_rows(
    'coverage_sets', 'distinct table_name', 'order by table_name', [{'table_name': 'contrats'}]
) %}
with quarters as (
    select
        period,
        start_date,
        end_date
    from {{ ref('int_periods') }}
    where period_type = 'quarter'
),

expected as (
    select
        m.member_siren,
        q.period,
        q.start_date,
        q.end_date
    from (select distinct member_siren from {{ ref('stg_federation__members') }}) as m
    cross join quarters as q
),

returns as (
    select
        member_siren,
        period_as_sent,
        min(period_start) as period_start,
        max(period_end) as period_end,
        count(distinct return_id) as return_count,
        count(distinct case when verdict = 'refused' then return_id end) as refused_return_count,
        count(distinct case when is_in_force then table_name end) as table_count,
        max(case when is_in_force and table_name = 'bilans' then 1 else 0 end) as has_bilans,
        max(
            case
                when
                    is_in_force
                    and table_name in ('salaries', 'contrats', 'missions', 'heures', 'sorties', 'formations')
                    then 1
                else 0
            end
        ) as has_people,
        {% for row in needed %}
            max(case when is_in_force and table_name = '{{ row['table_name'] }}' then 1 else 0 end)
                as has_{{ row['table_name'] }},
        {% endfor %}
        min(received_at) as first_received_at,
        max(received_at) as last_received_at,
        min(case when is_kept then received_at end) as first_kept_at,
        cast(sum(received_count) as bigint) as received_count,
        cast(sum(accepted_count) as bigint) as accepted_count,
        cast(sum(quarantined_count) as bigint) as quarantined_count,
        cast(sum(folded_count) as bigint) as folded_count
    from {{ ref('stg_returns__remontees') }}
    group by member_siren, period_as_sent
),

placed as (
    select
        *,
        cast(year(period_start) as string) || '-Q' || cast(quarter(period_start) as string) as period
    from returns
),

-- A member covers a quarter when what is in force of its returns speaks for each of its months.
months as (
    select
        q.period,
        {{ add_months('q.start_date', 'r.t') }} as month_start
    from quarters as q
    cross join range(0, 3) as r (t)
),

covered as (
    select
        r.member_siren,
        m.period
    from {{ ref('stg_returns__remontees') }} as r
    inner join months as m on r.period_start <= m.month_start and r.period_end >= last_day(m.month_start)
    where r.is_in_force
    group by r.member_siren, m.period
    having count(distinct m.month_start) = 3
),

network as (
    select
        e.period,
        count(*) as expected_member_count,
        count(c.member_siren) as covering_member_count
    from expected as e
    left join covered as c on e.member_siren = c.member_siren and e.period = c.period
    group by e.period
),

listed as (
    select
        member_siren,
        period_as_sent,
        period,
        period_start,
        period_end
    from placed
    union all
    select
        e.member_siren,
        cast(year(e.start_date) as string) || 'T' || cast(quarter(e.start_date) as string) as period_as_sent,
        e.period,
        e.start_date as period_start,
        e.end_date as period_end
    from expected as e
    left join (
        select distinct
            member_siren,
            period
        from placed
    ) as p
        on e.member_siren = p.member_siren and e.period = p.period
    where p.member_siren is null
),

faults as (
    select
        member_siren,
        period_as_sent,
        cast(sum(case when severity = 'error' then fault_count else 0 end) as bigint) as fault_count,
        count(distinct case when severity = 'error' then rule end) as fault_rule_count,
        cast(sum(case when severity = 'warning' then fault_count else 0 end) as bigint) as warning_count
    from {{ ref('mart_return_quality_rule') }}
    group by member_siren, period_as_sent
),

repairs as (
    select
        r.member_siren,
        r.period_as_sent,
        cast(sum(p.repaired_count) as bigint) as repair_count
    from {{ ref('stg_returns__repairs') }} as p
    inner join (
        select distinct
            member_siren,
            return_id,
            period_as_sent
        from {{ ref('stg_returns__remontees') }}
    ) as r on p.member_siren = r.member_siren and p.return_id = r.return_id
    group by r.member_siren, r.period_as_sent
),

exits as (
    select
        l.member_siren,
        l.period_as_sent,
        count(*) as exit_count,
        count(case when x.category = 'undocumented' then 1 end) as undocumented_exit_count
    from listed as l
    inner join {{ ref('int_exits') }} as x
        on l.member_siren = x.member_siren and x.exit_date between l.period_start and l.period_end
    where x.is_counted
    group by l.member_siren, l.period_as_sent
)

select
    l.member_siren,
    l.period_as_sent,
    l.period,
    l.period_start,
    l.period_end,
    e.member_siren is not null as is_expected,
    r.member_siren is not null as is_received,
    cast(l.period_end + cast(d.value as int) as date) as due_date,
    coalesce(cast(r.first_kept_at as date) <= l.period_end + cast(d.value as int), false) as is_on_time,
    coalesce(r.return_count, 0) as return_count,
    coalesce(r.refused_return_count, 0) as refused_return_count,
    coalesce(r.table_count, 0) as table_count,
    {% for row in needed %}
        (1 - coalesce(r.has_{{ row['table_name'] }}, 0)) {{ '+' if not loop.last }}
    {% endfor %}
        as missing_table_count,
    trim(
        {% for row in needed %}
            case when coalesce(r.has_{{ row['table_name'] }}, 0) = 0 then '{{ row['table_name'] }} ' else '' end
            {{ '||' if not loop.last }}
        {% endfor %}
    ) as missing_tables,
    coalesce(r.has_bilans = 1 and r.has_people = 0, false) as is_aggregates_only,
    r.first_received_at,
    r.last_received_at,
    coalesce(r.received_count, 0) as received_count,
    coalesce(r.accepted_count, 0) as accepted_count,
    coalesce(r.quarantined_count, 0) as quarantined_count,
    coalesce(r.folded_count, 0) as folded_count,
    -- Repeated lines are neither right nor wrong.
    r.accepted_count / cast(nullif(r.received_count - r.folded_count, 0) as double) as accepted_share,
    coalesce(f.fault_count, 0) as fault_count,
    coalesce(f.fault_rule_count, 0) as fault_rule_count,
    coalesce(f.warning_count, 0) as warning_count,
    coalesce(p.repair_count, 0) as repair_count,
    coalesce(x.exit_count, 0) as exit_count,
    coalesce(x.undocumented_exit_count, 0) as undocumented_exit_count,
    c.member_siren is not null as is_quarter_covered,
    coalesce(n.expected_member_count, 0) as expected_member_count,
    coalesce(n.covering_member_count, 0) as covering_member_count,
    n.covering_member_count / cast(n.expected_member_count as double) as network_coverage_share
from listed as l
left join placed as r on l.member_siren = r.member_siren and l.period_as_sent = r.period_as_sent
left join expected as e on l.member_siren = e.member_siren and l.period = e.period
left join covered as c on l.member_siren = c.member_siren and l.period = c.period
left join network as n on l.period = n.period
left join faults as f on l.member_siren = f.member_siren and l.period_as_sent = f.period_as_sent
left join repairs as p on l.member_siren = p.member_siren and l.period_as_sent = p.period_as_sent
left join exits as x on l.member_siren = x.member_siren and l.period_as_sent = x.period_as_sent
left join {{ parameter('return_due_days') }} as d on l.period_end between d.valid_from and d.valid_to
