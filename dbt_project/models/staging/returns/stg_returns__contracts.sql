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
    case when o1.open_ended_date is null then c.date_fin_prevue end as planned_end_date,
    case when o2.open_ended_date is null then c.date_fin_reelle end as real_end_date,
    c.duree_hebdo as weekly_hours,
    c.remuneration_brute_mensuelle as monthly_gross_eur,
    c.code_rome as rome_code,
    c.commune_travail as work_commune_code
from current_rows as c
left join {{ ref('open_ended_dates') }} as o1 on c.date_fin_prevue = o1.open_ended_date
left join {{ ref('open_ended_dates') }} as o2 on c.date_fin_reelle = o2.open_ended_date
