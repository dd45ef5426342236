select
    e.exit_key,
    p.person_id,
    e.member_person_id,
    e.structure_id,
    e.member_siren,
    e.kind,
    e.exit_date,
    e.exit_reason,
    e.category,
    e.is_dynamic,
    e.is_returned,
    e.is_present_long_enough,
    e.is_counted,
    e.presence_months,
    e.presence_hours,
    e.presence_hours_year,
    e.new_job_date,
    e.target_dynamic_share,
    e.annex_return_id,
    e.annex_line_number,
    e.sex,
    {{ age_band('e.birth_year', 'e.exit_date') }} as age_band,
    s.territory_code as structure_commune_code,
    r.territory_code as residence_commune_code,
    e.last_contract_key,
    e.return_id,
    e.line_number
from {{ ref('int_exits') }} as e
left join (
    select distinct
        person_key,
        person_id
    from {{ ref('int_people') }}
) as p on e.person_key = p.person_key
left join {{ commune_names() }} as s on e.commune_structure_key = s.commune_key
left join {{ commune_names() }} as r on e.commune_residence_key = r.commune_key
