-- One row per commune code × interval of vintages × commune of today: what a code of any year stands for now.
-- Without the movements of the COG, today's codes stand for themselves and aliases for their commune, in every year.
with known as (
    select
        commune_code,
        first_vintage,
        -- What holds in the last year known goes on: a file of next year's communes is not left out.
        cast(case when last_vintage = max(last_vintage) over () then 2100 else last_vintage end as int) as last_vintage,
        current_commune_code,
        population_share,
        event
    from {{ ref('stg_geography__commune_vintages') }}
),

others as (
    select
        commune_code,
        commune_code as current_commune_code,
        'inchangee' as event
    from {{ ref('stg_geography__communes') }}
    union all
    select
        alias_code as commune_code,
        commune_code as current_commune_code,
        'alias' as event
    from {{ ref('commune_aliases') }}
)

select
    commune_code,
    first_vintage,
    last_vintage,
    current_commune_code,
    population_share,
    event
from known
union all
select
    o.commune_code,
    cast(2003 as int) as first_vintage,
    cast(2100 as int) as last_vintage,
    o.current_commune_code,
    cast(1 as double) as population_share,
    o.event
from others as o
left join (select distinct commune_code from known) as k on o.commune_code = k.commune_code
where k.commune_code is null
