-- One row per commune × NAF section × quarter of creation: parts from which rates are divided.
select
    edition,
    geographie as geography_year,
    date_stock as stock_date,
    code_commune as commune_code,
    section_naf as naf_section,
    annee as creation_year,
    trimestre as creation_quarter,
    etablissements_crees as establishments_created,
    creations_nettes as net_creations,
    creations_employeuses as employer_creations,
    creations_ess as ess_creations,
    observables_12 as observable_12_months,
    survivants_12 as surviving_12_months,
    observables_24 as observable_24_months,
    survivants_24 as surviving_24_months,
    observables_36 as observable_36_months,
    survivants_36 as surviving_36_months
from {{ source('sirene', 'creations') }}
