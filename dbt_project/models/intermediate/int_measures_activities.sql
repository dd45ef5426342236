-- Activities begun, ended and in force: one row per measure × period × activity group of a structure.
{{ config(materialized='ephemeral') }}

{{ measures_of({
    'activities_started': ref('int_activities'),
    'activities_ended': ref('int_activities'),
    'activities_in_force': ref('int_activities'),
}) }}
