-- One row per stratum (use × period × category × territory) × event time: the Kaplan–Meier curve.
{{ config(materialized='ephemeral') }}

{% set censored_distributions %}
(
    select *
    from {{ ref('int_distributions') }}
    where use_key in (
        select numerator_key
        from {{ ref('int_metric_uses') }}
        where formula = 'distribution' and statistic <> 'median'
    )
)
{% endset %}
{{ kaplan_meier(censored_distributions, ['use_key', 'period_key', 'category_key', 'territory_key']) }}
