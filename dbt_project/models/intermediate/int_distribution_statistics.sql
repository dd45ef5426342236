-- depends_on: {{ ref('metrics') }}
-- One row per distribution metric × stratum: quantile, survival at a day, restricted mean, incidence or median, with
-- its interval.
{% set strata = ['use_key', 'period_key', 'category_key', 'territory_key'] %}
{% set readings = distribution_readings() %}

with strata as (
    select
        {{ strata | join(', ') }},
        max(observed_value) as longest_days
    from {{ ref('int_distributions') }}
    group by all
),

curves as (
    select
        *,
        -- A step of the curve holds from its day to the day before the next.
        coalesce(lead(days) over (partition by {{ strata | join(', ') }} order by days), 1000000)
            as next_days
    from {{ ref('int_survival_curves') }}
),

read as (
    select
        {{ strata | join(', ') }},
        {% for r in readings %}
            {% if r.statistic == 'quantile' %}
                min(days) filter (where survival <= {{ 1 - r.argument }}e0 + 1e-9)
                    as value_{{ loop.index }},
                min(days) filter (where survival_low <= {{ 1 - r.argument }}e0 + 1e-9)
                    as low_{{ loop.index }},
                min(days) filter (where survival_high <= {{ 1 - r.argument }}e0 + 1e-9)
                    as high_{{ loop.index }},
            {% elif r.statistic == 'restricted_mean' %}
                least(min(days), {{ r.argument }}) + coalesce(
                    sum(survival * (least(next_days, {{ r.argument }}) - days))
                        filter (where days < {{ r.argument }}), 0e0
                ) as value_{{ loop.index }},
                cast(null as double) as low_{{ loop.index }},
                cast(null as double) as high_{{ loop.index }},
            {% elif r.statistic == 'survival' %}
                {% set holds = 'days <= ' ~ r.argument ~ ' and next_days > ' ~ r.argument %}
                max(survival) filter (where {{ holds }}) as value_{{ loop.index }},
                max(survival_low) filter (where {{ holds }}) as low_{{ loop.index }},
                max(survival_high) filter (where {{ holds }}) as high_{{ loop.index }},
            {% endif %}
        {% endfor %}
        min(survival) as last_survival
    from curves
    group by {{ strata | join(', ') }}
),

complete as (
    select
        s.use_key,
        s.period_key,
        s.category_key,
        s.territory_key,
        {% for r in readings %}
            r.value_{{ loop.index }},
            r.low_{{ loop.index }},
            r.high_{{ loop.index }},
        {% endfor %}
        s.longest_days,
        coalesce(r.last_survival, 1e0) as last_survival
    from strata as s
    left join read as r
        on
            s.use_key = r.use_key
            and s.period_key = r.period_key
            and s.category_key = r.category_key
            and s.territory_key = r.territory_key
),

-- Before the first event the curve is at 1; past the longest duration it says nothing, unless it has reached
-- zero.
estimates as (
    {% for r in readings %}
        select
            {{ strata | join(', ') }},
            '{{ r.statistic }}' as statistic,
            {{ r.argument }}e0 as argument,
            {% if r.statistic == 'quantile' %}
                cast(value_{{ loop.index }} as double) as value,
            {% else %}
                {% set last_day = r.argument - 1 if r.statistic == 'restricted_mean' else r.argument %}
                {% set before = r.argument if r.statistic == 'restricted_mean' else 1 %}
                case
                    when longest_days >= {{ last_day }} or last_survival = 0
                        then coalesce(value_{{ loop.index }}, {{ before }}e0)
                end as value,
            {% endif %}
            cast(low_{{ loop.index }} as double) as low,
            cast(high_{{ loop.index }} as double) as high
        from complete
        {{ 'union all' if not loop.last }}
    {% endfor %}
),

-- Median of observed values: mean of the two middle ones.
ranked as (
    select
        {{ strata | join(', ') }},
        observed_value,
        sum(event_count) over (
            partition by {{ strata | join(', ') }} order by observed_value
            rows between unbounded preceding and current row
        ) as up_to,
        sum(event_count) over (partition by {{ strata | join(', ') }}) as total
    from {{ ref('int_distributions') }}
    where use_key in (
        select numerator_key from {{ ref('int_metric_uses') }} where statistic = 'median'
    )
),

medians as (
    select
        {{ strata | join(', ') }},
        (
            min(observed_value) filter (where up_to * 2 >= total)
            + min(observed_value) filter (where up_to * 2 >= total + 1)
        ) / 2e0 as value
    from ranked
    group by {{ strata | join(', ') }}
)

select
    m.metric,
    e.use_key,
    e.period_key,
    e.category_key,
    e.territory_key,
    case when m.statistic = 'back' then 1e0 - e.value else e.value end as value,
    case
        when m.statistic = 'back' and e.value is not null then 1e0 - e.high
        when m.statistic = 'quantile' or e.value is not null then e.low
    end as ci_low,
    case
        when m.statistic = 'back' and e.value is not null then 1e0 - e.low
        when m.statistic = 'quantile' or e.value is not null then e.high
    end as ci_high
from estimates as e
inner join {{ ref('int_metric_uses') }} as m
    on
        e.use_key = m.numerator_key
        and e.argument = m.argument
        and e.statistic = case when m.statistic = 'back' then 'survival' else m.statistic end
union all
select
    m.metric,
    d.use_key,
    d.period_key,
    d.category_key,
    d.territory_key,
    d.value,
    cast(null as double) as ci_low,
    cast(null as double) as ci_high
from medians as d
inner join {{ ref('int_metric_uses') }} as m on d.use_key = m.numerator_key and m.statistic = 'median'
union all
select * from {{ ref('int_incidences') }}
