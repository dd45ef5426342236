-- One row per edition × commune × activity × year.
select
    edition,
    geographie as geography_year,
    com as commune_code,
    code_ape as naf_code,
    annee as year_number,
    cast(etablissements as bigint) as establishment_count,
    cast(effectifs_salaries as bigint) as job_count
from {{ source('urssaf_commune_ape', 'emplois') }}
