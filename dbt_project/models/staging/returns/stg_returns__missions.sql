with current_rows as (
    {{ current_rows('missions', ['id_mission']) }}
)

select
    siren_adherent as member_siren,
    id_mission as assignment_id,
    id_contrat as contract_id,
    date_debut as start_date,
    date_fin as end_date,
    heures as hours,
    code_rome as rome_code,
    commune_travail as work_commune_code
from current_rows
