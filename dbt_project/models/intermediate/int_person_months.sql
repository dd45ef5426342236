-- One row per person × structure × month with hours or pay returned (and per description of the person, where a member
-- knows them under numbers that differ).
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
),

paid as (
    select
        *,
        sum(gross_pay_eur) over (partition by person_key, month_start) as person_gross_pay_eur,
        sum(gross_pay_eur) over (partition by person_key, month_start, structure_key) as structure_gross_pay_eur
    from person_months
)

select
    m.*,
    f.value * m.smic_hourly_eur as monthly_smic_eur,
    -- A person paid by several structures in a month is one person-month, placed where they earn most, to the cent;
    -- else at the first SIRET and kind. Under two numbers of one structure: as the better paid one is described.
    row_number() over (
        partition by m.person_key, m.month_start
        order by
            round(m.structure_gross_pay_eur, 2) desc nulls last, m.structure_key,
            round(m.gross_pay_eur, 2) desc nulls last, m.member_siren, m.commune_residence_key, m.sex
    ) = 1 as is_main
from paid as m
left join {{ parameter('monthly_smic_hours') }} as f on m.month_start between f.valid_from and f.valid_to
