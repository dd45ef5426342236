with cells as (
    select
        c.*,
        p.period_type,
        p.period,
        t.territory_level,
        t.territory_code,
        t.territory_name,
        t.territory_vintage,
        v.covering_member_count / cast(nullif(v.member_count, 0) as double) as coverage_share,
        -- Nothing counted is a true zero only where a structure (of the kind shown) covers the metric's tables.
        c.is_present or coalesce(k.covering_structure_count, 0) > 0 as is_observed
    from {{ ref('int_metric_cells') }} as c
    inner join {{ ref('int_periods') }} as p on c.period_key = p.period_key
    inner join {{ ref('int_territories') }} as t on c.territory_key = t.territory_key
    left join {{ ref('int_territory_coverage') }} as v
        on
            c.territory_key = v.territory_key
            and c.period_key = v.period_key
            and c.coverage_set = v.coverage_set
            and v.kind = 'all'
    left join {{ ref('int_territory_coverage') }} as k
        on
            c.territory_key = k.territory_key
            and c.period_key = k.period_key
            and c.coverage_set = k.coverage_set
            and k.kind = case c.breakdown when 'kind' then c.category else 'all' end
),

terms as (
    select
        *,
        case
            when formula = 'distribution' then null
            when numerator_of = 'territory' and formula = 'count' then numerator
            when is_observed then coalesce(numerator, 0e0)
        end as shown_numerator,
        case
            when formula <> 'ratio' then null
            when not is_observed then null
            when denominator_of = 'territory' then denominator
            else coalesce(denominator, 0e0)
        end as shown_denominator
    from cells
),

valued as (
    select
        *,
        case formula
            when 'distribution' then estimate
            when 'count' then shown_numerator
            else shown_numerator / nullif(shown_denominator, 0e0)
        end as value
    from terms
)

select
    territory_level,
    territory_code,
    territory_name,
    territory_vintage,
    period_type,
    period,
    basis,
    breakdown,
    category,
    metric,
    shown_numerator as numerator,
    shown_denominator as denominator,
    value,
    case
        when formula = 'distribution' then estimate_low
        when interval_kind = 'wilson' then {{ wilson('value', 'shown_denominator', '-') }}
    end as ci_low,
    case
        when formula = 'distribution' then estimate_high
        when interval_kind = 'wilson' then {{ wilson('value', 'shown_denominator', '+') }}
    end as ci_high,
    people_count,
    structure_count,
    coverage_share,
    denominator_as_of,
    case when value is null then 'empty' else 'published' end as status
from valued
