-- One row per edition × commune: class in France ruralités revitalisation.
select
    edition,
    geographie as geography_year,
    codgeo as commune_code,
    classement_frr as frr_class_label
from {{ source('anct_frr', 'communes') }}
