-- One row per member that sends both contracts and exits: the last day that both speak for. An exit can be missed, or a
-- durable one be seen, up to that day alone.
select
    member_siren,
    min(horizon_date) as horizon_date
from {{ ref('int_horizons') }}
where table_name in ('contrats', 'sorties')
group by member_siren
having count(*) = 2
