-- One row per use × period × category × territory × person × structure: how much the hours of the person's months there
-- vary (population standard deviation ÷ mean), the same on all rows of the person.
-- A person's months are those of the cell: all of them are in one commune for nearly everyone, and then they are the
-- same at every level; the others are looked at again in each territory.
{% set cell = ['use_key', 'period_key', 'category_key'] %}

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

people as (
    select
        {{ cell | join(', ') }},
        unit_key,
        min(commune_key) as first_commune_key,
        max(commune_key) as last_commune_key
    from seen
    group by {{ cell | join(', ') }}, unit_key
),

placed as (
    select
        s.use_key,
        s.period_key,
        s.category_key,
        s.unit_key,
        s.structure_key,
        s.month_start,
        s.hours_worked,
        s.commune_key,
        cast(null as int) as territory_key
    from seen as s
    inner join people as p
        on
            s.use_key = p.use_key
            and s.period_key = p.period_key
            and s.category_key = p.category_key
            and s.unit_key = p.unit_key
            and p.first_commune_key = p.last_commune_key
    union all
    select
        s.use_key,
        s.period_key,
        s.category_key,
        s.unit_key,
        s.structure_key,
        s.month_start,
        s.hours_worked,
        cast(null as int) as commune_key,
        t.territory_key
    from seen as s
    inner join people as p
        on
            s.use_key = p.use_key
            and s.period_key = p.period_key
            and s.category_key = p.category_key
            and s.unit_key = p.unit_key
            and p.first_commune_key < p.last_commune_key
    inner join {{ ref('int_commune_territories') }} as t on s.commune_key = t.commune_key
),

monthly as (
    select
        {{ cell | join(', ') }},
        unit_key,
        commune_key,
        territory_key,
        month_start,
        sum(hours_worked) as hours_worked
    from placed
    group by all
),

varied as (
    select
        {{ cell | join(', ') }},
        unit_key,
        coalesce(commune_key, -1) as commune_key,
        coalesce(territory_key, -1) as territory_key,
        -- Sums in another order differ in the last digits.
        round(stddev_pop(hours_worked) / avg(hours_worked), 12) as variation
    from monthly
    group by all
    having count(*) >= 3 and sum(hours_worked) > 0
),

structures as (
    select distinct
        {{ cell | join(', ') }},
        unit_key,
        coalesce(commune_key, -1) as commune_key,
        coalesce(territory_key, -1) as territory_key,
        structure_key
    from placed
),

described as (
    select
        v.*,
        s.structure_key,
        s.structure_key = min(s.structure_key) over (
            partition by v.use_key, v.period_key, v.category_key, v.unit_key, v.commune_key, v.territory_key
        ) as is_first
    from varied as v
    inner join structures as s
        on
            v.use_key = s.use_key
            and v.period_key = s.period_key
            and v.category_key = s.category_key
            and v.unit_key = s.unit_key
            and v.commune_key = s.commune_key
            and v.territory_key = s.territory_key
)

select
    d.use_key,
    d.period_key,
    d.category_key,
    t.territory_key,
    d.unit_key,
    d.structure_key,
    d.variation,
    d.is_first
from described as d
inner join {{ ref('int_commune_territories') }} as t on d.commune_key = t.commune_key
where d.commune_key >= 0
union all
select
    use_key,
    period_key,
    category_key,
    territory_key,
    unit_key,
    structure_key,
    variation,
    is_first
from described
where territory_key >= 0
