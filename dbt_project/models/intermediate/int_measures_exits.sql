-- Ended pathways by how they ended, and pathways begun: one row per measure × period × person × structure.
{{ config(materialized='ephemeral') }}

{{ measures_of({'exits': ref('int_exits'), 'pathways': ref('int_pathways')}) }}
