-- Faults and warnings by rule add up to those of their member and period, and no rule is told of a period unlisted.
select
    r.member_siren,
    r.period_as_sent
from {{ ref('mart_return_quality_rule') }} as r
left join {{ ref('mart_return_quality') }} as q
    on r.member_siren = q.member_siren and r.period_as_sent = q.period_as_sent
group by r.member_siren, r.period_as_sent, q.fault_count, q.warning_count
having coalesce(q.fault_count + q.warning_count, -1) <> sum(r.fault_count)
