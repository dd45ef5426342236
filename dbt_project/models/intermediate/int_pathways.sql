-- One row per pathway (person × member): days from the entry to the first durable exit or CDI, or censored; described
-- by the first contract with that member.
with first_contracts as (
    select *
    from {{ ref('int_contracts') }}
    qualify
        row_number() over (
            partition by member_siren, person_key
            order by start_date, coalesce(effective_end_date, {{ far_date() }}), structure_key, contract_key
        ) = 1
),

begun as (
    select
        f.*,
        coalesce(p.first_entry_date, f.start_date) as entry_date,
        h.horizon_date as seen_until
    from first_contracts as f
    inner join {{ ref('int_people') }} as p
        on f.member_siren = p.member_siren and f.member_person_id = p.member_person_id
    inner join {{ ref('int_exit_horizons') }} as h on f.member_siren = h.member_siren
    where coalesce(p.first_entry_date, f.start_date) <= h.horizon_date
),

turns as (
    select
        member_siren,
        person_key,
        exit_date as turn_date,
        category = 'durable' as is_event,
        exit_key,
        cast(null as bigint) as contract_key
    from {{ ref('int_exits') }}
    where is_returned and category in ('durable', 'retrait')
    union all
    select
        member_siren,
        person_key,
        start_date as turn_date,
        true as is_event,
        cast(null as bigint) as exit_key,
        contract_key
    from {{ ref('int_contracts') }}
    where contract_type = 'CDI'
),

earliest as (
    select
        b.member_siren,
        b.person_key,
        t.turn_date,
        t.is_event,
        t.exit_key,
        t.contract_key
    from begun as b
    inner join turns as t on b.member_siren = t.member_siren and b.person_key = t.person_key
    where t.turn_date >= b.entry_date and t.turn_date <= b.seen_until
    qualify
        row_number() over (
            partition by b.member_siren, b.person_key
            order by t.turn_date, case when t.is_event then 0 else 1 end, t.exit_key nulls last, t.contract_key
        ) = 1
)

select
    b.member_siren,
    b.member_person_id,
    b.person_key,
    b.contract_key as first_contract_key,
    b.structure_key,
    b.kind,
    b.birth_year,
    b.sex,
    b.commune_structure_key,
    b.commune_residence_key,
    b.entry_date,
    b.seen_until as horizon_date,
    coalesce(e.is_event, false) as is_event,
    cast(coalesce(e.turn_date, b.seen_until) - b.entry_date as int) as duration_days,
    e.exit_key,
    e.contract_key as durable_contract_key
from begun as b
left join earliest as e on b.member_siren = e.member_siren and b.person_key = e.person_key
