{{ config(materialized='view') }}
-- A view: nothing is stored, a question asks for a measure and a period. The relations below give each row of the
-- facts the columns that countings() speaks of.
{% set countings = countings() %}
{% set no_key = 'cast(null as bigint)' %}

{% set contracts %}
(
    select
        c.*,
        c.person_id as unit_id,
        'contrats' as table_name,
        {{ no_key }} as other_contract_key,
        {{ no_key }} as exit_key
    from {{ ref('fct_contract') }} as c
)
{% endset %}

{% set trained %}
(
    select
        c.member_siren,
        c.structure_id,
        c.person_id as unit_id,
        c.member_person_id,
        c.kind,
        c.birth_year,
        c.sex,
        c.structure_commune_code,
        c.residence_commune_code,
        c.start_date,
        c.effective_end_date,
        t.start_date as training_start_date,
        t.end_date as training_end_date,
        t.hours as training_hours,
        'formations' as table_name,
        t.return_id,
        t.line_number,
        c.contract_key as other_contract_key,
        {{ no_key }} as exit_key
    from {{ ref('fct_contract') }} as c
    inner join {{ ref('fct_training') }} as t on c.member_siren = t.member_siren and c.person_id = t.person_id
)
{% endset %}

{% set trainings %}
(
    select
        t.*,
        t.person_id as unit_id,
        c.structure_id,
        c.kind,
        c.birth_year,
        c.sex,
        c.rome_domain,
        c.structure_commune_code,
        c.residence_commune_code,
        'formations' as table_name,
        t.contract_key as other_contract_key,
        {{ no_key }} as exit_key
    from {{ ref('fct_training') }} as t
    inner join {{ ref('fct_contract') }} as c on t.contract_key = c.contract_key
)
{% endset %}

{% set groups %}
(
    select
        c.member_siren,
        c.structure_id,
        c.person_id as unit_id,
        c.member_person_id,
        c.kind,
        c.birth_year,
        c.sex,
        c.rome_domain,
        c.structure_commune_code,
        c.residence_commune_code,
        c.contract_rank = 0 as is_hire,
        c.is_group_long as is_long,
        c.start_date,
        c.group_end_date as end_date,
        c.horizon_date,
        s.first_group_key is not null as opens_spell,
        'contrats' as table_name,
        c.return_id,
        c.line_number,
        c.group_last_contract_key as other_contract_key,
        {{ no_key }} as exit_key
    from {{ ref('fct_contract') }} as c
    left join {{ ref('fct_spell') }} as s on c.group_key = s.first_group_key and c.start_date = s.start_date
    where c.is_group_first
)
{% endset %}

-- A person-month is counted on the row of its first contract.
{% set months %}
(
    select
        h.*,
        c.member_siren,
        c.structure_id,
        c.person_id as unit_id,
        c.member_person_id,
        c.kind,
        c.birth_year,
        c.sex,
        c.structure_commune_code,
        c.residence_commune_code,
        s.agreed_fte,
        m.is_main,
        m.person_gross_pay_eur,
        m.monthly_smic_eur,
        'heures' as table_name,
        h.contract_key as other_contract_key,
        {{ no_key }} as exit_key
    from {{ ref('fct_contract_month') }} as h
    inner join {{ ref('fct_contract') }} as c on h.contract_key = c.contract_key
    left join {{ ref('fct_person_month') }} as m
        on h.contract_key = m.first_contract_key and h.month_start = m.month_start
    left join {{ ref('dim_structure') }} as s on c.structure_id = s.structure_id
)
{% endset %}

{% set exits %}
(
    select
        e.*,
        e.person_id as unit_id,
        case when e.is_returned then 'sorties' else 'contrats' end as table_name,
        e.last_contract_key as other_contract_key
    from {{ ref('fct_exit') }} as e
)
{% endset %}

{% set pathways %}
(
    select
        w.*,
        w.person_id as unit_id,
        'contrats' as table_name,
        c.return_id,
        c.line_number,
        w.durable_contract_key as other_contract_key
    from {{ ref('fct_pathway') }} as w
    inner join {{ ref('fct_contract') }} as c on w.first_contract_key = c.contract_key
)
{% endset %}

