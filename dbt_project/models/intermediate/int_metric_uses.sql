-- One row per metric × basis × breakdown: the numbers (use keys) of the cells it is made from. A use is a
-- measure or a distribution, seen with one coverage set, basis and breakdown; two metrics that need the same
-- share it.
with metrics as (
    select
        m.*,
        s.counts_people,
        b.basis,
        b.breakdown,
        dense_rank() over (order by s.shown_with, b.basis, b.breakdown) as spine_key
    from {{ ref('metrics') }} as m
    inner join {{ ref('subject_breakdowns') }} as b on m.subject = b.subject
    inner join {{ ref('subjects') }} as s on m.subject = s.subject
    -- A gap is made of two values of another metric.
    where m.formula <> 'gap'
),

roles as (
    {% for role in ['numerator', 'denominator', 'counted'] %}
        select
            metric,
            basis,
            breakdown,
            '{{ role }}' as role,
            {{ role }} as source_name,
            coalesce(coverage_set, '') as coverage_set
        from metrics
        where {{ role }} is not null
        {{ 'union all' if not loop.last }}
    {% endfor %}
),

keyed as (
    select
        *,
        dense_rank() over (order by source_name, coverage_set, basis, breakdown) as use_key
    from roles
),

by_metric as (
    select
        metric,
        basis,
        breakdown,
        max(use_key) filter (where role = 'numerator') as numerator_key,
        max(use_key) filter (where role = 'denominator') as denominator_key,
        max(use_key) filter (where role = 'counted') as counted_key
    from keyed
    group by metric, basis, breakdown
)

select
    m.metric,
    m.subject,
    m.basis,
    m.breakdown,
    cast(m.spine_key as int) as spine_key,
    m.coverage_set,
    m.only_period_type,
    m.formula,
    m.numerator,
    m.numerator_of,
    m.denominator,
    m.denominator_of,
    m.counted,
    m.counts_people,
    m.scale,
    m.interval_kind,
    m.statistic,
    m.argument,
    cast(k.numerator_key as int) as numerator_key,
    cast(k.denominator_key as int) as denominator_key,
    cast(k.counted_key as int) as counted_key,
    -- Most metrics count the people of their denominator or numerator: only the others look further.
    cast(case
        when k.counted_key = k.numerator_key or k.counted_key = k.denominator_key then null
        else k.counted_key
    end as int) as other_counted_key
from metrics as m
inner join by_metric as k on m.metric = k.metric and m.basis = k.basis and m.breakdown = k.breakdown
