-- One row per incidence metric × stratum: Aalen–Johansen share that ended in the category's cause by the day asked,
-- among all at risk, with its interval (Aalen's variance, log-log).
-- A stratum here is one destination of a risk set: it holds every observation of the set, whatever ended it.
{% set strata = ['use_key', 'period_key', 'category_key', 'territory_key'] %}

with asked as (
    select
        metric,
        numerator_key as use_key,
        argument
    from {{ ref('int_metric_uses') }}
    where statistic = 'incidence'
),

distributions as (
    select
        a.metric,
        a.argument,
        d.*,
        coalesce(d.cause = g.category, false) as is_of_category
    from {{ ref('int_distributions') }} as d
    inner join asked as a on d.use_key = a.use_key
    inner join {{ ref('int_categories') }} as g on d.category_key = g.category_key
),

strata as (
    select
        metric,
        argument,
        {{ strata | join(', ') }},
        max(observed_value) as longest_days
    from distributions
    group by all
),

of_category as (
    select
        {{ strata | join(', ') }},
        observed_value as days,
        sum(event_count) as event_count
    from distributions
    where is_of_category
    group by all
),

curves as (
    select
        {{ strata | join(', ') }},
        days,
        survival,
        cast(event_count as double) as event_count,
        cast(risk_count as double) as risk_count,
        coalesce(lag(survival) over (partition by {{ strata | join(', ') }} order by days), 1e0) as survival_before
    from {{ ref('int_survival_curves') }}
    where use_key in (select use_key from asked)
),

steps as (
    select
        c.*,
        coalesce(k.event_count, 0e0) as category_event_count,
        sum(c.survival_before * coalesce(k.event_count, 0e0) / c.risk_count) over (
            partition by c.use_key, c.period_key, c.category_key, c.territory_key order by c.days
            rows between unbounded preceding and current row
        ) as incidence
    from curves as c
    left join of_category as k
        on
            c.use_key = k.use_key
            and c.period_key = k.period_key
            and c.category_key = k.category_key
            and c.territory_key = k.territory_key
            and c.days = k.days
),

reached as (
    select
        s.metric,
        {% for key in strata %}
            s.{{ key }},
        {% endfor %}
        s.argument,
        t.days,
        t.survival_before,
        t.event_count,
        t.category_event_count,
        t.risk_count,
        t.incidence,
        coalesce(max(t.incidence) filter (where t.days <= s.argument) over stratum, 0e0) as reached,
        -- Past the longest duration the curve says nothing, unless it has reached zero.
        s.longest_days >= s.argument or coalesce(min(t.survival) over stratum, 1e0) = 0 as is_known
    from strata as s
    left join steps as t
        on
            s.use_key = t.use_key
            and s.period_key = t.period_key
            and s.category_key = t.category_key
            and s.territory_key = t.territory_key
    window stratum as (partition by s.metric, s.use_key, s.period_key, s.category_key, s.territory_key)
),

variances as (
    select
        metric,
        {{ strata | join(', ') }},
        reached,
        is_known,
        -- Where everyone at risk ends, nothing is left to vary.
        sum(
            case
                when event_count < risk_count
                    then power(reached - incidence, 2) * event_count / (risk_count * (risk_count - event_count))
                else 0e0
            end
            + power(survival_before, 2) * category_event_count * (risk_count - category_event_count)
            / power(risk_count, 3)
            - 2e0 * (reached - incidence) * survival_before * category_event_count / power(risk_count, 2)
        ) filter (where days <= argument) as variance
    from reached
    group by all
),

widths as (
    select
        *,
        case
            when is_known and reached > 1e-12 and reached < 1 - 1e-12
                then {{ z_95() }} * sqrt(greatest(variance, 0e0)) / (reached * abs(ln(reached)))
        end as width
    from variances
)

select
    metric,
    {{ strata | join(', ') }},
    -- A sum of steps may end a last binary digit above 1.
    case when is_known then least(reached, 1e0) end as value,
    power(reached, exp(width)) as ci_low,
    power(reached, exp(-width)) as ci_high
from widths
