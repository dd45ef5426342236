-- Hours, pay and full-time equivalents: one row per measure × period × person × structure.
{{ config(materialized='ephemeral') }}

{% set months_under_agreement %}
(
    select
        m.*,
        s.agreed_fte
    from {{ ref('int_person_months') }} as m
    left join {{ ref('int_structures') }} as s on m.structure_key = s.structure_key
)
{% endset %}

{{ measures_of({'months': months_under_agreement}) }}
