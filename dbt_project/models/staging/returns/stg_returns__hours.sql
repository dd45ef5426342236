with current_rows as (
    {{ current_rows('heures', ['id_contrat', 'mois']) }}
)

select
    siren_adherent as member_siren,
    id_contrat as contract_id,
    mois as month_start,
    heures_travaillees as hours_worked,
    salaire_brut as gross_pay_eur,
    part_etp as stated_fte,
    id_remontee as return_id,
    ligne as line_number
from current_rows
