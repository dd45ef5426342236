-- One row per cooperation action, placed in its own commune, else its structure's.
select
    a.action_id,
    a.member_siren,
    a.structure_id,
    s.structure_key,
    a.kind,
    coalesce(a.action_type, 'unknown') as action_type,
    a.action_name,
    a.start_date,
    a.end_date,
    case
        when a.commune_code is null then coalesce(s.commune_key, 0)
        else coalesce(c.commune_key, 0)
    end as commune_structure_key,
    a.partner_count,
    a.partner_types,
    a.return_id,
    a.line_number
from {{ ref('stg_returns__cooperations') }} as a
-- A row whose structure a correction has since taken away does not count.
inner join {{ ref('stg_returns__structures') }} as k
    on a.member_siren = k.member_siren and a.structure_id = k.structure_id
left join {{ ref('int_structures') }} as s on a.structure_id = s.structure_id
left join {{ ref('int_communes') }} as c on a.commune_code = c.commune_code
