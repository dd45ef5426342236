-- One row per training, placed at a contract of its person with that member: in force on its first day, else the last
-- one begun before, else the first one begun after; of several, the first by SIRET, kind and professional field (the
-- numbers of contracts are pseudonyms: their order says nothing).
select
    t.start_date,
    t.end_date,
    t.hours,
    c.contract_key,
    c.member_siren,
    t.member_person_id,
    c.person_key,
    c.structure_key,
    c.kind,
    c.birth_year,
    c.sex,
    c.rome_domain,
    c.commune_structure_key,
    c.commune_residence_key,
    t.is_certifying,
    t.return_id,
    t.line_number
from {{ ref('stg_returns__trainings') }} as t
inner join {{ ref('int_people') }} as p
    on t.member_siren = p.member_siren and t.member_person_id = p.member_person_id
inner join {{ ref('int_contracts') }} as c on p.member_siren = c.member_siren and p.person_key = c.person_key
qualify
    row_number() over (
        partition by t.member_siren, t.member_person_id, t.start_date
        order by
            case
                when c.start_date > t.start_date then 2
                when coalesce(c.effective_end_date, {{ far_date() }}) >= t.start_date then 0
                else 1
            end,
            abs(cast(t.start_date - c.start_date as int)),
            c.structure_key,
            c.rome_domain,
            c.contract_key
    ) = 1
