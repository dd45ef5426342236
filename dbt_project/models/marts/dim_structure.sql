select
    s.structure_id,
    s.siret,
    s.kind,
    k.label_fr as kind_label,
    coalesce(k.is_iae, false) as is_iae,
    s.member_siren,
    s.structure_name,
    coalesce(t.territory_code, 'unknown') as commune_code,
    s.naf_code,
    s.start_date,
    s.end_date,
    s.agreed_fte,
    s.group_id,
    s.is_listed,
    s.is_returned,
    s.return_id,
    s.line_number
from {{ ref('int_structures') }} as s
left join {{ ref('structure_kinds') }} as k on s.kind = k.kind
left join {{ ref('bridge_territory') }} as t on s.commune_code = t.commune_code and t.territory_level = 'commune'
