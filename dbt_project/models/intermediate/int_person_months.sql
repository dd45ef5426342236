-- One row per person × structure × month with hours or pay returned.
with person_months as (
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
        h.smic_hourly_eur,
        -- Says which of its contracts' rows stands for the month where months are counted.
        min(h.contract_key) as first_contract_key,
        sum(h.hours_worked) as hours_worked,
        sum(h.gross_pay_eur) as gross_pay_eur,
        sum(h.annual_fte) as annual_fte,
        sum(h.gross_pay_with_hours_eur) as gross_pay_with_hours_eur,
        sum(h.smic_pay_eur) as smic_pay_eur
    from {{ ref('int_contract_months') }} as h
    inner join {{ ref('int_contracts') }} as c on h.contract_key = c.contract_key
    group by all
)

select
    m.*,
    sum(m.gross_pay_eur) over (partition by m.person_key, m.month_start) as person_gross_pay_eur,
    f.value * m.smic_hourly_eur as monthly_smic_eur,
    -- A person paid by several structures in a month is one person-month, placed where they earn most, to the cent; else at
    -- the first SIRET and kind.
    row_number() over (
        partition by m.person_key, m.month_start
        order by round(m.gross_pay_eur, 2) desc nulls last, m.structure_key, m.member_siren, m.commune_residence_key, m.sex
    ) = 1 as is_main
from person_months as m
left join {{ parameter('monthly_smic_hours') }} as f on m.month_start between f.valid_from and f.valid_to
