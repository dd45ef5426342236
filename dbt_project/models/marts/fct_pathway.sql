select
    c.person_id,
    w.member_person_id,
    w.member_siren,
    c.structure_id,
    w.kind,
    w.sex,
    {{ age_band('w.birth_year', 'w.entry_date') }} as age_band,
    w.entry_date,
    w.horizon_date,
    w.is_event,
    w.duration_days,
    s.territory_code as structure_commune_code,
    r.territory_code as residence_commune_code,
    w.first_contract_key,
    w.durable_contract_key,
    w.exit_key
from {{ ref('int_pathways') }} as w
inner join {{ ref('int_contracts') }} as c on w.first_contract_key = c.contract_key
left join {{ commune_names() }} as s on w.commune_structure_key = s.commune_key
left join {{ commune_names() }} as r on w.commune_residence_key = r.commune_key
