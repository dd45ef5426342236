-- One row per edition × commune: class in the rural revitalisation zones.
select
    edition,
    geographie as geography_year,
    codgeo as commune_code,
    substr(zrr_simp, 1, 2) as zrr_class_prefix,
    zrr_simp as zrr_class_label
from {{ source('anct_zrr', 'communes') }}
