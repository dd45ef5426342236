select
    f.person_id,
    s.spell_number,
    s.start_date,
    s.end_date,
    s.end_date is null as is_open,
    s.contract_count,
    s.next_start_date,
    cast(s.next_start_date - s.end_date as int) - 1 as days_without_contract,
    f.contract_key as first_contract_key,
    s.first_group_key,
    l.contract_key as last_contract_key,
    l.structure_id as last_structure_id,
    l.kind as last_kind,
    l.member_siren as last_member_siren
from {{ ref('int_spells') }} as s
inner join {{ ref('int_contracts') }} as f on s.first_contract_key = f.contract_key
inner join {{ ref('int_contracts') }} as l on s.last_contract_key = l.contract_key
