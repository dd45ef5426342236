-- One row per breakdown × category.
with categories as (
    select
        'kind' as breakdown,
        kind as category,
        label_fr
    from {{ ref('structure_kinds') }}
    union all
    select
        case code_list when 'sexe' then 'sex' else 'strategy' end as breakdown,
        code as category,
        label_fr
    from {{ ref('codes') }}
    where code_list in ('sexe', 'strategie')
    union all
    select
        'age_band' as breakdown,
        'under_26' as category,
        'Moins de 26 ans' as label_fr
    union all
    select
        'age_band' as breakdown,
        '26_49' as category,
        '26 à 49 ans' as label_fr
    union all
    select
        'age_band' as breakdown,
        '50_plus' as category,
        '50 ans et plus' as label_fr
    union all
    select
        breakdown,
        'unknown' as category,
        'Non connu' as label_fr
    from {{ ref('breakdowns') }}
    where breakdown <> 'all'
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
