-- A metric names measures that exist, a subject, and what its formula needs.
select
    m.metric,
    'formula' as problem
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
    'subject or coverage set' as problem
from {{ ref('metrics') }} as m
left join {{ ref('subjects') }} as s on m.subject = s.subject
left join (select distinct coverage_set from {{ ref('coverage_sets') }}) as c on m.coverage_set = c.coverage_set
where s.subject is null or (m.coverage_set is not null and c.coverage_set is null)
