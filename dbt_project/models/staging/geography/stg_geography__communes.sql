-- One row per current commune, with the territories it belongs to.
select
    code_commune as commune_code,
    nom_commune as commune_name,
    code_epci as epci_code,
    nom_epci as epci_name,
    code_zone_emploi as zone_emploi_code,
    nom_zone_emploi as zone_emploi_name,
    code_arrondissement as arrondissement_code,
    nom_arrondissement as arrondissement_name,
    code_departement as departement_code,
    nom_departement as departement_name,
    code_region as region_code,
    nom_region as region_name,
    'FR' as france_code,
    'France' as france_name,
    cast(population_municipale as bigint) as population,
    cast(millesime as string) as vintage
from {{ source('geography', 'communes') }}
