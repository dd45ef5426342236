-- One row per use × period × category × territory × duration: how many observations ended there and how many are
-- censored.
with seen as (
    {{ seen_by_uses(ref('int_observations'), 'distribution') }}
),

counted as (
    select
        use_key,
        period_key,
        category_key,
        commune_key,
        duration_days,
        count(*) filter (where is_event) as event_count,
        count(*) filter (where not is_event) as censored_count
    from seen
    group by all
)

select
    c.use_key,
    c.period_key,
    c.category_key,
    t.territory_key,
    c.duration_days,
    cast(sum(c.event_count) as bigint) as event_count,
    cast(sum(c.censored_count) as bigint) as censored_count
from counted as c
inner join {{ ref('int_commune_territories') }} as t on c.commune_key = t.commune_key
group by all
