-- Structures open in the period and cooperation actions: one row per measure × period × structure (and place).
{{ config(materialized='ephemeral') }}

{% set structures %}
(
    select
        *,
        commune_key as commune_structure_key
    from {{ ref('int_structures') }}
)
{% endset %}

{{ measures_of({
    'structures': structures,
    'cooperations_begun': ref('int_cooperations'),
    'cooperations_in_force': ref('int_cooperations'),
}) }}
