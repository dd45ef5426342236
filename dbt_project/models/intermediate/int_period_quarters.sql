-- One row per period × quarter it holds: how a flow of a quarter reaches every period that counts it.
select
    p.period_key,
    q.last_quarter_key as quarter_key,
    q.start_date as quarter_start
from {{ ref('int_periods') }} as p
inner join {{ ref('int_periods') }} as q
    on q.quarter_count = 1 and q.start_date >= p.start_date and q.end_date <= p.end_date
