-- One row per observed value × period: waits, pathways and lifetimes of activities (may be censored), lengths of
-- contract groups, distances from home to work.
{% set relations = {
    'transitions': ref('int_transitions'),
    'pathways': ref('int_pathways'),
    'activities_started': ref('int_activities'),
    'groups_ended': ref('int_contract_groups'),
    'home_work_distances': ref('int_home_work_distances'),
} %}

{% for name, relation in relations.items() %}
    {{ observed(name, relation) }}
    {{ 'union all' if not loop.last }}
{% endfor %}
