-- One row per structure (SIRET + kind) that the federation lists or a member returned.
with listed as (
    select
        structure_id,
        max(siret) as siret,
        max(kind) as kind,
        min(member_siren) as member_siren,
        min(group_id) as group_id
    from {{ ref('stg_federation__members') }}
    group by structure_id
),

returned as (
    select *
    from {{ ref('stg_returns__structures') }}
    qualify row_number() over (partition by structure_id order by member_siren) = 1
),

merged as (
    select
        coalesce(l.structure_id, r.structure_id) as structure_id,
        coalesce(l.siret, r.siret) as siret,
        coalesce(l.kind, r.kind) as kind,
        coalesce(l.member_siren, r.member_siren) as member_siren,
        r.structure_name,
        r.commune_code,
        r.naf_code,
        r.start_date,
        r.end_date,
        r.agreed_fte,
        coalesce(r.group_id, l.group_id) as group_id,
        r.return_id,
        r.line_number,
        l.structure_id is not null as is_listed,
        r.structure_id is not null as is_returned
    from listed as l
    full outer join returned as r on l.structure_id = r.structure_id
)

select
    m.structure_id,
    -- Ordered by SIRET then kind: the key itself breaks ties between structures.
    cast(row_number() over (order by m.siret, m.kind) as int) as structure_key,
    m.siret,
    m.kind,
    m.member_siren,
    {{ member_key('m.member_siren') }} as member_key,
    m.structure_name,
    m.commune_code,
    coalesce(c.commune_key, 0) as commune_key,
    m.naf_code,
    m.start_date,
    m.end_date,
    m.agreed_fte,
    m.group_id,
    m.is_listed,
    m.is_returned,
    m.return_id,
    m.line_number
from merged as m
left join {{ ref('int_communes') }} as c on m.commune_code = c.commune_code
