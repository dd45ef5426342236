-- One row per edition × SIRET × kind of the national list of work-integration enterprises.
select
    edition,
    siret,
    kind,
    name as structure_name,
    naf as naf_code,
    post_code,
    city
from {{ source('siae', 'structures') }}
