-- One row per commune code × interval of vintages × commune of today.
select
    code_ancien as commune_code,
    cast(premier_millesime as int) as first_vintage,
    cast(dernier_millesime as int) as last_vintage,
    code_commune as current_commune_code,
    part as population_share,
    evenement as event
from {{ source('geography', 'commune_vintages') }}
