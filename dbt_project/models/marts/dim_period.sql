select
    p.period_type,
    p.period,
    p.start_date,
    p.end_date,
    p.quarter_count,
    p.years,
    p.smic_hourly_eur,
    t.label_fr as period_type_label
from {{ ref('int_periods') }} as p
inner join {{ ref('period_types') }} as t on p.period_type = t.period_type
