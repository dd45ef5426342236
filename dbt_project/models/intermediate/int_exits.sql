-- One row per ended pathway (person × structure): a returned exit, or a last contract long ended without one.
with returned as (
    select
        e.member_siren,
        p.person_key,
        e.member_person_id,
        e.structure_id,
        e.kind,
        e.exit_date,
        e.exit_reason,
        e.new_job_date,
        r.category as reason_category,
        coalesce(r.is_training, false) as is_training,
        coalesce(r.is_dynamic, false) as is_dynamic,
        true as is_returned,
        e.return_id,
        e.line_number
    from {{ ref('stg_returns__exits') }} as e
    inner join {{ ref('int_people') }} as p
        on e.member_siren = p.member_siren and e.member_person_id = p.member_person_id
    inner join {{ ref('stg_returns__structures') }} as k
        on e.member_siren = k.member_siren and e.structure_id = k.structure_id
    left join {{ ref('exit_reasons') }} as r on e.exit_reason = r.exit_reason
    -- One person known to a member under two numbers may leave twice on one day: once is enough, the one that tells
    -- most: a job, a dynamic reason, a reason.
    qualify
        row_number() over (
            partition by e.member_siren, p.person_key, e.structure_id, e.exit_date
            order by
                e.new_job_date nulls last,
                coalesce(r.is_dynamic, false) desc,
                case when e.exit_reason is null then 1 else 0 end,
                e.exit_reason,
                e.member_person_id
        ) = 1
),

stays as (
    select
        person_key,
        structure_id,
        min(start_date) as first_start_date,
        max(coalesce(effective_end_date, {{ far_date() }})) as last_end_date,
        max(start_date) as last_start_date,
        -- The person as stated with the last contract there.
        max_by(contract_key, (coalesce(effective_end_date, {{ far_date() }}), start_date, contract_key))
            as last_contract_key
    from {{ ref('int_contracts') }}
    group by person_key, structure_id
),

inferred as (
    select
        c.member_siren,
        s.person_key,
        c.member_person_id,
        s.structure_id,
        c.kind,
        s.last_end_date as exit_date,
        cast(null as string) as exit_reason,
        cast(null as date) as new_job_date,
        cast(null as string) as reason_category,
        false as is_training,
        false as is_dynamic,
        false as is_returned,
        -- The contract's row is all that says so.
        c.return_id,
        c.line_number
    from stays as s
    inner join {{ ref('int_contracts') }} as c on s.last_contract_key = c.contract_key
    inner join {{ ref('int_exit_horizons') }} as h on c.member_siren = h.member_siren
    inner join {{ parameter('undocumented_exit_delay') }} as d on s.last_end_date between d.valid_from and d.valid_to
    -- An exit before the last contract there began tells of an earlier stay.
    left join (
        select
            person_key,
            structure_id,
            max(exit_date) as last_exit_date
        from returned
        group by person_key, structure_id
    ) as r
        on s.person_key = r.person_key and s.structure_id = r.structure_id and r.last_exit_date >= s.last_start_date
    where
        r.person_key is null
        and s.last_end_date < {{ far_date() }}
        and s.last_end_date + cast(d.value as int) <= h.horizon_date
),

ended as (
    select * from returned
    union all
    select * from inferred
),

described as (
    select
        e.*,
        p.birth_year,
        p.sex,
        p.commune_key as commune_residence_key,
        p.first_entry_date
    from ended as e
    inner join {{ ref('int_people') }} as p
        on e.member_siren = p.member_siren and e.member_person_id = p.member_person_id
),

worked as (
    select
        person_key,
        structure_key,
        cast(year(month_start) as int) as work_year,
        sum(hours_worked) as hours_worked
    from {{ ref('int_person_months') }}
    group by person_key, structure_key, cast(year(month_start) as int)
),

presence as (
    select
        d.*,
        t.structure_key,
        coalesce(t.commune_key, 0) as commune_structure_key,
        s.last_contract_key,
        -- An entry after the exit is that of another pathway.
        cast(d.exit_date - coalesce(
            case when d.first_entry_date <= d.exit_date then d.first_entry_date end, s.first_start_date
        ) as int) * f.value as presence_months,
        coalesce(sum(w.hours_worked), 0) as presence_hours,
        coalesce(sum(w.hours_worked) filter (where w.work_year = year(d.exit_date)), 0) as presence_hours_year
    from described as d
    left join {{ ref('int_structures') }} as t on d.structure_id = t.structure_id
    left join stays as s on d.person_key = s.person_key and d.structure_id = s.structure_id
    left join worked as w on d.person_key = w.person_key and t.structure_key = w.structure_key
    left join {{ parameter('month_factor') }} as f on d.exit_date between f.valid_from and f.valid_to
    group by all
),

-- What was agreed with the State for that day; of several annexes, the one that begins last.
targets as (
    select
        e.structure_id,
        e.exit_date,
        max_by(a.target_dynamic_share, (a.start_date, a.annex_number)) as target_dynamic_share,
        max_by(a.return_id, (a.start_date, a.annex_number)) as annex_return_id,
        max_by(a.line_number, (a.start_date, a.annex_number)) as annex_line_number
    from (
        select distinct
            structure_id,
            exit_date
        from ended
    ) as e
    inner join {{ ref('stg_returns__financial_annexes') }} as a
        on e.structure_id = a.structure_id and e.exit_date between a.start_date and a.end_date
    where a.target_dynamic_share is not null
    group by e.structure_id, e.exit_date
),

judged as (
    select
        p.*,
        t.target_dynamic_share,
        t.annex_return_id,
        t.annex_line_number,
        (m.value is null or coalesce(p.presence_months > m.value, false))
        and (h.value is null or p.presence_hours >= h.value)
        and (y.value is null or p.presence_hours_year >= y.value) as is_present_long_enough
    from presence as p
    left join targets as t on p.structure_id = t.structure_id and p.exit_date = t.exit_date
    left join {{ parameter('minimum_presence_months') }} as m
        on p.kind = m.kind and p.exit_date between m.valid_from and m.valid_to
    left join {{ parameter('minimum_presence_hours') }} as h
        on p.kind = h.kind and p.exit_date between h.valid_from and h.valid_to
    left join {{ parameter('minimum_presence_hours_year') }} as y
        on p.kind = y.kind and p.exit_date between y.valid_from and y.valid_to
)

select
    *,
    cast(row_number() over (
        order by member_siren, person_key, structure_id, exit_date
    ) as bigint) as exit_key,
    case
        when exit_reason is null then 'undocumented'
        else coalesce(reason_category, 'autre')
    end as category,
    -- "Retrait" and the CDI inclusion (the person stays) are outside every denominator.
    is_present_long_enough and coalesce(reason_category, '') not in ('retrait', 'apart') as is_counted
from judged
