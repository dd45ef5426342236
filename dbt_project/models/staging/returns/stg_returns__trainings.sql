-- A training has no identifier of its own: a person starts one training on a given day.
with current_rows as (
    {{ current_rows('formations', ['id_salarie', 'date_debut']) }}
)

select
    siren_adherent as member_siren,
    id_salarie as member_person_id,
    date_debut as start_date,
    date_fin as end_date,
    heures as hours,
    certifiante as is_certifying
from current_rows
