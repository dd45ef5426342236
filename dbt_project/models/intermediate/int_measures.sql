-- One row per measure × period × person (or none) × structure × attributes: the atoms of every count and ratio.
with measures as (
    select * from {{ ref('int_measures_contracts') }}
    union all
    select * from {{ ref('int_measures_hours') }}
    union all
    select * from {{ ref('int_measures_exits') }}
    union all
    select * from {{ ref('int_measures_transitions') }}
    union all
    select * from {{ ref('int_measures_activities') }}
    union all
    select * from {{ ref('int_measures_structures') }}
)

select
    measure,
    {{ measure_keys() | join(', ') }},
    value,
    -- The unit's only row here: it counts once wherever the row does, so it need not be carried through the
    -- roll-up.
    unit_key is null or count(*) over (partition by measure, period_key, unit_key) = 1 as is_single
from measures
