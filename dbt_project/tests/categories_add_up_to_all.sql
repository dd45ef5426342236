-- A breakdown leaves nothing out: its categories add up to the total of the same measure, place and period. But by
-- destination, every transition is at risk of each.
with totals as (
    select
        u.source_name,
        u.coverage_set,
        u.basis,
        u.breakdown,
        f.period_key,
        f.territory_key,
        sum(f.value) as value
    from {{ ref('int_cells') }} as f
    inner join {{ ref('int_measure_uses') }} as u on f.use_key = u.use_key
    inner join {{ ref('int_territories') }} as t on f.territory_key = t.territory_key and t.territory_level = 'region'
    where u.breakdown <> 'destination'
    group by all
)

select
    b.*,
    a.value as value_of_all
from totals as b
left join totals as a
    on
        a.breakdown = 'all'
        and b.source_name = a.source_name
        and b.coverage_set = a.coverage_set
        and b.basis = a.basis
        and b.period_key = a.period_key
        and b.territory_key = a.territory_key
where abs(b.value - coalesce(a.value, 0)) > 1e-6 * greatest(abs(b.value), 1)
