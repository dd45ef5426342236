select
    commune_code,
    first_vintage,
    last_vintage,
    current_commune_code,
    population_share,
    event
from {{ ref('int_commune_vintages') }}
