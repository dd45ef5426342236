select
    p.member_siren,
    p.member_person_id,
    p.person_id,
    p.is_followed,
    p.birth_year,
    p.sex,
    c.territory_code as residence_commune_code,
    p.education_level,
    p.pathway_entry_date,
    p.return_id,
    p.line_number
from {{ ref('int_people') }} as p
left join {{ commune_names() }} as c on p.commune_key = c.commune_key
