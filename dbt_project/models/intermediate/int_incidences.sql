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

ends as (
    select
        s.metric,
        s.use_key,
        s.period_key,
        s.category_key,
        s.territory_key,
        s.argument,
        coalesce(max(t.incidence) filter (where t.days <= s.argument), 0e0) as incidence,
        -- Past the longest duration the curve says nothing, unless it has reached zero.
        s.longest_days >= s.argument or coalesce(min(t.survival), 1e0) = 0 as is_known
    from strata as s
    left join steps as t
        on
            s.use_key = t.use_key
            and s.period_key = t.period_key
            and s.category_key = t.category_key
            and s.territory_key = t.territory_key
    group by s.metric, s.use_key, s.period_key, s.category_key, s.territory_key, s.argument, s.longest_days
),

variances as (
    select
        e.metric,
        e.use_key,
        e.period_key,
        e.category_key,
        e.territory_key,
        e.incidence,
        e.is_known,
        -- Where everyone at risk ends, nothing is left to vary.
        coalesce(sum(
            case
                when t.event_count < t.risk_count
                    then power(e.incidence - t.incidence, 2) * t.event_count
                        / (t.risk_count * (t.risk_count - t.event_count))
                else 0e0
            end
            + power(t.survival_before, 2) * t.category_event_count * (t.risk_count - t.category_event_count)
            / power(t.risk_count, 3)
            - 2e0 * (e.incidence - t.incidence) * t.survival_before * t.category_event_count / power(t.risk_count, 2)
        ) filter (where t.days <= e.argument), 0e0) as variance
    from ends as e
    left join steps as t
        on
            e.use_key = t.use_key
            and e.period_key = t.period_key
            and e.category_key = t.category_key
            and e.territory_key = t.territory_key
    group by e.metric, e.use_key, e.period_key, e.category_key, e.territory_key, e.incidence, e.is_known
),

widths as (
    select
        *,
        case
            when is_known and incidence > 1e-12 and incidence < 1 - 1e-12
                then 1.959963984540054e0 * sqrt(greatest(variance, 0e0)) / (incidence * abs(ln(incidence)))
        end as width
    from variances
)

select
    metric,
    {{ strata | join(', ') }},
    case when is_known then incidence end as value,
    power(incidence, exp(width)) as ci_low,
    power(incidence, exp(-width)) as ci_high
from widths