{% set transitions %}
(
    select
        t.*,
        t.spell_end_date as end_date,
        t.person_id as unit_id,
        'contrats' as table_name,
        c.return_id,
        c.line_number,
        t.next_contract_key as other_contract_key
    from {{ ref('fct_transition') }} as t
    inner join {{ ref('fct_contract') }} as c on t.last_contract_key = c.contract_key
)
{% endset %}

{% set activities %}
(
    select
        a.*,
        cast(null as string) as unit_id,
        cast(null as string) as member_person_id,
        a.commune_code as structure_commune_code,
        cast(null as string) as residence_commune_code,
        'activites' as table_name,
        {{ no_key }} as other_contract_key,
        {{ no_key }} as exit_key
    from {{ ref('fct_activity') }} as a
)
{% endset %}

{% set actions %}
(
    select
        a.*,
        cast(null as string) as unit_id,
        cast(null as string) as member_person_id,
        a.commune_code as structure_commune_code,
        cast(null as string) as residence_commune_code,
        'cooperations' as table_name,
        {{ no_key }} as other_contract_key,
        {{ no_key }} as exit_key
    from {{ ref('fct_cooperation') }} as a
)
{% endset %}

{% set structures %}
(
    select
        a.*,
        a.member_siren as unit_id,
        cast(null as string) as member_person_id,
        a.commune_code as structure_commune_code,
        cast(null as string) as residence_commune_code,
        'structures' as table_name,
        {{ no_key }} as other_contract_key,
        {{ no_key }} as exit_key
    from {{ ref('dim_structure') }} as a
)
{% endset %}

{% set relations = {
    'contracts_in_force': contracts, 'home_work_distances': contracts, 'people_present': contracts, 'people_trained': trained,
    'hires': groups, 'groups_ended': groups, 'moves': groups,
    'trainings': trainings, 'months': months, 'exits': exits, 'pathways': pathways, 'transitions': transitions,
    'activities_started': activities, 'activities_ended': activities, 'activities_in_force': activities,
    'structures': structures, 'cooperations_begun': actions, 'cooperations_in_force': actions,
} %}
{% set with_age_band = [exits, pathways, transitions] %}

{% for name, counting in countings.items() %}
    {% set relation = relations[name] %}
    {% set event_date = counting.date or 'p.end_date' %}
    {% set by = breakdowns_of(counting) %}
    {% do by.update({'age_band': 'r.age_band'} if relation in with_age_band else {}) %}
    {% set outer_loop = loop %}
    {% for measure, expression in counting.measures.items() %}
        select
            '{{ measure }}' as measure,
            p.period_type,
            p.period,
            {{ event_date }} as event_date,
            r.member_siren,
            r.structure_id,
            r.unit_id,
            r.member_person_id,
            {% for column in breakdown_columns() -%}
                {{ by[column] or 'cast(null as string)' }} as {{ column }},
            {% endfor -%}
            r.structure_commune_code,
            r.residence_commune_code,
            cast({{ expression }} as double) as value,
            {% if counting.observes is defined -%}
                case when {{ counting.observes.where or 'true' }} then cast({{ counting.observes.value }} as double) end
                    as observed_value,
                case when {{ counting.observes.where or 'true' }} then {{ counting.observes.is_event or 'true' }} end
                    as is_event,
            {%- else -%}
                cast(null as double) as observed_value,
                cast(null as boolean) as is_event,
            {%- endif %}
            r.table_name,
            r.return_id,
            r.line_number,
            r.other_contract_key,
            r.exit_key
        from {{ relation }} as r
        inner join {{ ref('dim_period') }} as p
            on {{ counting.date ~ ' between p.start_date and p.end_date' if counting.date else counting.while }}
        where {{ counting.where or 'true' }} and {{ expression }} <> 0
        {{ 'union all' if not (loop.last and outer_loop.last) }}
    {% endfor %}
{% endfor %}
