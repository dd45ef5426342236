select
    commune_code,
    territory_level,
    territory_code,
    vintage as territory_vintage,
    is_alias
from {{ ref('int_commune_levels') }}
