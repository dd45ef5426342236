-- One row per territory with a member structure × coverage set × period × kind (and all kinds): members and structures
-- there, and those that cover it.
with present as (
    select
        t.territory_key,
        p.period_key,
        s.member_key,
        s.structure_key,
        s.kind
    from {{ ref('int_structures') }} as s
    inner join {{ ref('int_periods') }} as p on {{ overlaps('s', 'p') }}
    inner join {{ ref('int_commune_territories') }} as t on s.commune_key = t.commune_key
)

select
    p.territory_key,
    p.period_key,
    s.coverage_set,
    coalesce(p.kind, 'all') as kind,
    count(distinct p.member_key) as member_count,
    count(distinct c.member_key) as covering_member_count,
    count(distinct case when c.member_key is not null then p.structure_key end) as covering_structure_count
from present as p
cross join (select distinct coverage_set from {{ ref('coverage_sets') }}) as s
left join {{ ref('int_coverage') }} as c
    on p.member_key = c.member_key and p.period_key = c.period_key and s.coverage_set = c.coverage_set
group by grouping sets (
    (p.territory_key, p.period_key, s.coverage_set),
    (p.territory_key, p.period_key, s.coverage_set, p.kind)
)
