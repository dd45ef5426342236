-- One row per territory × period × context metric: the newest figure whose date is not after the period. Every
-- territory above the commune, and the communes where the federation is.
with shown as (
    select territory_key
    from {{ ref('int_territories') }}
    where level_rank > 1
    union
    select territory_key from {{ ref('int_shown_territories') }}
),

lasting as (
    select
        c.*,
        -- Two figures may speak of one day (2017 and 2017T4): the one that names it more closely stands.
        lead(c.as_of_date) over (
            partition by c.territory_key, c.metric order by c.as_of_date, length(c.as_of), c.as_of
        ) as next_date
    from {{ ref('int_territory_context') }} as c
    inner join shown as s on c.territory_key = s.territory_key
)

select
    f.territory_key,
    p.period_key,
    f.metric,
    f.as_of,
    f.edition,
    f.numerator,
    f.value,
    f.class_label,
    f.absence,
    f.comparability
from lasting as f
inner join {{ ref('int_periods') }} as p
    on f.as_of_date <= p.end_date and (f.next_date is null or f.next_date > p.end_date)
