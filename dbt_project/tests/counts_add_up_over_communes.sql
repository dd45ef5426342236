-- What adds (sums, not distinct people or structures) is, at every level and for France, the sum of its
-- communes.
with sums as (
    select
        t.territory_level,
        f.use_key,
        f.period_key,
        f.category_key,
        sum(f.value) as value
    from {{ ref('int_cells') }} as f
    inner join {{ ref('int_territories') }} as t on f.territory_key = t.territory_key
    group by all
)

select
    l.*,
    c.value as value_over_communes
from sums as l
left join sums as c
    on
        c.territory_level = 'commune'
        and l.use_key = c.use_key
        and l.period_key = c.period_key
        and l.category_key = c.category_key
where abs(l.value - coalesce(c.value, 0)) > 1e-6 * greatest(abs(l.value), 1)
