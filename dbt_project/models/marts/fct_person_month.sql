select
    p.person_id,
    m.member_siren,
    s.structure_id,
    m.kind,
    m.month_start,
    m.sex,
    {{ age_band('m.birth_year', 'm.month_start') }} as age_band,
    m.hours_worked,
    m.gross_pay_eur,
    m.smic_hourly_eur,
    m.person_gross_pay_eur,
    m.monthly_smic_eur,
    m.is_main,
    m.annual_fte,
    m.first_contract_key
from {{ ref('int_person_months') }} as m
left join (
    select distinct
        person_key,
        person_id
    from {{ ref('int_people') }}
) as p on m.person_key = p.person_key
left join {{ ref('int_structures') }} as s on m.structure_key = s.structure_key
