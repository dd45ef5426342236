-- One row per member × table: the last day its returns in force speak for.
select
    member_siren,
    table_name,
    max(period_end) as horizon_date
from {{ ref('stg_returns__remontees') }}
where is_in_force
group by member_siren, table_name
