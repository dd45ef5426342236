select
    c.member_siren,
    c.coverage_set,
    p.period_type,
    p.period
from {{ ref('int_coverage') }} as c
inner join {{ ref('int_periods') }} as p on c.period_key = p.period_key
