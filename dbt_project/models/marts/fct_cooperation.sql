select
    a.member_siren,
    a.action_id,
    a.structure_id,
    a.kind,
    a.action_type,
    a.action_name,
    a.start_date,
    a.end_date,
    s.territory_code as commune_code,
    a.partner_count,
    a.partner_types,
    a.return_id,
    a.line_number
from {{ ref('int_cooperations') }} as a
left join {{ commune_names() }} as s on a.commune_structure_key = s.commune_key
