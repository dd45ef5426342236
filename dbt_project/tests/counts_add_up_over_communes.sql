-- What adds (sums, not distinct people or structures) is, at every level and for France, the sum of its
-- communes: no level lacks a cell that communes have, or has one that they lack.
with sums as (
    select
        t.territory_level,
        f.use_key,
        f.period_key,
        f.category_key,
        sum(f.value) as value
    from {{ ref('int_cells') }} as f
    inner join {{ ref('int_territories') }} as t on f.territory_key = t.territory_key
    where f.value is not null
    group by all
),

over_communes as (
    select
        l.territory_level,
        c.use_key,
        c.period_key,
        c.category_key,
        c.value
    from sums as c
    cross join (select distinct territory_level from {{ ref('int_territories') }}) as l
    where c.territory_level = 'commune'
)

select
    coalesce(s.territory_level, c.territory_level) as territory_level,
    coalesce(s.use_key, c.use_key) as use_key,
    s.value,
    c.value as value_over_communes
from sums as s
full outer join over_communes as c
    on
        s.territory_level = c.territory_level
        and s.use_key = c.use_key
        and s.period_key = c.period_key
        and s.category_key = c.category_key
where
    s.use_key is null or c.use_key is null
    or abs(s.value - c.value) > 1e-6 * greatest(abs(s.value), 1)
