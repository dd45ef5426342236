{{ config(severity="warn") }}
-- SIDE: the establishments created in communes are those that the producer counts in France. A difference is the
-- producer's, or that of rows set aside: it is told, and stops nothing.
select
    cast(year_number as string) as what,
    cast(
        sum(establishment_creation_count) filter (where geo_object = 'FRANCE' and geo_code = 'F') as double
    ) as over_france,
    cast(sum(establishment_creation_count) filter (where geo_object = 'COM') as double) as over_communes
from {{ ref('stg_insee_side_creations__territory_creations') }}
group by edition, year_number
having
    sum(establishment_creation_count) filter (where geo_object = 'COM')
    <> sum(establishment_creation_count) filter (where geo_object = 'FRANCE' and geo_code = 'F')
