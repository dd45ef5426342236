-- One row per territory × context metric × date: what open data says of a territory, with its own date and vintage.
-- Counts add up over communes to every level. Rates exist at the level their producer publishes and at no other: a
-- rate is never averaged.
with counted as (
    select
        l.territory_key,
        c.measure as metric,
        c.as_of,
        max(c.geography_year) as geography_year,
        sum(c.value) as numerator,
        cast(null as double) as denominator,
        count(*) as communes_with_figure,
        cast(null as string) as absence
    from {{ ref('int_context_communes') }} as c
    inner join {{ ref('int_commune_levels') }} as l on c.commune_code = l.commune_code and not l.is_alias
    where l.territory_code <> 'ZZZZZZZZZ'
    group by l.territory_key, c.measure, c.as_of
),

poverty as (
    select
        v.current_commune_code as territory_code,
        i.edition as as_of,
        i.geography_year,
        i.poverty_rate_percent / 100e0 as rate,
        i.poverty_rate_absence as absence
    from {{ ref('stg_insee_filosofi__commune_incomes') }} as i
    inner join {{ ref('int_commune_vintages') }} as v
        on i.commune_code = v.commune_code and i.geography_year between v.first_vintage and v.last_vintage
    -- A rate of a commune that has merged since says nothing of the new one.
    where v.event in ('inchangee', 'nom', 'changement_de_code')
),

unemployment as (
    select
        zone_emploi_code as territory_code,
        quarter as as_of,
        unemployment_rate_percent / 100e0 as rate
    from {{ ref('stg_insee_chomage_ze__unemployment_rates') }}
    where unemployment_rate_percent is not null
    qualify dense_rank() over (partition by quarter order by edition desc) = 1
),

creations as (
    select
        zone_emploi_code as territory_code,
        cast(year_number as string) as as_of,
        cast(establishment_creation_count as double) as value
    from {{ ref('stg_insee_side_creations__zone_creations') }}
    qualify dense_rank() over (partition by year_number order by edition desc) = 1
),

job_seekers as (
    select
        epci_code as territory_code,
        edition as as_of,
        cast(max(job_seeker_count) filter (where registration_length = 'total') as double) as everybody,
        cast(
            sum(job_seeker_count) filter (
                where registration_length in ('12_a_23_mois', '24_a_35_mois', 'plus_36_mois')
            ) as double
        ) as long_term,
        count(*) filter (where job_seeker_absence = 'secret') > 0 as has_secret
    from {{ ref('stg_francetravail_defm_epci__job_seekers') }}
    where epci_code is not null
    group by epci_code, edition
),

published as (
    select
        'poverty_rate' as metric,
        'commune' as territory_level,
        territory_code,
        as_of,
        geography_year,
        rate as numerator,
        cast(null as double) as denominator,
        absence
    from poverty
    union all
    select
        'unemployment_rate' as metric,
        'zone_emploi' as territory_level,
        territory_code,
        as_of,
        cast(null as bigint) as geography_year,
        rate as numerator,
        cast(null as double) as denominator,
        cast(null as string) as absence
    from unemployment
    union all
    select
        'establishment_creations' as metric,
        'zone_emploi' as territory_level,
        territory_code,
        as_of,
        cast(null as bigint) as geography_year,
        value as numerator,
        cast(null as double) as denominator,
        cast(null as string) as absence
    from creations
    union all
    select
        'job_seekers_count' as metric,
        'epci' as territory_level,
        territory_code,
        as_of,
        cast(null as bigint) as geography_year,
        everybody as numerator,
        cast(null as double) as denominator,
        case when everybody is null then 'secret' end as absence
    from job_seekers
    union all
    select
        'long_term_job_seekers_share' as metric,
        'epci' as territory_level,
        territory_code,
        as_of,
        cast(null as bigint) as geography_year,
        case when not has_secret then long_term end as numerator,
        everybody as denominator,
        case when has_secret then 'secret' end as absence
    from job_seekers
)

select
    territory_key,
    metric,
    as_of,
    geography_year,
    numerator,
    denominator,
    numerator as value,
    communes_with_figure,
    absence
from counted
union all
select
    t.territory_key,
    p.metric,
    p.as_of,
    p.geography_year,
    p.numerator,
    p.denominator,
    case when p.denominator is null then p.numerator else p.numerator / nullif(p.denominator, 0e0) end as value,
    cast(null as bigint) as communes_with_figure,
    p.absence
from published as p
inner join {{ ref('int_territories') }} as t
    on p.territory_level = t.territory_level and p.territory_code = t.territory_code
