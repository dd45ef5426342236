-- One row per person × structure × month with hours or pay returned.
with contract_months as (
    select
        c.member_siren,
        c.person_key,
        c.structure_key,
        c.kind,
        c.birth_year,
        c.sex,
        c.commune_structure_key,
        c.commune_residence_key,
        h.month_start,
        h.hours_worked,
        h.gross_pay_eur,
        s.smic_hourly_eur,
        coalesce(h.hours_worked > 0 and h.gross_pay_eur > 0, false) as has_both
    from {{ ref('stg_returns__hours') }} as h
    inner join {{ ref('int_contracts') }} as c on h.member_siren = c.member_siren and h.contract_id = c.contract_id
    left join {{ ref('smic_hourly') }} as s
        on h.month_start between s.valid_from and coalesce(s.valid_to, {{ far_date() }})
),

person_months as (
    select
        member_siren,
        person_key,
        structure_key,
        kind,
        birth_year,
        sex,
        commune_structure_key,
        commune_residence_key,
        month_start,
        smic_hourly_eur,
        sum(hours_worked) as hours_worked,
        sum(gross_pay_eur) as gross_pay_eur,
        sum(gross_pay_eur) filter (where has_both and smic_hourly_eur is not null) as gross_pay_with_hours_eur,
        sum(hours_worked * smic_hourly_eur) filter (where has_both) as smic_pay_eur
    from contract_months
    group by all
)

select
    m.*,
    m.hours_worked / b.value as annual_fte,
    sum(m.gross_pay_eur) over (partition by m.person_key, m.month_start) as person_gross_pay_eur,
    f.value * m.smic_hourly_eur as monthly_smic_eur,
    -- A person paid by several structures in a month is one person-month, placed where they earn most.
    row_number() over (
        partition by m.person_key, m.month_start
        order by m.gross_pay_eur desc nulls last, m.structure_key, m.member_siren, m.commune_residence_key, m.sex
    ) = 1 as is_main
from person_months as m
left join {{ parameter('fte_annual_hours') }} as b
    on m.kind = b.kind and m.month_start between b.valid_from and b.valid_to
left join {{ parameter('monthly_smic_hours') }} as f on m.month_start between f.valid_from and f.valid_to
