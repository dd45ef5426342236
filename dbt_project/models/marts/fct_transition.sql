select
    c.person_id,
    t.member_person_id,
    t.spell_number,
    t.member_siren,
    c.structure_id,
    t.kind,
    t.sex,
    {{ age_band('t.birth_year', 't.end_date') }} as age_band,
    t.is_followed,
    t.spell_start_date,
    t.end_date as spell_end_date,
    t.horizon_date,
    t.is_in_risk_set,
    t.is_event,
    t.duration_days,
    coalesce(t.destination, 'censored') as destination,
    s.territory_code as structure_commune_code,
    r.territory_code as residence_commune_code,
    t.last_contract_key,
    t.next_contract_key,
    t.exit_key
from {{ ref('int_transitions') }} as t
inner join {{ ref('int_contracts') }} as c on t.last_contract_key = c.contract_key
left join {{ commune_names() }} as s on t.commune_structure_key = s.commune_key
left join {{ commune_names() }} as r on t.commune_residence_key = r.commune_key
