-- Contracts in force and those of a known distance from home to work, people present, people trained, hires, groups
-- ended, hours of training: one row per measure × period × person × structure.
{{ config(materialized='ephemeral') }}

-- "With training hours": the training runs on a day of the period; without an end it is its first day.
{% set contracts_with_training %}
(
    select
        c.*,
        t.start_date as training_start_date,
        t.end_date as training_end_date,
        t.hours as training_hours
    from {{ ref('int_contracts') }} as c
    inner join {{ ref('int_people') }} as w on c.member_siren = w.member_siren and c.person_key = w.person_key
    inner join {{ ref('stg_returns__trainings') }} as t
        on w.member_siren = t.member_siren and w.member_person_id = t.member_person_id
)
{% endset %}

{{ measures_of({
    'contracts_in_force': ref('int_contracts'),
    'home_work_distances': ref('int_home_work_distances'),
    'people_present': ref('int_contracts'),
    'people_trained': contracts_with_training,
    'trainings': ref('int_trainings'),
    'hires': ref('int_contract_groups'),
    'groups_ended': ref('int_contract_groups'),
}) }}
