select
    c.contract_key,
    c.member_siren,
    c.contract_id,
    c.person_id,
    c.is_followed,
    c.structure_id,
    c.kind,
    c.contract_type,
    c.is_stable,
    c.start_date,
    c.planned_end_date,
    c.real_end_date,
    c.effective_end_date,
    c.is_open,
    c.contract_rank,
    c.group_key,
    g.start_date as group_start_date,
    g.end_date as group_end_date,
    g.is_long as is_group_long,
    c.birth_year,
    c.sex,
    {{ age_band('c.birth_year', 'c.start_date') }} as age_band_at_start,
    c.weekly_hours,
    c.monthly_gross_eur,
    c.rome_code,
    s.territory_code as structure_commune_code,
    r.territory_code as residence_commune_code,
    c.work_commune_code,
    c.horizon_date
from {{ ref('int_contracts') }} as c
inner join {{ ref('int_contract_groups') }} as g on c.group_key = g.group_key
left join {{ commune_names() }} as s on c.commune_structure_key = s.commune_key
left join {{ commune_names() }} as r on c.commune_residence_key = r.commune_key
