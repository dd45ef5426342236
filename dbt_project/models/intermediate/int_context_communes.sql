-- One row per measure × date × commune of today: figures that add up, carried from the communes of their own year. A
-- commune without a figure has a row only where the producer says why.
with figures as (
    select
        'population' as measure,
        {{ population_year('vintage') }} as as_of,
        vintage as edition,
        cast(vintage as bigint) as geography_year,
        commune_code,
        cast(population as double) as value,
        cast(null as string) as class_label,
        cast(null as string) as absence
    from {{ ref('stg_geography__communes') }}
    union all
    select
        'population' as measure,
        edition as as_of,
        edition,
        geography_year,
        commune_code,
        cast(municipal_population as double) as value,
        cast(null as string) as class_label,
        cast(null as string) as absence
    from {{ ref('stg_insee_populations__commune_populations') }}
    {% for measure, column in {'private_jobs': 'job_count', 'private_establishments': 'establishment_count'}.items() %}
        union all
        select
            '{{ measure }}' as measure,
            cast(year_number as string) as as_of,
            edition,
            geography_year,
            commune_code,
            cast(sum({{ column }}) as double) as value,
            cast(null as string) as class_label,
            cast(null as string) as absence
        from {{ ref('stg_urssaf_commune_ape__jobs') }}
        group by edition, geography_year, commune_code, year_number
        having sum({{ column }}) is not null
    {% endfor %}
    union all
    select
        'job_seekers_count' as measure,
        quarter as as_of,
        edition,
        geography_year,
        commune_code,
        cast(job_seeker_count as double) as value,
        cast(null as string) as class_label,
        job_seeker_absence as absence
    from {{ ref('stg_dares_defm__commune_job_seekers') }}
    union all
    select
        'establishment_creations' as measure,
        cast(year_number as string) as as_of,
        edition,
        geography_year,
        geo_code as commune_code,
        cast(establishment_creation_count as double) as value,
        cast(null as string) as class_label,
        cast(null as string) as absence
    from {{ ref('stg_insee_side_creations__territory_creations') }}
    where geo_object = 'COM'
    union all
    select
        'zrr_frr_class' as measure,
        edition as as_of,
        edition,
        geography_year,
        commune_code,
        case when zrr_class_prefix in ('C', 'C ', 'P', 'P ') then 1e0 when zrr_class_prefix = 'NC' then 0e0 end
            as value,
        case
            when zrr_class_prefix in ('C', 'C ') then 'ZRR'
            when zrr_class_prefix in ('P', 'P ') then 'ZRR en partie'
            when zrr_class_prefix = 'NC' then 'Non classée'
        end as class_label,
        -- A label of another form is neither: it is not known.
        case when zrr_class_prefix not in ('C', 'C ', 'P', 'P ', 'NC') then 'non_disponible' end as absence
    from {{ ref('stg_anct_zrr__commune_classes') }}
    union all
    -- The zones of rural revitalisation ended on 30 June 2024: what was said of them says nothing of later.
    select
        'zrr_frr_class' as measure,
        '2024T3' as as_of,
        edition,
        geography_year,
        commune_code,
        cast(null as double) as value,
        cast(null as string) as class_label,
        'zonage_clos' as absence
    from {{ ref('stg_anct_zrr__commune_classes') }}
    union all
    select
        'zrr_frr_class' as measure,
        edition as as_of,
        edition,
        geography_year,
        commune_code,
        case when frr_class_label = 'Non classée' then 0e0 when frr_class_label like '%FRR%' then 1e0 end as value,
        frr_class_label as class_label,
        case when frr_class_label <> 'Non classée' and frr_class_label not like '%FRR%' then 'non_disponible' end
            as absence
    from {{ ref('stg_anct_frr__commune_classes') }}
),

-- A later edition may say another figure for the same date.
newest as (
    select *
    from figures
    qualify dense_rank() over (partition by measure, as_of order by edition desc) = 1
),

-- Paris, Lyon and Marseille may be published whole and by municipal district: the whole is then the one that counts.
cities as (
    select
        measure,
        as_of,
        commune_code
    from newest
    where commune_code in {{ cities_with_districts() }}
),

carried as (
    select
        f.measure,
        f.as_of,
        max(f.edition) as edition,
        max(f.geography_year) as geography_year,
        v.current_commune_code as commune_code,
        sum(f.value * v.population_share) as value,
        max(f.value) as greatest,
        min(f.class_label) as first_label,
        max(f.class_label) as last_label,
        max(f.absence) as absence
    from newest as f
    inner join {{ ref('int_commune_vintages') }} as v
        on f.commune_code = v.commune_code and f.geography_year between v.first_vintage and v.last_vintage
    left join cities as c
        on
            f.measure = c.measure
            and f.as_of = c.as_of
            and v.current_commune_code = c.commune_code
            and f.commune_code <> c.commune_code
    where c.commune_code is null and (f.value is not null or f.absence is not null)
    group by f.measure, f.as_of, v.current_commune_code
),

-- Priority districts: a commune without one is known to have none only where the file lists its département.
qpv_communes as (
    select distinct
        q.edition,
        q.geography_year,
        v.current_commune_code as commune_code
    from {{ ref('stg_anct_qpv__districts') }} as q
    inner join {{ ref('int_commune_vintages') }} as v
        on q.commune_code = v.commune_code and q.geography_year between v.first_vintage and v.last_vintage
),

departements as (
    select
        commune_code,
        territory_code as departement_code
    from {{ ref('int_commune_levels') }}
    where territory_level = 'departement' and commune_code <> 'unknown' and not is_alias
),

qpv_departements as (
    select distinct
        q.edition,
        q.geography_year,
        d.departement_code
    from qpv_communes as q
    inner join departements as d on q.commune_code = d.commune_code
)

select
    measure,
    as_of,
    edition,
    geography_year,
    commune_code,
    -- Of a commune made of several, some secret: unknown. A class is not a sum.
    case
        when absence is not null then null
        when measure = 'zrr_frr_class' then greatest
        else value
    end as value,
    case
        when absence is not null then null
        when first_label = last_label then first_label
        when first_label is not null then 'Classée en partie'
    end as class_label,
    absence
from carried
union all
select
    'qpv_commune_flag' as measure,
    q.edition as as_of,
    q.edition,
    q.geography_year,
    d.commune_code,
    case when c.commune_code is null then 0e0 else 1e0 end as value,
    cast(null as string) as class_label,
    cast(null as string) as absence
from qpv_departements as q
inner join departements as d on q.departement_code = d.departement_code
left join qpv_communes as c on q.edition = c.edition and d.commune_code = c.commune_code
