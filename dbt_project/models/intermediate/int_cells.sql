-- One row per use × period × category × territory: sum of the measure, distinct units (people) and structures.
-- Three additions, so that nothing is counted twice and little is carried to every level: sums (with the units
-- seen once), structures, and the units seen several times.
with seen as (
    {{ seen_by_uses(ref('int_measures'), 'measure') }}
),

sums as (
    select
        use_key,
        period_key,
        category_key,
        commune_key,
        sum(value) as value,
        count(unit_key) filter (where is_single) as unit_count
    from seen
    group by all
),

structures as (
    select distinct
        use_key,
        period_key,
        category_key,
        commune_key,
        structure_key
    from seen
    where is_counted and structure_key is not null
),

repeated_units as (
    select distinct
        use_key,
        period_key,
        category_key,
        commune_key,
        unit_key
    from seen
    where is_counted and not is_single
),

placed as (
    select
        s.use_key,
        s.period_key,
        s.category_key,
        t.territory_key,
        sum(s.value) as value,
        sum(s.unit_count) as unit_count,
        0 as structure_count
    from sums as s
    inner join {{ ref('int_commune_territories') }} as t on s.commune_key = t.commune_key
    group by all
    union all
    select
        use_key,
        period_key,
        category_key,
        territory_key,
        0e0 as value,
        0 as unit_count,
        count(*) as structure_count
    from (
        select distinct
            s.use_key,
            s.period_key,
            s.category_key,
            t.territory_key,
            s.structure_key
        from structures as s
        inner join {{ ref('int_commune_territories') }} as t on s.commune_key = t.commune_key
    ) as structures_there
    group by all
    union all
    select
        use_key,
        period_key,
        category_key,
        territory_key,
        0e0 as value,
        count(*) as unit_count,
        0 as structure_count
    from (
        select distinct
            s.use_key,
            s.period_key,
            s.category_key,
            t.territory_key,
            s.unit_key
        from repeated_units as s
        inner join {{ ref('int_commune_territories') }} as t on s.commune_key = t.commune_key
    ) as units_there
    group by all
    union all
    -- People whose months vary are known by territory already, and do not add up.
    select
        u.counted_key as use_key,
        v.period_key,
        v.category_key,
        v.territory_key,
        cast(null as double) as value,
        count(distinct v.unit_key) as unit_count,
        count(distinct v.structure_key) as structure_count
    from {{ ref('int_hours_variations') }} as v
    inner join {{ ref('int_metric_uses') }} as u on v.use_key = u.numerator_key
    group by all
)

select
    use_key,
    period_key,
    category_key,
    territory_key,
    sum(value) as value,
    cast(sum(unit_count) as bigint) as unit_count,
    cast(sum(structure_count) as bigint) as structure_count
from placed
group by all
