-- One row per commune of today that the newest composition of zones d'emploi places. Several former communes of one
-- commune may have been in two zones: the zone of most of them, then the lower code.
with newest as (
    select max(edition) as edition from {{ ref('stg_insee_zones_emploi__commune_zones') }}
),

placed as (
    select
        v.current_commune_code as commune_code,
        z.zone_emploi_code,
        z.zone_emploi_name,
        z.edition,
        sum(v.population_share) as weight
    from {{ ref('stg_insee_zones_emploi__commune_zones') }} as z
    inner join newest as n on z.edition = n.edition
    inner join {{ ref('int_commune_vintages') }} as v
        on z.commune_code = v.commune_code and z.geography_year between v.first_vintage and v.last_vintage
    group by all
)

select
    commune_code,
    zone_emploi_code,
    zone_emploi_name,
    edition
from placed
qualify row_number() over (partition by commune_code order by weight desc, zone_emploi_code) = 1
