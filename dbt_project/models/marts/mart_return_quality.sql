with returns as (
    select
        member_siren,
        period_as_sent,
        min(period_start) as period_start,
        max(period_end) as period_end,
        count(distinct return_id) as return_count,
        count(distinct case when verdict = 'refused' then return_id end) as refused_return_count,
        count(distinct case when is_in_force then table_name end) as table_count,
        max(received_at) as last_received_at,
        cast(sum(received_count) as bigint) as received_count,
        cast(sum(accepted_count) as bigint) as accepted_count,
        cast(sum(quarantined_count) as bigint) as quarantined_count,
        cast(sum(folded_count) as bigint) as folded_count
    from {{ ref('stg_returns__remontees') }}
    group by member_siren, period_as_sent
),

faults as (
    select
        r.member_siren,
        r.period_as_sent,
        count(*) as fault_count,
        count(distinct a.rule) as fault_rule_count
    from {{ ref('stg_returns__anomalies') }} as a
    inner join (
        select distinct
            member_siren,
            return_id,
            period_as_sent
        from {{ ref('stg_returns__remontees') }}
    ) as r on a.member_siren = r.member_siren and a.return_id = r.return_id
    where not a.is_warning
    group by r.member_siren, r.period_as_sent
)

select
    r.member_siren,
    r.period_as_sent,
    r.period_start,
    r.period_end,
    r.return_count,
    r.refused_return_count,
    r.table_count,
    r.last_received_at,
    r.received_count,
    r.accepted_count,
    r.quarantined_count,
    r.folded_count,
    -- Repeated lines are neither right nor wrong.
    r.accepted_count / cast(nullif(r.received_count - r.folded_count, 0) as double) as accepted_share,
    coalesce(f.fault_count, 0) as fault_count,
    coalesce(f.fault_rule_count, 0) as fault_rule_count
from returns as r
left join faults as f on r.member_siren = f.member_siren and r.period_as_sent = f.period_as_sent
