-- One row per measure × territory where the federation is × period that the stock of Sirene holds whole: establishments
-- born there in the period, and those of the NAF sections of the activities started there, known and still active some
-- months later. Counts are carried from the communes of the stock's year and add up: none is a rate.
{% set states = {} %}
{% for months in [12, 24, 36] %}
    {% for state in ['observable', 'surviving'] %}
        {% do states.update({
            'births_' ~ state ~ '_' ~ months ~ 'm_same_sections': state ~ '_' ~ months ~ '_months'
        }) %}
    {% endfor %}
{% endfor %}
{% set started = countings()['activities_started'] %}

with creations as (
    select
        *,
        make_date(
            cast(substr(creation_quarter, 1, 4) as int), 3 * cast(substr(creation_quarter, 6, 1) as int) - 2, 1
        ) as quarter_start
    from {{ ref('stg_sirene__creations') }}
),

stocks as (
    select
        edition,
        stock_date,
        min(quarter_start) as first_day
    from creations
    group by edition, stock_date
),

-- A period that the stock does not hold whole has no births: a part of them would pass for all.
covered as (
    select
        p.period_key,
        s.edition
    from {{ ref('int_periods') }} as p
    inner join stocks as s on p.start_date >= s.first_day and p.end_date < s.stock_date
),

shown as (
    select s.territory_key
    from {{ ref('int_shown_territories') }} as s
    inner join {{ ref('int_territories') }} as t on s.territory_key = t.territory_key
    where t.commune_count > 0
),

born as (
    select
        t.territory_key,
        c.quarter_start,
        c.naf_section,
        {% for column in states.values() %}
            sum(c.{{ column }} * v.population_share) as {{ column }},
        {% endfor %}
        sum(c.net_creations * v.population_share) as net_creations
    from creations as c
    inner join {{ ref('int_commune_vintages') }} as v
        on c.commune_code = v.commune_code and c.geography_year between v.first_vintage and v.last_vintage
    inner join {{ ref('int_communes') }} as k on v.current_commune_code = k.commune_code
    inner join {{ ref('int_commune_territories') }} as t on k.commune_key = t.commune_key
    inner join shown as w on t.territory_key = w.territory_key
    where c.quarter_start in (select quarter_start from {{ ref('int_period_quarters') }})
    group by t.territory_key, c.quarter_start, c.naf_section
),

sections as (
    select distinct
        t.territory_key,
        p.period_key,
        r.naf_section
    {{ counted_rows(started, ref('int_activities')) }}
    inner join {{ ref('int_coverage') }} as c
        on
            c.coverage_set = 'activities'
            and c.member_key = {{ member_key('r.member_siren') }}
            and p.period_key = c.period_key
    inner join {{ ref('int_commune_territories') }} as t on r.commune_structure_key = t.commune_key
    where {{ started.where or 'true' }} and r.naf_section is not null
),

added as (
    select
        b.territory_key,
        q.period_key,
        {% for measure, column in states.items() %}
            sum(b.{{ column }}) filter (where s.naf_section is not null) as {{ measure }},
        {% endfor %}
        sum(b.net_creations) as net_creations
    from born as b
    inner join {{ ref('int_period_quarters') }} as q on b.quarter_start = q.quarter_start
    left join sections as s
        on
            b.territory_key = s.territory_key
            and q.period_key = s.period_key
            and b.naf_section = s.naf_section
    group by b.territory_key, q.period_key
),

complete as (
    select
        w.territory_key,
        c.period_key,
        c.edition as as_of,
        {% for measure in states %}
            coalesce(a.{{ measure }}, 0e0) as {{ measure }},
        {% endfor %}
        coalesce(a.net_creations, 0e0) as net_creations
    from shown as w
    cross join covered as c
    left join added as a on w.territory_key = a.territory_key and c.period_key = a.period_key
)

{% for measure in ['net_creations'] + (states.keys() | list) %}
    select
        '{{ measure }}' as measure,
        territory_key,
        period_key,
        {{ measure }} as value,
        as_of
    from complete
    {{ 'union all' if not loop.last }}
{% endfor %}
