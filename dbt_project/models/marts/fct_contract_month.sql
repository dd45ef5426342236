select
    contract_key,
    month_start,
    hours_worked,
    gross_pay_eur,
    annual_fte,
    gross_pay_with_hours_eur,
    smic_pay_eur,
    return_id,
    line_number
from {{ ref('int_contract_months') }}
