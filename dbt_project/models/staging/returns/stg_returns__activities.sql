with current_rows as (
    {{ current_rows('activites', ['id_activite']) }}
)

select
    a.siren_adherent as member_siren,
    a.id_activite as activity_id,
    a.siret || '-' || a.type_structure as structure_id,
    a.type_structure as kind,
    a.intitule as activity_name,
    a.nature,
    a.strategie as strategy,
    a.besoin as need,
    a.naf as naf_code,
    a.date_debut as start_date,
    {{ stated_date('a.date_fin') }} as end_date,
    a.motif_fin as end_reason,
    a.commune as commune_code,
    a.etp_initial as initial_fte,
    a.etp_actuel as current_fte,
    a.non_delocalisable as is_non_delocalisable,
    a.siret_activite as activity_siret,
    a.ressources_marchandes_eur as market_resources_eur,
    a.ressources_non_marchandes_eur as non_market_resources_eur,
    a.benevolat_heures as volunteer_hours,
    a.id_remontee as return_id,
    a.ligne as line_number
from current_rows as a
