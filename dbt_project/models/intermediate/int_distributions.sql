-- One row per use × period × category × territory × observed value × what ended it: how many observations ended there
-- and how many are censored.
with seen as (
    {{ seen_by_uses(ref('int_observations'), 'distribution') }}
),

counted as (
    select
        use_key,
        period_key,
        category_key,
        commune_key,
        observed_value,
        cause,
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
    c.observed_value,
    c.cause,
    cast(sum(c.event_count) as bigint) as event_count,
    cast(sum(c.censored_count) as bigint) as censored_count
from counted as c
inner join {{ ref('int_commune_territories') }} as t on c.commune_key = t.commune_key
group by all
union all
select
    use_key,
    period_key,
    category_key,
    territory_key,
    variation as observed_value,
    cast(null as string) as cause,
    count(*) as event_count,
    cast(0 as bigint) as censored_count
from {{ ref('int_hours_variations') }}
where is_first
group by all
