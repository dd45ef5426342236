with members as (
    select
        member_siren,
        count(*) as structure_count
    from {{ ref('int_structures') }}
    group by member_siren
),

names as (
    select
        member_siren,
        min(member_name) as member_name,
        min(region_as_listed) as region_as_listed
    from {{ ref('stg_federation__members') }}
    group by member_siren
),

returns as (
    select
        member_siren,
        count(distinct return_id) as return_count,
        min(received_at) as first_received_at,
        max(received_at) as last_received_at,
        max(period_end) filter (where is_in_force) as horizon_date
    from {{ ref('stg_returns__remontees') }}
    group by member_siren
)

select
    m.member_siren,
    n.member_name,
    n.region_as_listed,
    m.structure_count,
    coalesce(r.return_count, 0) as return_count,
    r.first_received_at,
    r.last_received_at,
    r.horizon_date
from members as m
left join names as n on m.member_siren = n.member_siren
left join returns as r on m.member_siren = r.member_siren
