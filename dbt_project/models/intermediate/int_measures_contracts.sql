-- Contracts in force, people present, hires: one row per measure × period × person × structure.
{{ config(materialized='ephemeral') }}

with contracts_in_force as (
    {{ counted('contracts_in_force', ref('int_contracts'), person_keys('r', 'p.end_date')) }}
),

people_present as (
    {{ counted('people_present', ref('int_contracts'), person_keys('r', 'p.end_date')) }}
),

-- "With training hours": the training runs on a day of the period; without an end it is its first day.
contracts_with_training as (
    select
        c.*,
        t.start_date as training_start_date,
        t.end_date as training_end_date,
        t.hours as training_hours
    from {{ ref('int_contracts') }} as c
    inner join {{ ref('int_people') }} as w on c.member_siren = w.member_siren and c.person_key = w.person_key
    inner join {{ ref('stg_returns__trainings') }} as t
        on w.member_siren = t.member_siren and w.member_person_id = t.member_person_id
),

people_trained as (
    {{ counted('people_trained', 'contracts_with_training', person_keys('r', 'p.end_date')) }}
),

hires as (
    {{ counted('hires', ref('int_contract_groups'), person_keys('r', 'r.start_date')) }}
),

groups_ended as (
    {{ counted('groups_ended', ref('int_contract_groups'), person_keys('r', 'r.end_date')) }}
)

{{ measure_rows('contracts_in_force') }}
union all
{{ measure_rows('people_present') }}
union all
{{ measure_rows('people_trained') }}
union all
{{ measure_rows('hires') }}
union all
{{ measure_rows('groups_ended') }}
