select
    t.member_siren,
    p.person_id,
    t.member_person_id,
    t.start_date,
    t.end_date,
    t.hours,
    t.is_certifying,
    a.contract_key,
    t.return_id,
    t.line_number
from {{ ref('stg_returns__trainings') }} as t
inner join {{ ref('int_people') }} as p  -- a training of a person withdrawn since is nobody's
    on t.member_siren = p.member_siren and t.member_person_id = p.member_person_id
left join {{ ref('int_trainings') }} as a
    on
        t.member_siren = a.member_siren
        and t.member_person_id = a.member_person_id
        and t.start_date = a.start_date
