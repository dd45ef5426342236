with current_rows as (
    {{ current_rows('sorties', ['id_salarie', 'siret', 'type_structure']) }}
)

select
    siren_adherent as member_siren,
    id_salarie as member_person_id,
    siret || '-' || type_structure as structure_id,
    type_structure as kind,
    date_sortie as exit_date,
    motif as exit_reason,
    date_nouvel_emploi as new_job_date,
    type_nouveau_contrat as new_contract_type,
    duree_nouveau_contrat_mois as new_contract_months,
    situation_3_mois as situation_after_3_months,
    situation_6_mois as situation_after_6_months,
    id_remontee as return_id,
    ligne as line_number
from current_rows
