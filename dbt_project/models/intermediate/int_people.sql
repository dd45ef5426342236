-- One row per person and member, as that member states them; person_key is shared by every row of one person.
with people as (
    select
        *,
        {{ person_id('network_person_id', 'member_siren', 'member_person_id') }} as person_id
    from {{ ref('stg_returns__people') }}
)

select
    p.member_siren,
    p.member_person_id,
    p.person_id,
    cast(dense_rank() over (order by p.person_id) as bigint) as person_key,
    p.network_person_id is not null as is_followed,
    p.birth_year,
    coalesce(p.sex, 'unknown') as sex,
    coalesce(c.commune_key, 0) as commune_key,
    p.residence_commune_code,
    p.education_level,
    p.pathway_entry_date,
    min(p.pathway_entry_date) over (partition by p.member_siren, p.person_id) as first_entry_date,
    p.return_id,
    p.line_number
from people as p
left join {{ ref('int_communes') }} as c on p.residence_commune_code = c.commune_code
