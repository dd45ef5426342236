-- One row per contract whose two ends are known: from the centre of the commune where the person lives to that of the
-- commune of the workplace, else of the structure.
-- A code that has no centre of its own has that of the commune of today it is in.
with centres as (
    select
        commune_code,
        longitude_deg,
        latitude_deg
    from {{ ref('stg_etalab_communes__centres') }}
    union all
    select
        a.alias_code as commune_code,
        t.longitude_deg,
        t.latitude_deg
    from {{ ref('commune_aliases') }} as a
    inner join {{ ref('stg_etalab_communes__centres') }} as t on a.commune_code = t.commune_code
    left join {{ ref('stg_etalab_communes__centres') }} as o on a.alias_code = o.commune_code
    where o.commune_code is null
)

select
    c.contract_key,
    c.member_siren,
    c.person_key,
    c.structure_key,
    c.kind,
    c.birth_year,
    c.sex,
    c.commune_structure_key,
    c.commune_residence_key,
    c.start_date,
    c.effective_end_date,
    -- Sines of another engine differ in the last digits.
    round({{ great_circle_km('h.longitude_deg', 'h.latitude_deg', 'w.longitude_deg', 'w.latitude_deg') }}, 12)
        as home_work_km
from {{ ref('int_contracts') }} as c
inner join {{ ref('int_people') }} as p
    on c.member_siren = p.member_siren and c.member_person_id = p.member_person_id
inner join {{ ref('int_structures') }} as s on c.structure_id = s.structure_id
inner join centres as h on p.residence_commune_code = h.commune_code
inner join centres as w on coalesce(c.work_commune_code, s.commune_code) = w.commune_code
