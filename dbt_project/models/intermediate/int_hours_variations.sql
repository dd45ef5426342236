-- One row per use × period × category × territory × person × structure: how much the hours of the person's months there
-- vary (population standard deviation ÷ mean), the same on all rows of the person.
-- A person's months are those of the cell. Nearly everyone's are all in one commune, and then they are the same at
-- every level: only the others are looked at again in each territory.
{% set person = ['use_key', 'period_key', 'category_key', 'unit_key'] %}

with months as (
    select
        'monthly_hours_variation' as distribution,
        {{ row_keys('months') }},
        r.month_start,
        r.hours_worked
    from {{ ref('int_person_months') }} as r
    inner join {{ ref('int_period_quarters') }} as q on {{ quarter_start('r.month_start') }} = q.quarter_start
    inner join {{ ref('int_periods') }} as p on q.period_key = p.period_key and p.period_type = 'rolling_year'
    where r.hours_worked is not null
),

seen as (
    {{ seen_by_uses('months', 'distribution') }}
),

located as (
    select
        *,
        min(commune_key) over everywhere < max(commune_key) over everywhere as is_scattered
    from seen
    window everywhere as (partition by {{ person | join(', ') }})
),

-- A place is a commune or, of the scattered, a territory: there its number is negative.
placed as (
    select
        {{ person | join(', ') }},
        structure_key,
        month_start,
        hours_worked,
        commune_key as place_key
    from located
    where not is_scattered
    union all
    select
        {{ person | join(', ') }},
        l.structure_key,
        l.month_start,
        l.hours_worked,
        -t.territory_key as place_key
    from located as l
    inner join {{ ref('int_commune_territories') }} as t on l.commune_key = t.commune_key
    where l.is_scattered
),

places as (
    select
        commune_key as place_key,
        territory_key
    from {{ ref('int_commune_territories') }}
    union all
    select distinct
        -territory_key as place_key,
        territory_key
    from {{ ref('int_commune_territories') }}
),

monthly as (
    select
        {{ person | join(', ') }},
        place_key,
        month_start,
        sum(hours_worked) as hours_worked
    from placed
    group by all
),

varied as (
    select
        {{ person | join(', ') }},
        place_key,
        -- Sums in another order differ in the last digits.
        round(stddev_pop(hours_worked) / avg(hours_worked), 12) as variation
    from monthly
    group by all
    having count(*) >= 3 and sum(hours_worked) > 0
),

structures as (
    select
        {{ person | join(', ') }},
        place_key,
        structure_key,
        row_number() over (partition by {{ person | join(', ') }}, place_key order by structure_key) = 1 as is_first
    from placed
    group by {{ person | join(', ') }}, place_key, structure_key
)

select
    v.use_key,
    v.period_key,
    v.category_key,
    p.territory_key,
    v.unit_key,
    s.structure_key,
    v.variation,
    s.is_first
from varied as v
inner join structures as s
    on
        v.use_key = s.use_key
        and v.period_key = s.period_key
        and v.category_key = s.category_key
        and v.unit_key = s.unit_key
        and v.place_key = s.place_key
inner join places as p on v.place_key = p.place_key
