with current_rows as (
    {{ current_rows('missions', ['id_mission']) }}
)

select
    r.siren_adherent as member_siren,
    r.id_mission as assignment_id,
    r.id_contrat as contract_id,
    r.date_debut as start_date,
    {{ stated_date('r.date_fin') }} as end_date,
    r.heures as hours,
    r.code_rome as rome_code,
    r.commune_travail as work_commune_code,
    r.id_remontee as return_id,
    r.ligne as line_number
from current_rows as r
