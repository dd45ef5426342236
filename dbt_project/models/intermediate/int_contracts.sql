-- One row per contract, with its effective end, its group (initial contract and renewals) and the keys
-- everything else joins on.
with contracts as (
    select
        cast(row_number() over (order by c.member_siren, c.contract_id) as bigint) as contract_key,
        c.member_siren,
        c.contract_id,
        c.member_person_id,
        c.parent_contract_id,
        coalesce(c.contract_rank, case when c.parent_contract_id is null then 0 else 1 end) as contract_rank,
        p.person_key,
        p.person_id,
        p.is_followed,
        p.birth_year,
        p.sex,
        p.commune_key as commune_residence_key,
        s.structure_key,
        coalesce(s.commune_key, 0) as commune_structure_key,
        c.structure_id,
        c.kind,
        c.contract_type,
        coalesce(t.is_stable, false) as is_stable,
        c.start_date,
        c.planned_end_date,
        c.real_end_date,
        c.effective_end_date,
        c.weekly_hours,
        c.monthly_gross_eur,
        c.rome_code,
        coalesce(substr(c.rome_code, 1, 1), 'unknown') as rome_domain,
        c.work_commune_code,
        h.horizon_date,
        c.return_id,
        c.line_number
    from {{ ref('stg_returns__contracts') }} as c
    -- A contract whose person or structure a correction has since taken away does not count.
    inner join {{ ref('int_people') }} as p
        on c.member_siren = p.member_siren and c.member_person_id = p.member_person_id
    inner join {{ ref('stg_returns__structures') }} as k
        on c.member_siren = k.member_siren and c.structure_id = k.structure_id
    left join {{ ref('int_structures') }} as s on c.structure_id = s.structure_id
    left join {{ ref('contract_types') }} as t on c.contract_type = t.contract_type
    left join {{ ref('int_horizons') }} as h on c.member_siren = h.member_siren and h.table_name = 'contrats'
),

-- A parent may itself have a parent: each hop doubles the distance, so eleven reach a chain of 2,048 renewals (a
-- contract a day for years).
hop_0 as (
    select
        c.contract_key,
        p.contract_key as root_key
    from contracts as c
    inner join contracts as p
        on
            c.member_siren = p.member_siren
            and c.parent_contract_id = p.contract_id
            and c.contract_key <> p.contract_key
            -- A parent of somebody else is a mistake.
            and c.person_key = p.person_key
),

{% for hop in range(1, 12) %}
    hop_{{ hop }} as (
        select
            h.contract_key,
            coalesce(further.root_key, h.root_key) as root_key
        from hop_{{ hop - 1 }} as h
        left join hop_{{ hop - 1 }} as further on h.root_key = further.contract_key
    ),

{% endfor %}
-- Without a known parent, ranks decide: a rank above 0 renews the latest initial contract of the same person and
-- structure; of those begun the same day, the one that ends last.
sequences as (
    select
        c.contract_key,
        c.person_key,
        c.structure_key,
        c.start_date,
        coalesce(c.effective_end_date, {{ far_date() }}) as end_date,
        c.contract_rank,
        sum(case when c.contract_rank = 0 then 1 else 0 end) over (
            partition by c.person_key, c.structure_key
            order by
                c.start_date, c.contract_rank, coalesce(c.effective_end_date, {{ far_date() }}), c.contract_key
            rows between unbounded preceding and current row
        ) as sequence_number
    from contracts as c
    left join hop_0 as h on c.contract_key = h.contract_key
    where h.contract_key is null
),

openers as (
    select
        contract_key,
        first_value(contract_key) over (
            partition by person_key, structure_key, sequence_number
            order by start_date, contract_rank, end_date, contract_key
            rows between unbounded preceding and current row
        ) as group_key
    from sequences
)

select
    c.*,
    c.effective_end_date is null as is_open,
    coalesce(o.group_key, h.root_key, c.contract_key) as group_key
from contracts as c
left join hop_11 as h on c.contract_key = h.contract_key
left join openers as o on coalesce(h.root_key, c.contract_key) = o.contract_key
