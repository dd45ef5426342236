-- One row per stratum (use × period × category × territory) × event time: the Kaplan–Meier curve S(t) in whole days
-- and its log-log Greenwood band (95 %), none where S is 1 or 0.
{{ config(materialized='ephemeral') }}

with whatever_the_cause as (
    select
        use_key,
        period_key,
        category_key,
        territory_key,
        observed_value,
        sum(event_count) as event_count,
        sum(censored_count) as censored_count
    from {{ ref('int_distributions') }}
    where use_key in (
        select numerator_key from {{ ref('int_metric_uses') }} where formula = 'distribution' and statistic <> 'median'
    )
    group by use_key, period_key, category_key, territory_key, observed_value
),

at_risk as (
    select
        use_key,
        period_key,
        category_key,
        territory_key,
        observed_value,
        cast(event_count as bigint) as event_count,
        sum(event_count + censored_count) over (
            partition by use_key, period_key, category_key, territory_key order by observed_value desc
            rows between unbounded preceding and current row
        ) as risk_count
    from whatever_the_cause
),

products as (
    select
        *,
        -- When everyone at risk has the event, the curve falls to zero and stays there.
        sum(
            case when event_count < risk_count then ln(1e0 - event_count / cast(risk_count as double)) else 0e0 end
        ) over so_far as log_survival,
        max(case when event_count = risk_count then 1 else 0 end) over so_far as has_fallen,
        sum(
            case
                when event_count < risk_count
                    then event_count / (cast(risk_count as double) * (risk_count - event_count))
                else 0e0
            end
        ) over so_far as greenwood
    from at_risk
    where event_count > 0
    window so_far as (
        partition by use_key, period_key, category_key, territory_key order by observed_value
        rows between unbounded preceding and current row
    )
),

curves as (
    select
        *,
        case when has_fallen = 1 then 0e0 else exp(log_survival) end as survival,
        case
            when has_fallen = 0 and log_survival < 0 then 1.959963984540054e0 * sqrt(greenwood) / abs(log_survival)
        end as band_exponent
    from products
)

select
    use_key,
    period_key,
    category_key,
    territory_key,
    observed_value as days,
    cast(risk_count as bigint) as risk_count,
    event_count,
    survival,
    exp(log_survival * exp(band_exponent)) as survival_low,
    exp(log_survival * exp(-band_exponent)) as survival_high
from curves
