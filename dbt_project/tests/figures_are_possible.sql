-- No share outside 0..1, no value over an empty denominator, an empty status and a reason exactly where there is
-- no value, an interval around its value.
select f.*
from {{ ref('fct_territory_metric') }} as f
inner join {{ ref('dim_metric') }} as m on f.metric = m.metric
where
    (m.unit = 'share' and (f.value < -1e-9 or f.value > 1 + 1e-9))
    or (f.denominator = 0 and f.value is not null)
    or (f.value is null and f.status = 'published')
    or (f.value is not null and f.status = 'empty')
    or (f.value is null) <> (f.absence is not null)
    or (f.coverage_share < 0 or f.coverage_share > 1)
    or (m.unit = 'share' and (f.ci_low > f.value + 1e-9 or f.ci_high < f.value - 1e-9))
