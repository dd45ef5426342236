-- A gap is made of the same rows as the metric whose two values it compares.
select
    m.metric,
    m.family,
    m.unit,
    m.label_fr,
    m.definition_fr,
    m.numerator_fr,
    m.denominator_fr,
    m.unece_dimension,
    m.mission,
    m.subject,
    m.formula,
    coalesce(b.numerator, m.numerator) as numerator_measure,
    coalesce(b.numerator_of, m.numerator_of) as numerator_of,
    coalesce(b.denominator, m.denominator) as denominator_measure,
    coalesce(b.denominator_of, m.denominator_of) as denominator_of,
    coalesce(b.counted, m.counted) as counted_measure,
    b.metric as compared_metric,
    m.coverage_set,
    m.scale
from {{ ref('metrics') }} as m
left join {{ ref('metrics') }} as b on m.formula = 'gap' and m.numerator = b.metric
