-- A metric names measures that exist, a subject, what its formula needs, and is explained: otherwise nothing is built.
{% set measures = ['people_with_monthly_hours'] %}
{% set distributions = ['monthly_hours_variation'] %}
{% for counting in countings().values() %}
    {% do measures.extend(counting.measures) %}
    {% if counting.observes %}{% do distributions.append(counting.observes.distribution) %}{% endif %}
{% endfor %}
{% set curves = "'" ~ distributions | join("', '") ~ "'" %}
{% set known = "'" ~ measures | join("', '") ~ "'" %}

select
    m.metric,
    'formula unknown, or without what it needs' as problem
from {{ ref('metrics') }} as m
where
    m.formula not in ('count', 'ratio', 'distribution', 'gap')
    or (m.formula = 'ratio') <> (m.denominator is not null)
    or (m.formula = 'distribution') <> (m.statistic is not null)
    or (m.formula = 'gap' and m.numerator not in (select b.metric from {{ ref('metrics') }} as b))
    or (m.interval_kind = 'wilson' and m.unit <> 'share')
union all
select
    m.metric,
    'nothing is counted or observed under one of: ' || concat_ws(', ', m.numerator, m.denominator, m.counted) as problem
from {{ ref('metrics') }} as m
where
    (
        m.formula in ('count', 'ratio')
        and m.numerator_of in ('sum', 'sum_per_year', 'units', 'structures')
        and m.numerator not in ({{ known }})
    )
    or (m.formula = 'distribution' and m.numerator not in ({{ curves }}))
    or (
        m.denominator_of in ('sum', 'sum_per_year', 'units', 'structures')
        and m.denominator not in ({{ known }})
    )
    or m.counted not in ({{ known }})
union all
select
    m.metric,
    'a French text, the unit, mission, family or UNECE dimension is missing' as problem
from {{ ref('metrics') }} as m
where
    m.label_fr is null
    or m.definition_fr is null
    or m.numerator_fr is null
    or (m.formula <> 'count' and m.denominator_fr is null)
    or m.unit is null
    or m.mission is null
    or m.family is null
    or (m.family = 'employment_quality' and m.formula <> 'count' and m.unece_dimension is null)
union all
select
    m.metric,
    'subject or coverage set unknown' as problem
from {{ ref('metrics') }} as m
left join {{ ref('subjects') }} as s on m.subject = s.subject
left join (select distinct coverage_set from {{ ref('coverage_sets') }}) as c on m.coverage_set = c.coverage_set
where s.subject is null or (m.coverage_set is not null and c.coverage_set is null)
