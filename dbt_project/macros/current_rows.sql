-- Rows of a returned table that are current: only returns in force count; for one key the latest period wins,
-- then the latest received: a correction of the quarter made after the return of its last month wins.
{% macro current_rows(table_name, key_columns) %}
select t.*
from {{ source('returns', table_name) }} as t
inner join {{ ref('stg_returns__remontees') }} as r
    on
        t.siren_adherent = r.member_siren
        and t.id_remontee = r.return_id
        and r.table_name = '{{ table_name }}'
        and r.is_in_force
qualify
    row_number() over (
        partition by t.siren_adherent, {{ key_columns | map('string') | join(', ') }}
        order by
            r.period_end desc nulls last, r.received_at desc nulls last, t.id_remontee desc, t.ligne
    ) = 1
{% endmacro %}
