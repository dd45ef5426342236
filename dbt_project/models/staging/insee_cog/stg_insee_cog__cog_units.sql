-- One row per edition × type × code of commune, associated or delegated commune, municipal district.
select
    edition,
    typecom as unit_type,
    com as commune_code,
    libelle as commune_name,
    comparent as parent_code,
    arr as arrondissement_code,
    dep as departement_code,
    reg as region_code
from {{ source('insee_cog', 'communes') }}
