-- depends_on: {{ ref('territory_levels') }}
-- One row per commune × territory level. A level is a row of the seed territory_levels and two columns of the
-- commune table; a level whose codes are all missing does not exist. Aliases (former codes, parts of communes,
-- municipal districts of Paris, Lyon and Marseille) are their commune.
with communes as (
    select
        c.commune_code,
        c.commune_name,
        c.epci_code,
        c.epci_name,
        coalesce(z.zone_emploi_code, c.zone_emploi_code) as zone_emploi_code,
        coalesce(z.zone_emploi_name, c.zone_emploi_name) as zone_emploi_name,
        c.arrondissement_code,
        c.arrondissement_name,
        c.departement_code,
        c.departement_name,
        c.region_code,
        c.region_name,
        c.france_code,
        c.france_name,
        c.population,
        c.vintage,
        dense_rank() over (order by c.commune_code) as commune_rank
    from {{ ref('stg_geography__communes') }} as c
    left join {{ ref('int_commune_zones') }} as z on c.commune_code = z.commune_code
),

placed as (
    {% for level in territory_levels() %}
        select
            c.commune_code,
            c.commune_rank,
            '{{ level.territory_level }}' as territory_level,
            {{ level.rank }} as level_rank,
            c.{{ level.code_column }} as code,
            c.{{ level.name_column }} as name,
            c.population,
            c.vintage
        from communes as c
        {{ 'union all' if not loop.last }}
    {% endfor %}
),

existing_levels as (
    select
        territory_level,
        level_rank,
        max(vintage) as vintage
    from placed
    where code is not null
    group by territory_level, level_rank
),

complete as (
    select
        p.commune_code,
        cast(p.commune_rank as int) as commune_key,
        e.territory_level,
        e.level_rank,
        coalesce(p.code, 'ZZZZZZZZZ') as territory_code,
        case when p.code is null then 'Sans objet' else p.name end as territory_name,
        e.vintage,
        p.population,
        false as is_alias
    from placed as p
    inner join existing_levels as e on p.territory_level = e.territory_level
    union all
    select
        'unknown' as commune_code,
        0 as commune_key,
        territory_level,
        level_rank,
        case when territory_level = 'france' then 'FR' else 'unknown' end as territory_code,
        case when territory_level = 'france' then 'France' else 'Territoire inconnu' end as territory_name,
        vintage,
        cast(null as bigint) as population,
        false as is_alias
    from existing_levels
),

with_aliases as (
    select * from complete
    union all
    select
        a.alias_code as commune_code,
        c.commune_key,
        c.territory_level,
        c.level_rank,
        c.territory_code,
        c.territory_name,
        c.vintage,
        cast(null as bigint) as population,
        true as is_alias
    from complete as c
    inner join {{ ref('commune_aliases') }} as a on c.commune_code = a.commune_code
)

select
    commune_code,
    commune_key,
    cast(dense_rank() over (order by level_rank, territory_code) as int) as territory_key,
    territory_level,
    cast(level_rank as int) as level_rank,
    territory_code,
    territory_name,
    vintage,
    population,
    is_alias
from with_aliases
