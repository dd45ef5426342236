-- One row per use (measure or distribution × coverage set × basis × breakdown); is_counted when a metric needs
-- its distinct people or structures.
with roles as (
    select
        numerator_key as use_key,
        numerator as source_name,
        numerator_of in ('units', 'structures') as is_counted,
        *
    from {{ ref('int_metric_uses') }}
    union all
    select
        denominator_key as use_key,
        denominator as source_name,
        denominator_of in ('units', 'structures') as is_counted,
        *
    from {{ ref('int_metric_uses') }}
    union all
    select
        counted_key as use_key,
        counted as source_name,
        true as is_counted,
        *
    from {{ ref('int_metric_uses') }}
)

select
    use_key,
    source_name,
    coverage_set,
    basis,
    breakdown,
    max(case when is_counted then 1 else 0 end) = 1 as is_counted
from roles
where use_key is not null
group by use_key, source_name, coverage_set, basis, breakdown
