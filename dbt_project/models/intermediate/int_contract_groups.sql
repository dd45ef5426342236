-- One row per contract group: start of its first contract, end of its last; described by the first.
with ordered as (
    select
        *,
        row_number() over (
            partition by group_key order by start_date, contract_rank, contract_key
        ) as position_from_first,
        row_number() over (
            partition by group_key
            order by
                start_date desc, contract_rank desc,
                coalesce(effective_end_date, {{ far_date() }}) desc, contract_key desc
        ) as position_from_last
    from {{ ref('int_contracts') }}
),

ends as (
    select
        group_key,
        contract_key as last_contract_key,
        effective_end_date as end_date
    from ordered
    where position_from_last = 1
)

select
    f.group_key,
    f.contract_key as first_contract_key,
    e.last_contract_key,
    f.contract_rank = 0 as is_hire,
    f.member_siren,
    f.person_key,
    f.structure_key,
    f.kind,
    f.birth_year,
    f.sex,
    f.commune_structure_key,
    f.commune_residence_key,
    f.rome_domain,
    f.contract_type,
    f.is_stable,
    f.start_date,
    f.planned_end_date,
    e.end_date,
    f.horizon_date,
    case
        when f.is_stable then true
        when f.planned_end_date is null then null
        else f.planned_end_date >= cast({{ add_months('f.start_date', 'm.value') }} - 1 as date)
    end as is_long
from ordered as f
inner join ends as e on f.group_key = e.group_key
left join {{ parameter('long_hire_months') }} as m on f.start_date between m.valid_from and m.valid_to
where f.position_from_first = 1
