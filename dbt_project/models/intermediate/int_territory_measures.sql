-- One row per measure of the territory itself × territory × period × category: population, creations of establishments,
-- births and their survival, its EPCI and those with an action in force; with the date of what open data says. No
-- category: the same for all.
with covered_epcis as (
    select distinct
        l.territory_code as epci_code,
        p.period_key,
        g.category_key
    from {{ ref('int_cooperations') }} as a
    inner join {{ ref('int_periods') }} as p on {{ overlaps('a', 'p') }}
    inner join {{ ref('int_coverage') }} as c
        on
            c.coverage_set = 'cooperations'
            and c.member_key = {{ member_key('a.member_siren') }}
            and p.period_key = c.period_key
    inner join {{ ref('int_commune_levels') }} as l
        on a.commune_structure_key = l.commune_key and l.territory_level = 'epci'
    inner join {{ ref('int_categories') }} as g
        on
            g.breakdown = 'all'
            or (g.breakdown = 'kind' and a.kind = g.category)
            or (g.breakdown = 'action_type' and a.action_type = g.category)
    where l.territory_code not in ('unknown', 'ZZZZZZZZZ')
),

territory_epcis as (
    select distinct
        t.territory_key,
        l.territory_code as epci_code
    from {{ ref('int_commune_levels') }} as l
    inner join {{ ref('int_commune_territories') }} as t on l.commune_key = t.commune_key
    inner join {{ ref('int_shown_territories') }} as s on t.territory_key = s.territory_key
    where l.territory_level = 'epci' and l.territory_code not in ('unknown', 'ZZZZZZZZZ')
),

-- A category that nobody has an action of is not shown.
covered as (
    select
        t.territory_key,
        p.period_key,
        g.category_key,
        count(c.epci_code) as covered_count
    from territory_epcis as t
    cross join {{ ref('int_periods') }} as p
    cross join (
        select category_key from {{ ref('int_categories') }}
        where breakdown = 'all'
        union
        select category_key from covered_epcis
    ) as g
    left join covered_epcis as c
        on t.epci_code = c.epci_code and p.period_key = c.period_key and g.category_key = c.category_key
    group by all
)

select
    'population' as measure,
    t.territory_key,
    p.period_key,
    cast(null as int) as category_key,
    cast(t.population as double) as value,
    {{ population_year('t.territory_vintage') }} as as_of
from {{ ref('int_territories') }} as t
inner join {{ ref('int_shown_territories') }} as s on t.territory_key = s.territory_key
cross join {{ ref('int_periods') }} as p
where t.population is not null
union all
select
    'epcis' as measure,
    t.territory_key,
    p.period_key,
    cast(null as int) as category_key,
    cast(count(*) as double) as value,
    cast(null as string) as as_of
from territory_epcis as t
cross join {{ ref('int_periods') }} as p
group by t.territory_key, p.period_key
union all
select
    'epcis_covered' as measure,
    territory_key,
    period_key,
    category_key,
    cast(covered_count as double) as value,
    cast(null as string) as as_of
from covered
union all
-- Published by calendar year: set against a whole year alone.
select
    'establishment_creations' as measure,
    c.territory_key,
    c.period_key,
    cast(null as int) as category_key,
    c.value,
    c.as_of
from {{ ref('int_context_periods') }} as c
inner join {{ ref('int_periods') }} as p on c.period_key = p.period_key
where c.metric = 'establishment_creations' and c.value is not null and p.period_type = 'rolling_year'
union all
select
    measure,
    territory_key,
    period_key,
    cast(null as int) as category_key,
    value,
    as_of
from {{ ref('int_territory_births') }}
