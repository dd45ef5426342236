-- One row per edition × zoning × territory × year: establishments created, every activity and legal form.
select
    edition,
    geographie as geography_year,
    geo_object,
    geo as geo_code,
    annee as year_number,
    cast(creations_etablissements as bigint) as establishment_creation_count
from {{ source('insee_side_creations', 'territoires') }}
