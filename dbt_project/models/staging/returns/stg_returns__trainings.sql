-- A training has no identifier of its own: a person starts one training on a given day.
with current_rows as (
    {{ current_rows('formations', ['id_salarie', 'date_debut']) }}
)

select
    r.siren_adherent as member_siren,
    r.id_salarie as member_person_id,
    r.date_debut as start_date,
    {{ stated_date('r.date_fin') }} as end_date,
    r.heures as hours,
    r.certifiante as is_certifying,
    r.id_remontee as return_id,
    r.ligne as line_number
from current_rows as r
