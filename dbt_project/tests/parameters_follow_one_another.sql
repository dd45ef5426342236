-- Of one parameter (and kind), and of the SMIC, a day has one value: nothing overlaps, and once it has begun nothing is
-- missing. A minimum presence may end: then there is none.
with dated as (
    select
        'parameters' as seed,
        concat_ws(' ', parameter, kind) as named,
        valid_from,
        coalesce(valid_to, {{ far_date() }}) as valid_to
    from {{ ref('parameters') }}
    union all
    select
        'smic_hourly' as seed,
        'smic_hourly_eur' as named,
        valid_from,
        coalesce(valid_to, {{ far_date() }}) as valid_to
    from {{ ref('smic_hourly') }}
),

followed as (
    select
        *,
        lead(valid_from) over (partition by seed, named order by valid_from, valid_to) as next_from
    from dated
)

select
    seed,
    named,
    valid_from,
    case
        when valid_to < valid_from then 'its last day is before its first'
        when next_from is null then 'the last one has an end: nothing holds after it'
        when next_from <= valid_to then 'two values hold on one day: end this one the day before the next begins'
        else 'no value holds between this one and the next'
    end as problem
from followed
where
    valid_to < valid_from
    or (next_from is null and valid_to < {{ far_date() }} and named not like 'minimum_presence%')
    or next_from <> cast(valid_to + 1 as date)
