with current_rows as (
    {{ current_rows('contrats', ['id_contrat']) }}
)

select
    c.siren_adherent as member_siren,
    c.id_contrat as contract_id,
    c.id_contrat_parent as parent_contract_id,
    cast(c.rang as int) as contract_rank,
    c.siret || '-' || c.type_structure as structure_id,
    c.type_structure as kind,
    c.id_salarie as member_person_id,
    c.type_contrat as contract_type,
    c.date_debut as start_date,
    {{ stated_date('c.date_fin_prevue') }} as planned_end_date,
    {{ stated_date('c.date_fin_reelle') }} as real_end_date,
    -- A real end that says "open" is one: the planned end does not stand for it.
    {{ stated_date('coalesce(c.date_fin_reelle, c.date_fin_prevue)') }} as effective_end_date,
    c.duree_hebdo as weekly_hours,
    c.remuneration_brute_mensuelle as monthly_gross_eur,
    c.code_rome as rome_code,
    c.commune_travail as work_commune_code,
    c.id_remontee as return_id,
    c.ligne as line_number
from current_rows as c
