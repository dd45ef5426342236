-- One row per contract × month with hours or pay returned, valued one by one: sums of them are sums of months.
select
    c.contract_key,
    h.month_start,
    s.smic_hourly_eur,
    h.hours_worked,
    h.gross_pay_eur,
    h.hours_worked / b.value as annual_fte,
    case
        when h.hours_worked > 0 and h.gross_pay_eur > 0 and s.smic_hourly_eur is not null then h.gross_pay_eur
    end as gross_pay_with_hours_eur,
    case
        when h.hours_worked > 0 and h.gross_pay_eur > 0 then h.hours_worked * s.smic_hourly_eur
    end as smic_pay_eur,
    h.return_id,
    h.line_number
from {{ ref('stg_returns__hours') }} as h
inner join {{ ref('int_contracts') }} as c on h.member_siren = c.member_siren and h.contract_id = c.contract_id
left join {{ ref('smic_hourly') }} as s
    on h.month_start between s.valid_from and coalesce(s.valid_to, {{ far_date() }})
left join {{ parameter('fte_annual_hours') }} as b
    on c.kind = b.kind and h.month_start between b.valid_from and b.valid_to
