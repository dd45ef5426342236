-- One row per breakdown × category.
with categories as (
    select
        'kind' as breakdown,
        kind as category,
        label_fr
    from {{ ref('structure_kinds') }}
    union all
    select
        b.breakdown,
        c.code as category,
        c.label_fr
    from {{ ref('codes') }} as c
    inner join {{ ref('breakdowns') }} as b on c.code_list = b.code_list
    union all
    -- What ended a wait is always known.
    select
        breakdown,
        'unknown' as category,
        'Non connu' as label_fr
    from {{ ref('breakdowns') }}
    where breakdown not in ('all', 'destination')
    union all
    select
        'all' as breakdown,
        'all' as category,
        'Ensemble' as label_fr
)

select
    cast(row_number() over (order by breakdown, category) as int) as category_key,
    breakdown,
    category,
    label_fr
from categories
