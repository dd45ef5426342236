-- One row per measure × date × commune of today: figures that add up, carried from the communes of their own year.
with figures as (
    select
        'population' as measure,
        edition as as_of,
        edition,
        geography_year,
        commune_code,
        cast(municipal_population as double) as value
    from {{ ref('stg_insee_populations__commune_populations') }}
    union all
    select
        'private_jobs' as measure,
        cast(year_number as string) as as_of,
        edition,
        geography_year,
        commune_code,
        cast(sum(job_count) as double) as value
    from {{ ref('stg_urssaf_commune_ape__jobs') }}
    group by all
    union all
    select
        'private_establishments' as measure,
        cast(year_number as string) as as_of,
        edition,
        geography_year,
        commune_code,
        cast(sum(establishment_count) as double) as value
    from {{ ref('stg_urssaf_commune_ape__jobs') }}
    group by all
    union all
    select
        'qpv_districts' as measure,
        edition as as_of,
        edition,
        geography_year,
        commune_code,
        cast(count(*) as double) as value
    from {{ ref('stg_anct_qpv__districts') }}
    group by all
),

-- A later edition may say another figure for the same date.
newest as (
    select *
    from figures
    qualify dense_rank() over (partition by measure, as_of order by edition desc) = 1
)

select
    f.measure,
    f.as_of,
    max(f.geography_year) as geography_year,
    v.current_commune_code as commune_code,
    sum(f.value * v.population_share) as value
from newest as f
inner join {{ ref('int_commune_vintages') }} as v
    on f.commune_code = v.commune_code and f.geography_year between v.first_vintage and v.last_vintage
where f.value is not null
group by f.measure, f.as_of, v.current_commune_code
