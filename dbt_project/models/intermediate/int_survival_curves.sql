-- One row per stratum (use × period × category × territory) × event time: the Kaplan–Meier curve.
{{ config(materialized='ephemeral') }}

{{ kaplan_meier(ref('int_distributions'), ['use_key', 'period_key', 'category_key', 'territory_key']) }}
