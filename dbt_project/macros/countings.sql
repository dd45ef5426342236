{# What counts: one entry a kind of row. `r` is the row, `p` a period. A flow counts in the periods that hold its
   `date`, a stock in those that `while` is true of; `where` says which rows count at all, `measures` what one row
   brings to each measure. `duration` and `is_event` make an observation of it, `observed` says of which rows.
   int_measures_… and int_observations add these up, lineage_row shows them one by one: they cannot disagree. #}
{% macro countings() %}
    {% set contract_end = "coalesce(r.effective_end_date, " ~ far_date() ~ ")" %}
    {% set end = "coalesce(r.end_date, " ~ far_date() ~ ")" %}
    {% set one = "1" %}
    {{ return({
        'contracts_in_force': {
            'while': "r.start_date <= p.end_date and " ~ contract_end ~ " >= p.end_date",
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
        'people_present': {
            'while': "r.start_date <= p.end_date and " ~ contract_end ~ " >= p.start_date",
            'measures': {'people_present': one},
        },
        'people_trained': {
            'while': "r.start_date <= p.end_date and " ~ contract_end ~ " >= p.start_date"
                ~ " and r.training_start_date <= p.end_date"
                ~ " and coalesce(r.training_end_date, r.training_start_date) >= p.start_date",
            'where': "r.training_hours > 0",
            'measures': {'people_trained': one},
        },
        'hires': {
            'date': "r.start_date",
            'where': "r.is_hire",
            'measures': {
                'hires': one,
                'hires_with_known_length': "case when r.is_long is not null then 1 end",
                'hires_long': "case when r.is_long then 1 end",
            },
        },
        'groups_ended': {
            'date': "r.end_date",
            'where': "r.end_date <= r.horizon_date",
            'measures': {'contract_groups_ended': one},
            'duration': "cast(r.end_date - r.start_date as int) + 1",
            'is_event': "true",
            'observed': "true",
        },
        'months': {
            'date': "r.month_start",
            'measures': {
                'hours_worked': "r.hours_worked",
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
            },
        },
        'transitions': {
            'date': "r.end_date",
            'measures': {
                'transitions_opened': one,
                'transitions': "case when r.is_in_risk_set then 1 end",
                'transitions_censored': "case when r.is_in_risk_set and not r.is_event then 1 end",
                'transitions_undated': "case when not r.is_in_risk_set then 1 end",
                'transitions_followed': "case when r.is_in_risk_set and r.is_followed then 1 end",
                'moves_and_transitions': one,
            },
            'duration': "r.duration_days",
            'is_event': "r.is_event",
            'observed': "r.is_in_risk_set",
        },
        'moves': {
            'date': "r.start_date",
            'where': "r.is_hire and not r.opens_spell",
            'measures': {'immediate_moves': one, 'moves_and_transitions': one},
        },
        'activities_started': {
            'date': "r.start_date",
            'measures': {
                'activities_started': one,
                'activities_taken_over': "case when r.nature = 'reprise' then 1 end",
                'activities_initial_fte': "r.initial_fte",
                'activities_net': one,
            },
            'duration': "cast(least(" ~ end ~ ", r.horizon_date) - r.start_date as int)",
            'is_event': "r.is_ended",
            'observed': "r.start_date <= r.horizon_date",
        },
        'activities_ended': {
            'date': "r.end_date",
            'measures': {'activities_ended': one, 'activities_net': "-1"},
        },
        'activities_in_force': {
            'while': "r.start_date <= p.end_date and " ~ end ~ " >= p.end_date",
            'measures': {
                'activities_in_force': one,
                'activities_stating_location': "case when r.is_non_delocalisable is not null then 1 end",
                'activities_non_delocalisable': "case when r.is_non_delocalisable then 1 end",
                'activities_current_fte': "r.current_fte",
                'market_resources': "r.market_resources_eur",
                'non_market_resources': "r.non_market_resources_eur",
                'volunteer_resources': "r.volunteer_hours * p.smic_hourly_eur",
                'resources': "coalesce(r.market_resources_eur, 0) + coalesce(r.non_market_resources_eur, 0)"
                    ~ " + coalesce(r.volunteer_hours * p.smic_hourly_eur, 0)",
            },
        },
        'structures': {
            'while': overlaps('r', 'p'),
            'measures': {'structures': one, 'agreed_fte': "r.agreed_fte"},
        },
        'cooperations_begun': {
            'date': "r.start_date",
            'measures': {'cooperations_begun': one, 'cooperation_partners': "r.partner_count"},
        },
        'cooperations_in_force': {
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
{% macro counted(name, relation, keys) -%}
    {%- set counting = countings()[name] -%}
    select
        {{ keys }},
        {% for measure, expression in counting.measures.items() -%}
            sum({{ expression }}) as {{ measure }}{{ ',' if not loop.last }}
        {% endfor %}
    {{ counted_rows(counting, relation) }}
    where {{ counting.where or 'true' }}
    group by all
{%- endmacro %}

{# The durations that the rows of a relation observe, with their keys. #}
{% macro observed(name, relation, keys) -%}
    {%- set counting = countings()[name] -%}
    select
        {{ keys }},
        {{ counting.duration }} as duration_days,
        {{ counting.is_event }} as is_event
    {{ counted_rows(counting, relation) }}
    where {{ counting.where or 'true' }} and {{ counting.observed }}
{%- endmacro %}

{# One select a measure over a counted relation of the same name. Nothing and zero are no rows. #}
{% macro measure_rows(name) %}
    {% for measure in countings()[name].measures %}
        select
            '{{ measure }}' as measure,
            {{ measure_keys() | join(', ') }},
            cast({{ measure }} as double) as value
        from {{ name }}
        where {{ measure }} <> 0
        {{ 'union all' if not loop.last }}
    {% endfor %}
{% endmacro %}
