-- One row per commune or municipal district whose centre is published, as the newest edition has it.
select
    com as commune_code,
    longitude as longitude_deg,
    latitude as latitude_deg
from {{ source('etalab_communes', 'centres') }}
where longitude is not null and latitude is not null
