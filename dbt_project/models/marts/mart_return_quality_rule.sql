-- One row per member × period as sent × rule × severity: what its returns were told.
with returns as (
    select distinct
        member_siren,
        return_id,
        period_as_sent
    from {{ ref('stg_returns__remontees') }}
)

select
    r.member_siren,
    r.period_as_sent,
    a.rule,
    case when a.is_warning then 'warning' else 'error' end as severity,
    count(*) as fault_count,
    count(distinct a.return_id) as return_count
from {{ ref('stg_returns__anomalies') }} as a
inner join returns as r on a.member_siren = r.member_siren and a.return_id = r.return_id
group by r.member_siren, r.period_as_sent, a.rule, case when a.is_warning then 'warning' else 'error' end
