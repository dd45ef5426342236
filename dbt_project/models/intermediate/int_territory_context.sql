-- One row per territory × context metric × date: what open data says of a territory, with its own date and vintage.
-- Counts add up over communes to every level: where few of its people are in communes without a figure, with a
-- reservation; where more are, there is none, and the producer's own figure of that level serves. Rates exist at the
-- levels their producer publishes: none is averaged.
with summed as (
    select
        l.territory_key,
        c.measure as metric,
        c.as_of,
        max(c.edition) as edition,
        max(c.geography_year) as geography_year,
        sum(c.value) as total,
        count(c.value) as communes_with_figure,
        sum(case when c.value is not null then l.population else 0 end)
        / cast(nullif(max(t.population), 0) as double) as people_share,
        min(c.class_label) as first_label,
        max(c.class_label) as last_label,
        max(c.absence) as absence
    from {{ ref('int_context_communes') }} as c
    inner join {{ ref('int_commune_levels') }} as l on c.commune_code = l.commune_code and not l.is_alias
    inner join {{ ref('int_territories') }} as t on l.territory_key = t.territory_key
    where l.territory_code <> 'ZZZZZZZZZ'
    group by l.territory_key, c.measure, c.as_of
),

counted as (
    select
        s.territory_key,
        s.metric,
        s.as_of,
        s.edition,
        s.geography_year,
        s.total as numerator,
        -- A class or a flag of communes is, above them, the share of communes that have it.
        case when s.metric in ('qpv_commune_flag', 'zrr_frr_class') then cast(s.communes_with_figure as double) end
            as denominator,
        case
            when s.first_label = s.last_label then s.first_label
            when s.first_label is not null then 'Classes diverses'
        end as class_label,
        s.communes_with_figure,
        case
            when s.absence is not null then s.absence
            when s.people_share < least_share.value then 'partiel'
        end as absence,
        case when s.people_share < whole_share.value then 'partiel' end as reservation
    from summed as s
    cross join {{ parameter('context_min_population_share') }} as least_share
    cross join {{ parameter('context_whole_population_share') }} as whole_share
),

-- Communes of the year of a file, each with how many of them are the same commune today.
commune_incomes as (
    select
        i.*,
        v.current_commune_code,
        v.event,
        count(*) over (partition by i.edition, v.current_commune_code) as parts
    from {{ ref('stg_insee_filosofi__commune_incomes') }} as i
    inner join {{ ref('int_commune_vintages') }} as v
        on i.commune_code = v.commune_code and i.geography_year between v.first_vintage and v.last_vintage
    where i.commune_code = v.current_commune_code or v.current_commune_code not in {{ cities_with_districts() }}
),

poverty as (
    select
        'commune' as territory_level,
        current_commune_code as territory_code,
        edition,
        geography_year,
        poverty_rate_percent,
        poverty_rate_absence
    from commune_incomes
    -- A rate of a commune that has merged since says nothing of the new one, which may have kept its code.
    where event in ('inchangee', 'nom', 'changement_de_code') and parts = 1
    union all
    select
        territory_level,
        territory_code,
        edition,
        cast(null as bigint) as geography_year,
        poverty_rate_percent,
        poverty_rate_absence
    from {{ ref('stg_insee_filosofi__territory_incomes') }}
),

creations as (
    select
        case geo_object
            when 'EPCI' then 'epci'
            when 'ZE2020' then 'zone_emploi'
            when 'ARR' then 'arrondissement'
            when 'DEP' then 'departement'
            when 'REG' then 'region'
            -- Metropolitan France alone (FM) is no level of ours.
            when 'FRANCE' then case when geo_code = 'F' then 'france' end
        end as territory_level,
        case geo_object when 'FRANCE' then 'FR' else geo_code end as territory_code,
        year_number,
        edition,
        establishment_creation_count
    from {{ ref('stg_insee_side_creations__territory_creations') }}
    where geo_object not in ('COM', 'ARM')
    union all
    select
        'zone_emploi' as territory_level,
        zone_emploi_code as territory_code,
        year_number,
        edition,
        establishment_creation_count
    from {{ ref('stg_insee_side_creations__zone_creations') }}
),

-- An edition that names its EPCI without codes borrows the code that another one gives the same name.
epci_codes as (
    select
        epci_name,
        min(epci_code) as epci_code
    from {{ ref('stg_francetravail_defm_epci__job_seekers') }}
    where epci_code is not null
    group by epci_name
    having count(distinct epci_code) = 1
),

registrations as (
    select
        'epci' as territory_level,
        coalesce(j.epci_code, c.epci_code) as territory_code,
        j.edition as as_of,
        j.edition,
        j.registration_length,
        j.job_seeker_count,
        j.job_seeker_absence
    from {{ ref('stg_francetravail_defm_epci__job_seekers') }} as j
    left join epci_codes as c on j.epci_name = c.epci_name
    union all
    select
        'zone_emploi' as territory_level,
        zone_emploi_code as territory_code,
        quarter as as_of,
        edition,
        registration_length,
        job_seeker_count,
        job_seeker_absence
    from {{ ref('stg_dares_defm__zone_job_seekers') }}
),

