with current_rows as (
    {{ current_rows('annexes_financieres', ['numero_annexe']) }}
)

select
    r.siren_adherent as member_siren,
    r.numero_annexe as annex_number,
    r.siret || '-' || r.type_structure as structure_id,
    r.type_structure as kind,
    r.date_debut as start_date,
    r.date_fin as end_date,
    r.etp_conventionnes as agreed_fte,
    r.taux_prev_sorties_dynamiques / 100e0 as target_dynamic_share,
    r.taux_prev_sorties_durables / 100e0 as target_durable_share,
    r.taux_prev_sorties_transition / 100e0 as target_transition_share,
    r.taux_prev_sorties_positives / 100e0 as target_positive_share,
    r.id_remontee as return_id,
    r.ligne as line_number
from current_rows as r
