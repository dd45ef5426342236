select
    metric,
    family,
    unit,
    label_fr,
    definition_fr,
    numerator_fr,
    denominator_fr,
    unece_dimension,
    mission
from {{ ref('metrics') }}
