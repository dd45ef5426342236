-- One row per edition × priority district.
select
    edition,
    geographie as geography_year,
    code_qp as district_code,
    lib_qp as district_name,
    insee_com as commune_code
from {{ source('anct_qpv', 'quartiers') }}
