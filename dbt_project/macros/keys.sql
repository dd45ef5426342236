-- A SIREN has nine digits: as an integer it is its own surrogate.
{% macro member_key(siren) %}cast({{ siren }} as int){% endmacro %}

-- The id that follows a person: over the network when the PASS IAE is known (n-), else inside one member (m-).
{% macro person_id(network_person_id, member_siren, member_person_id) -%}
case
    when {{ network_person_id }} is not null then 'n-' || {{ network_person_id }}
    else 'm-' || {{ member_siren }} || '-' || {{ member_person_id }}
end
{%- endmacro %}

-- The commune code behind a commune key, to join.
{% macro commune_names() -%}
(
    select distinct commune_key, territory_code
    from {{ ref('int_commune_levels') }}
    where territory_level = 'commune'
)
{%- endmacro %}