job_seekers as (
    select
        r.territory_level,
        r.territory_code,
        r.as_of,
        r.edition,
        cast(max(r.job_seeker_count) filter (where l.part = 'total') as double) as everybody,
        cast(sum(r.job_seeker_count) filter (where l.part = 'long') as double) as long_term,
        cast(sum(r.job_seeker_count) filter (where l.part = 'short') as double) as short_term,
        max(r.job_seeker_absence) filter (where l.part = 'total') as total_absence,
        max(r.job_seeker_absence) as absence
    from registrations as r
    left join {{ ref('registration_lengths') }} as l on lower(r.registration_length) = l.registration_length
    where r.territory_code is not null
    group by r.territory_level, r.territory_code, r.as_of, r.edition
),

published as (
    select
        'poverty_rate' as metric,
        territory_level,
        territory_code,
        edition as as_of,
        edition,
        geography_year,
        poverty_rate_percent / 100e0 as numerator,
        cast(null as double) as denominator,
        poverty_rate_absence as absence
    from poverty
    union all
    select
        'unemployment_rate' as metric,
        'zone_emploi' as territory_level,
        zone_emploi_code as territory_code,
        quarter as as_of,
        edition,
        cast(null as bigint) as geography_year,
        unemployment_rate_percent / 100e0 as numerator,
        cast(null as double) as denominator,
        cast(null as string) as absence
    from {{ ref('stg_insee_chomage_ze__unemployment_rates') }}
    where unemployment_rate_percent is not null
    union all
    select
        'establishment_creations' as metric,
        territory_level,
        territory_code,
        cast(year_number as string) as as_of,
        edition,
        cast(null as bigint) as geography_year,
        cast(establishment_creation_count as double) as numerator,
        cast(null as double) as denominator,
        cast(null as string) as absence
    from creations
    where territory_level is not null
    union all
    select
        'job_seekers_count' as metric,
        territory_level,
        territory_code,
        as_of,
        edition,
        cast(null as bigint) as geography_year,
        everybody as numerator,
        cast(null as double) as denominator,
        case when everybody is null then coalesce(total_absence, 'non_disponible') end as absence
    from job_seekers
    union all
    select
        'long_term_job_seekers_share' as metric,
        territory_level,
        territory_code,
        as_of,
        edition,
        cast(null as bigint) as geography_year,
        long_term as numerator,
        everybody as denominator,
        -- The lengths must make the total, but for their rounding: else one is missing, or counted twice.
        case
            when absence is not null then absence
            when everybody is null or long_term is null or short_term is null then 'non_disponible'
            when abs(long_term + short_term - everybody) > greatest(30e0, 0.02e0 * everybody) then 'incoherent'
        end as absence
    from job_seekers
),

every_figure as (
    select
        territory_key,
        metric,
        as_of,
        edition,
        geography_year,
        numerator,
        denominator,
        class_label,
        communes_with_figure,
        absence,
        reservation,
        1 as choice
    from counted
    union all
    select
        t.territory_key,
        p.metric,
        p.as_of,
        p.edition,
        p.geography_year,
        p.numerator,
        p.denominator,
        cast(null as string) as class_label,
        cast(null as bigint) as communes_with_figure,
        p.absence,
        cast(null as string) as reservation,
        2 as choice
    from published as p
    inner join {{ ref('int_territories') }} as t
        on p.territory_level = t.territory_level and p.territory_code = t.territory_code
),

-- One figure a date, from the newest edition: the whole sum of today's communes, else the producer's own, else a sum
-- with a reservation, else why there is none.
chosen as (
    select *
    from every_figure
    qualify row_number() over (
        partition by territory_key, metric, as_of
        order by
            case when absence is not null then 2 when reservation is not null then 1 else 0 end, choice, edition desc
    ) = 1
),

dated as (
    select
        *,
        -- The day a figure speaks of: of a year, a quarter or a month, its end, but for what is stated on 1 January.
        case
            when length(as_of) = 10 then try_cast(as_of as date)
            when length(as_of) = 4 and metric in ('population', 'qpv_commune_flag', 'zrr_frr_class')
                then make_date(cast(as_of as int), 1, 1)
            else last_day(make_date(
                cast(substr(as_of, 1, 4) as int),
                case substr(as_of, 5, 1)
                    when 'T' then 3 * cast(substr(as_of, 6, 1) as int)
                    when '-' then cast(substr(as_of, 6, 2) as int)
                    else 12
                end,
                1
            ))
        end as as_of_date
    from chosen
)

select
    d.territory_key,
    d.metric,
    d.as_of,
    d.as_of_date,
    d.edition,
    d.geography_year,
    d.numerator,
    d.denominator,
    case
        when d.absence is not null then null
        when d.denominator is null then d.numerator
        else d.numerator / nullif(d.denominator, 0e0)
    end as value,
    case when d.absence is null then d.class_label end as class_label,
    d.communes_with_figure,
    d.absence,
    coalesce(b.comparability, case when d.absence is null then d.reservation end) as comparability
from dated as d
left join {{ ref('context_breaks') }} as b on d.metric = b.metric and d.as_of >= b.from_period
