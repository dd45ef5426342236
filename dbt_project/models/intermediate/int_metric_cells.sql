-- One row per metric × territory × period × basis × breakdown × category that is shown: everything the published
-- value needs.
{{ config(materialized='ephemeral') }}
with uses as (
    select *
    from {{ ref('int_metric_uses') }}
),

-- A cell is shown for every metric of a subject as soon as one measure of the subject, or of those shown with
-- it, is there…
present as (
    select distinct
        k.spine_key,
        k.coverage_set,
        k.basis,
        c.category_key,
        c.territory_key,
        c.period_key
    from {{ ref('int_cells') }} as c
    inner join (
        {% for role in ['numerator', 'denominator', 'counted'] %}
            select
                {{ role }}_key as use_key,
                spine_key,
                coverage_set,
                basis
            from uses
            {{ 'union' if not loop.last }}
        {% endfor %}
    ) as k on c.use_key = k.use_key
),

-- … and, for the total by place of the structure, wherever a member has a structure, so that an absence is
-- visible.
located as (
    select distinct
        territory_key,
        period_key
    from {{ ref('int_territory_coverage') }}
),

spine as (
    select
        spine_key,
        category_key,
        territory_key,
        period_key
    from present
    union
    select
        u.spine_key,
        g.category_key,
        l.territory_key,
        l.period_key
    from located as l
    inner join (
        select distinct spine_key from uses where basis = 'structure' and breakdown = 'all'
    ) as u on true
    inner join {{ ref('int_categories') }} as g on g.breakdown = 'all'
    union
    select
        u.spine_key,
        g.category_key,
        p.territory_key,
        p.period_key
    from present as p
    inner join (
        select distinct
            spine_key,
            basis
        from uses
        where subject = 'territory'
    ) as u on p.basis = u.basis
    inner join {{ ref('int_categories') }} as g on g.breakdown = 'all'
),

-- What says that somebody covers the period: contracts say nothing about hours that nobody sends.
covered as (
    select distinct
        spine_key,
        coverage_set,
        category_key,
        territory_key,
        period_key
    from present
)

select
    u.metric,
    u.basis,
    u.breakdown,
    g.category,
    s.territory_key,
    s.period_key,
    u.coverage_set,
    u.formula,
    u.interval_kind,
    u.numerator_of,
    u.denominator_of,
    o.spine_key is not null as is_present,
    case u.numerator_of
        when 'sum' then n.value
        when 'sum_per_year' then n.value / p.years
        when 'units' then cast(n.unit_count as double)
        when 'structures' then cast(n.structure_count as double)
        when 'territory' then coalesce(tn.value, tna.value)
    end as numerator,
    case u.denominator_of
        when 'sum' then d.value
        when 'sum_per_year' then d.value / p.years
        when 'units' then cast(d.unit_count as double)
        when 'structures' then cast(d.structure_count as double)
        when 'period' then p.years
        when 'territory' then td.value
    end / u.scale as denominator,
    case when u.denominator_of = 'territory' then td.as_of end as denominator_as_of,
    e.value as estimate,
    e.ci_low as estimate_low,
    e.ci_high as estimate_high,
    {% for count, condition in {'people': 'u.counts_people', 'structure': 'u.counted is not null'}.items() %}
        {% set source = 'unit_count' if count == 'people' else 'structure_count' %}
        case
            when not ({{ condition }}) then null
            when u.other_counted_key is not null then coalesce(k.{{ source }}, 0)
            when u.counted_key = u.denominator_key then coalesce(d.{{ source }}, 0)
            else coalesce(n.{{ source }}, 0)
        end as {{ count }}_count{{ ',' if not loop.last }}
    {% endfor %}
from spine as s
inner join uses as u on s.spine_key = u.spine_key
inner join {{ ref('int_periods') }} as p
    on s.period_key = p.period_key and p.period_type = coalesce(u.only_period_type, p.period_type)
inner join {{ ref('int_categories') }} as g on s.category_key = g.category_key
left join covered as o
    on
        s.spine_key = o.spine_key
        and u.coverage_set = o.coverage_set
        and s.category_key = o.category_key
        and s.territory_key = o.territory_key
        and s.period_key = o.period_key
left join {{ ref('int_cells') }} as n
    on
        u.numerator_key = n.use_key
        and s.period_key = n.period_key
        and s.category_key = n.category_key
        and s.territory_key = n.territory_key
left join {{ ref('int_cells') }} as d
    on
        u.denominator_key = d.use_key
        and s.period_key = d.period_key
        and s.category_key = d.category_key
        and s.territory_key = d.territory_key
left join {{ ref('int_cells') }} as k
    on
        u.other_counted_key = k.use_key
        and s.period_key = k.period_key
        and s.category_key = k.category_key
        and s.territory_key = k.territory_key
-- A measure of the territory is of a category, or the same for all. Two joins, since one condition on both sides would
-- compare every cell with every row.
left join {{ ref('int_territory_measures') }} as tn
    on
        u.numerator = tn.measure
        and s.period_key = tn.period_key
        and s.territory_key = tn.territory_key
        and s.category_key = tn.category_key
left join {{ ref('int_territory_measures') }} as tna
    on
        u.numerator = tna.measure
        and s.period_key = tna.period_key
        and s.territory_key = tna.territory_key
        and tna.category_key is null
left join {{ ref('int_territory_measures') }} as td
    on
        u.denominator = td.measure
        and s.period_key = td.period_key
        and s.territory_key = td.territory_key
        and td.category_key is null
left join {{ ref('int_distribution_statistics') }} as e
    on
        u.metric = e.metric
        and u.numerator_key = e.use_key
        and s.period_key = e.period_key
        and s.category_key = e.category_key
        and s.territory_key = e.territory_key
