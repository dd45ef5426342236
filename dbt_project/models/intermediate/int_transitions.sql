-- One row per spell that ended before the horizon: days to the next contract, outside job or training, or
-- censored.
with opened as (
    select
        s.person_key,
        s.spell_number,
        s.start_date as spell_start_date,
        s.end_date,
        s.last_contract_key,
        s.next_start_date,
        s.next_first_contract_key,
        coalesce(s.next_start_date, {{ far_date() }}) as next_or_never,
        l.member_siren,
        l.member_person_id,
        l.structure_key,
        l.kind,
        l.is_followed,
        l.birth_year,
        l.sex,
        l.commune_structure_key,
        l.commune_residence_key,
        l.horizon_date
    from {{ ref('int_spells') }} as s
    inner join {{ ref('int_contracts') }} as l on s.last_contract_key = l.contract_key
    where s.end_date < l.horizon_date
),

candidates as (
    select
        o.person_key,
        o.spell_number,
        o.next_start_date as candidate_date,
        cast(o.next_start_date - o.end_date as int) - 1 as duration_days,
        true as is_event,
        case when n.structure_key = o.structure_key then 'same_structure' else 'other_structure' end as destination,
        o.next_first_contract_key as next_contract_key,
        cast(null as bigint) as exit_key
    from opened as o
    inner join {{ ref('int_contracts') }} as n on o.next_first_contract_key = n.contract_key
    where o.next_start_date <= o.horizon_date
    union all
    select
        o.person_key,
        o.spell_number,
        e.new_job_date as candidate_date,
        cast(e.new_job_date - o.end_date as int) - 1 as duration_days,
        true as is_event,
        case when e.is_training then 'training' else 'outside_job' end as destination,
        cast(null as bigint) as next_contract_key,
        e.exit_key
    from opened as o
    inner join {{ ref('int_exits') }} as e on o.person_key = e.person_key and e.is_returned
    where e.new_job_date > o.end_date and e.new_job_date < o.next_or_never and e.new_job_date <= o.horizon_date
    union all
    select
        o.person_key,
        o.spell_number,
        e.exit_date as candidate_date,
        cast(e.exit_date - o.end_date as int) as duration_days,
        false as is_event,
        cast(null as string) as destination,
        cast(null as bigint) as next_contract_key,
        e.exit_key
    from opened as o
    inner join {{ ref('int_exits') }} as e on o.person_key = e.person_key and e.category = 'retrait'
    where e.exit_date >= o.end_date and e.exit_date < o.next_or_never and e.exit_date <= o.horizon_date
),

earliest as (
    select *
    from candidates
    qualify
        row_number() over (
            partition by person_key, spell_number
            order by candidate_date, case when is_event then 0 else 1 end, destination nulls last, exit_key
        ) = 1
),

undated as (
    select
        o.person_key,
        o.spell_number,
        min(e.exit_key) as exit_key
    from opened as o
    inner join {{ ref('int_exits') }} as e on o.person_key = e.person_key
    where
        e.category in ('durable', 'transition')
        and e.new_job_date is null
        and e.exit_date >= o.spell_start_date
        and e.exit_date < o.next_or_never
    group by o.person_key, o.spell_number
)

select
    o.person_key,
    o.spell_number,
    o.last_contract_key,
    o.member_siren,
    o.member_person_id,
    o.structure_key,
    o.kind,
    o.is_followed,
    o.birth_year,
    o.sex,
    o.commune_structure_key,
    o.commune_residence_key,
    o.spell_start_date,
    o.end_date,
    o.horizon_date,
    u.person_key is null as is_in_risk_set,
    coalesce(e.is_event, false) as is_event,
    coalesce(e.duration_days, cast(o.horizon_date - o.end_date as int)) as duration_days,
    e.destination,
    e.next_contract_key,
    coalesce(u.exit_key, e.exit_key) as exit_key
from opened as o
left join earliest as e on o.person_key = e.person_key and o.spell_number = e.spell_number
left join undated as u on o.person_key = u.person_key and o.spell_number = u.spell_number
