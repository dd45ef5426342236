with cells as (
    select
        c.*,
        p.period_type,
        p.period,
        t.territory_level,
        t.territory_code,
        t.territory_name,
        t.territory_vintage,
        {{ parameter_on('few_people_count', 'p.end_date') }} as few_people_count,
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
            -- Of a figure of the place that nobody gives, no part is known.
            when is_observed and (numerator_of <> 'territory' or denominator is not null) then coalesce(numerator, 0e0)
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
),

figures as (
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
        -- What a share of the territory's own (births, EPCI) rests on is its denominator.
        case
            when formula <> 'count' and value is not null
                then case
                    when numerator_of = 'territory' then shown_denominator
                    else coalesce(people_count, structure_count)
                end < few_people_count
        end as is_fragile,
        case
            when value is not null then null
            when formula = 'count' and numerator_of = 'territory' then 'sans_donnee_ouverte'
            when not is_observed then 'non_couvert'
            when formula = 'distribution' and coalesce(people_count, structure_count) > 0 then 'courbe_trop_courte'
            when denominator_of = 'territory' and shown_denominator is null then 'sans_donnee_ouverte'
            else 'rien_a_compter'
        end as absence
    from valued
),

-- Women and men side by side: what is known of the total, and the two values.
sexes as (
    select
        f.territory_level,
        f.territory_code,
        f.territory_name,
        f.territory_vintage,
        f.period_type,
        f.period,
        f.basis,
        g.metric,
        g.interval_kind,
        count(*) filter (where f.breakdown = 'all') as total_count,
        max(f.people_count) filter (where f.breakdown = 'all') as people_count,
        max(f.structure_count) filter (where f.breakdown = 'all') as structure_count,
        max(f.coverage_share) filter (where f.breakdown = 'all') as coverage_share,
        {% for column in ['value', 'ci_low', 'ci_high'] %}
            max(f.{{ column }}) filter (where f.category = 'F') as f_{{ column }},
            max(f.{{ column }}) filter (where f.category = 'H') as h_{{ column }},
        {% endfor %}
        count(*) filter (where f.is_fragile and f.category in ('F', 'H')) > 0 as is_fragile
    from figures as f
    inner join {{ ref('metrics') }} as g on f.metric = g.numerator and g.formula = 'gap'
    where f.breakdown in ('all', 'sex')
    group by all
),

gaps as (
    select
        *,
        f_value - h_value as value
    from sexes
    where total_count > 0
)

select
    *,
    case when value is null then 'empty' else 'published' end as status
from figures
union all
select
    territory_level,
    territory_code,
    territory_name,
    territory_vintage,
    period_type,
    period,
    basis,
    'all' as breakdown,
    'all' as category,
    metric,
    cast(null as double) as numerator,
    cast(null as double) as denominator,
    value,
    -- Newcombe: each side's own interval, from its own value.
    case
        when interval_kind = 'newcombe'
            then value - sqrt(power(f_value - f_ci_low, 2) + power(h_ci_high - h_value, 2))
    end as ci_low,
    case
        when interval_kind = 'newcombe'
            then value + sqrt(power(f_ci_high - f_value, 2) + power(h_value - h_ci_low, 2))
    end as ci_high,
    people_count,
    structure_count,
    coverage_share,
    cast(null as string) as denominator_as_of,
    case when value is not null then is_fragile end as is_fragile,
    case when value is null then 'terme_absent' end as absence,
    case when value is null then 'empty' else 'published' end as status
from gaps
