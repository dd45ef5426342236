-- Hours, pay and full-time equivalents: one row per measure × period × person × structure.
{{ config(materialized='ephemeral') }}

with months as (
    select
        {{ person_keys('m', 'm.month_start') }},
        sum(m.hours_worked) as hours_worked,
        sum(m.annual_fte) as annual_fte,
        sum(m.annual_fte) filter (where s.agreed_fte > 0) as annual_fte_under_agreement,
        sum(m.gross_pay_with_hours_eur) as gross_pay,
        sum(m.smic_pay_eur) as smic_pay,
        count(*) filter (where m.is_main and m.person_gross_pay_eur > 0 and m.monthly_smic_eur > 0) as paid_months,
        count(*) filter (
            where m.is_main and m.person_gross_pay_eur > 0 and m.person_gross_pay_eur < m.monthly_smic_eur
        ) as months_below_smic
    from {{ ref('int_person_months') }} as m
    inner join {{ ref('int_period_quarters') }} as p on {{ quarter_start('m.month_start') }} = p.quarter_start
    left join {{ ref('int_structures') }} as s on m.structure_key = s.structure_key
    group by all
)

{{ measure_rows('months', {
    'hours_worked': 'hours_worked',
    'annual_fte': 'annual_fte',
    'annual_fte_under_agreement': 'annual_fte_under_agreement',
    'gross_pay': 'gross_pay',
    'smic_pay': 'smic_pay',
    'paid_months': 'paid_months',
    'months_below_smic': 'months_below_smic',
}) }}
