{# What counts: one entry a kind of row. `r` is the row, `p` a period. A flow counts in the periods that hold its
   `date`, a stock in those that `while` is true of; `where` says which rows count at all, `measures` what one row
   brings to each measure; `of_person`, `unit` and `by` whom it counts and how it breaks down. `observes` makes an
   observation of it: a value of a distribution, whether its end is seen, and what ended it where several things may.
   int_measures_… and int_observations add these up, lineage_row shows them one by one: they cannot disagree. #}
{% macro countings() %}
    {% set contract_end = "coalesce(r.effective_end_date, " ~ far_date() ~ ")" %}
    {% set end = "coalesce(r.end_date, " ~ far_date() ~ ")" %}
    {% set one = "1" %}
    {% set has_target = "r.category <> 'undocumented' and r.target_dynamic_share is not null" %}
    {# Without a SMIC volunteer hours have no price: what they are a part of is not known either. #}
    {% set is_priced = "(p.smic_hourly_eur is not null or coalesce(r.volunteer_hours, 0) = 0)" %}
    {% set by_activity = {'strategy': "r.strategy", 'need': "r.need"} %}
    {{ return({
        'contracts_in_force': {
            'of_person': true,
            'while': "r.start_date <= p.end_date and " ~ contract_end ~ " >= p.end_date",
            'by': {'rome_domain': "r.rome_domain"},
            'measures': {
                'contracts_in_force': one,
                'contracts_stable': "case when r.is_stable then 1 end",
                'contracts_stating_hours': "case when r.weekly_hours is not null then 1 end",
                'weekly_hours': "r.weekly_hours",
                'contracts_full_time':
                    "case when r.weekly_hours >= " ~ parameter_on('full_time_hours', 'p.end_date') ~ " then 1 end",
                'contracts_under_15h':
                    "case when r.weekly_hours < " ~ parameter_on('short_time_hours', 'p.end_date') ~ " then 1 end",
            },
        },
        'home_work_distances': {
            'of_person': true,
            'while': "r.start_date <= p.end_date and " ~ contract_end ~ " >= p.end_date",
            'where': "r.home_work_km is not null",
            'measures': {'contracts_with_home_work_km': one},
            'observes': {'distribution': 'home_work_km', 'value': "r.home_work_km"},
        },
        'people_present': {
            'of_person': true,
            'while': "r.start_date <= p.end_date and " ~ contract_end ~ " >= p.start_date",
            'measures': {'people_present': one},
        },
        'people_trained': {
            'of_person': true,
            'while': "r.start_date <= p.end_date and " ~ contract_end ~ " >= p.start_date"
                ~ " and r.training_start_date <= p.end_date"
                ~ " and coalesce(r.training_end_date, r.training_start_date) >= p.start_date",
            'where': "r.training_hours > 0",
            'measures': {'people_trained': one},
        },
        'trainings': {
            'of_person': true,
            'date': "r.start_date",
            'by': {'rome_domain': "r.rome_domain"},
            'measures': {'training_hours': "r.hours"},
        },
        'hires': {
            'of_person': true,
            'date': "r.start_date",
            'where': "r.is_hire",
            'by': {'rome_domain': "r.rome_domain"},
            'measures': {
                'hires': one,
                'hires_with_known_length': "case when r.is_long is not null then 1 end",
                'hires_long': "case when r.is_long then 1 end",
            },
        },
        'groups_ended': {
            'of_person': true,
            'date': "r.end_date",
            'where': "r.end_date <= r.horizon_date",
            'measures': {'contract_groups_ended': one},
            'observes': {
                'distribution': 'contract_group_days',
                'value': "cast(r.end_date - r.start_date as int) + 1",
            },
        },
        'months': {
            'of_person': true,
            'date': "r.month_start",
            'measures': {
                'hours_worked': "r.hours_worked",
                'monthly_hours': "case when r.hours_worked is not null then 1 end",
                'annual_fte': "r.annual_fte",
                'annual_fte_under_agreement': "case when r.agreed_fte > 0 then r.annual_fte end",
                'gross_pay': "r.gross_pay_with_hours_eur",
                'smic_pay': "r.smic_pay_eur",
                'paid_months':
                    "case when r.is_main and r.person_gross_pay_eur > 0 and r.monthly_smic_eur > 0 then 1 end",
                'months_below_smic': "case when r.is_main and r.person_gross_pay_eur > 0"
                    ~ " and r.person_gross_pay_eur < r.monthly_smic_eur then 1 end",
            },
        },
        'exits': {
            'of_person': true,
            'date': "r.exit_date",
            'where': "r.is_counted",
            'measures': {
                'exits_ended': one,
                'exits_documented': "case when r.category <> 'undocumented' then 1 end",
                'exits_undocumented': "case when r.category = 'undocumented' then 1 end",
                'exits_durable': "case when r.category = 'durable' then 1 end",
                'exits_transition': "case when r.category = 'transition' then 1 end",
                'exits_positive': "case when r.category = 'positive' then 1 end",
                'exits_dynamic': "case when r.is_dynamic then 1 end",
                'exits_with_target': "case when " ~ has_target ~ " then 1 end",
                'exits_dynamic_over_target': "case when " ~ has_target
                    ~ " then case when r.is_dynamic then 1e0 else 0e0 end - r.target_dynamic_share end",
            },
        },
        'pathways': {
            'of_person': true,
            'date': "r.entry_date",
            'measures': {'pathways_begun': one},
            'observes': {
                'distribution': 'pathway_days',
                'value': "r.duration_days",
                'is_event': "r.is_event",
            },
        },
        'transitions': {
            'of_person': true,
            'date': "r.end_date",
            'measures': {
                'transitions_opened': one,
                'transitions': "case when r.is_in_risk_set then 1 end",
                'transitions_censored': "case when r.is_in_risk_set and not r.is_event then 1 end",
                'transitions_undated': "case when not r.is_in_risk_set then 1 end",
                'transitions_followed': "case when r.is_in_risk_set and r.is_followed then 1 end",
                'moves_and_transitions': one,
            },
            'observes': {
                'distribution': 'transition_days',
                'value': "r.duration_days",
                'is_event': "r.is_event",
                'cause': "r.destination",
                'where': "r.is_in_risk_set",
            },
        },
        'moves': {
            'of_person': true,
            'date': "r.start_date",
            'where': "r.is_hire and not r.opens_spell",
            'measures': {'immediate_moves': one, 'moves_and_transitions': one},
        },
        'activities_started': {
            'by': by_activity,
            'date': "r.start_date",
            'measures': {
                'activities_started': one,
                'activities_taken_over': "case when r.nature = 'reprise' then 1 end",
                'activities_initial_fte': "r.initial_fte",
                'activities_net': one,
            },
            'observes': {
                'distribution': 'activity_days',
                'value': "cast(least(" ~ end ~ ", r.horizon_date) - r.start_date as int)",
                'is_event': "r.is_ended",
                'where': "r.start_date <= r.horizon_date",
            },
        },
        'activities_ended': {
            'by': by_activity,
            'date': "r.end_date",
            'measures': {'activities_ended': one, 'activities_net': "-1"},
        },
        'activities_in_force': {
            'by': by_activity,
            'while': "r.start_date <= p.end_date and " ~ end ~ " >= p.end_date",
            'measures': {
                'activities_in_force': one,
                'activities_stating_location': "case when r.is_non_delocalisable is not null then 1 end",
                'activities_non_delocalisable': "case when r.is_non_delocalisable then 1 end",
                'activities_current_fte': "r.current_fte",
                'market_resources': "case when " ~ is_priced ~ " then r.market_resources_eur end",
                'non_market_resources': "case when " ~ is_priced ~ " then r.non_market_resources_eur end",
                'volunteer_resources': "r.volunteer_hours * p.smic_hourly_eur",
                'resources': "case when " ~ is_priced ~ " then coalesce(r.market_resources_eur, 0)"
                    ~ " + coalesce(r.non_market_resources_eur, 0)"
                    ~ " + coalesce(r.volunteer_hours * p.smic_hourly_eur, 0) end",
            },
        },
        'structures': {
            'unit': "cast(r.member_key as bigint)",
            'while': overlaps('r', 'p'),
            'measures': {'structures': one, 'agreed_fte': "r.agreed_fte"},
        },
        'cooperations_begun': {
            'by': {'action_type': "r.action_type"},
            'date': "r.start_date",
            'measures': {'cooperations_begun': one, 'cooperation_partners': "r.partner_count"},
        },
        'cooperations_in_force': {
            'by': {'action_type': "r.action_type"},
            'while': overlaps('r', 'p'),
            'measures': {
                'cooperations_in_force': one,
                'local_body_seats': "case when r.action_type = 'instance' and " ~ end ~ " >= p.end_date then 1 end",
            },
        },
    }) }}
{% endmacro %}

{# The rows of a relation (alias r) in the periods (alias p) where they count. #}
{% macro counted_rows(counting, relation) -%}
    from {{ relation }} as r
    {% if counting.date is defined -%}
        inner join {{ ref('int_period_quarters') }} as p on {{ quarter_start(counting.date) }} = p.quarter_start
    {%- else -%}
        inner join {{ ref('int_periods') }} as p on {{ counting.while }}
    {%- endif %}
{%- endmacro %}

{# The rows of a relation added up by their keys: a column a measure. #}
{% macro counted(name, relation) -%}
    {%- set counting = countings()[name] -%}
    select
        {{ row_keys(name) }},
        {% for measure, expression in counting.measures.items() -%}
            sum({{ expression }}) as {{ measure }}{{ ',' if not loop.last }}
        {% endfor %}
    {{ counted_rows(counting, relation) }}
    where {{ counting.where or 'true' }}
    group by all
{%- endmacro %}

{# What the rows of a relation observe, with their keys. #}
{% macro observed(name, relation) -%}
    {%- set counting = countings()[name] -%}
    select
        '{{ counting.observes.distribution }}' as distribution,
        {{ row_keys(name) }},
        cast({{ counting.observes.value }} as double) as observed_value,
        {{ counting.observes.is_event or 'true' }} as is_event,
        {{ counting.observes.cause or 'cast(null as string)' }} as cause
    {{ counted_rows(counting, relation) }}
    where {{ counting.where or 'true' }} and {{ counting.observes.where or 'true' }}
{%- endmacro %}

{# Countings of relations by name, as rows: one a measure and its keys. Nothing and zero are no rows. #}
{% macro measures_of(relations) %}
    {% for name, relation in relations.items() %}
        {{ 'with ' if loop.first }}{{ name }} as (
            {{ counted(name, relation) }}
        ){{ ',' if not loop.last }}
    {% endfor %}
    {% for name in relations %}
        {% set outer_loop = loop %}
        {% for measure in countings()[name].measures %}
            select
                '{{ measure }}' as measure,
                {{ measure_keys() | join(', ') }},
                cast({{ measure }} as double) as value
            from {{ name }}
            where {{ measure }} <> 0
            {{ 'union all' if not (loop.last and outer_loop.last) }}
        {% endfor %}
    {% endfor %}
{% endmacro %}
