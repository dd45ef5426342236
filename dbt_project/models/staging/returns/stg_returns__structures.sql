with current_rows as (
    {{ current_rows('structures', ['siret', 'type_structure']) }}
)

select
    s.siren_adherent as member_siren,
    s.siret || '-' || s.type_structure as structure_id,
    s.siret,
    s.type_structure as kind,
    s.denomination as structure_name,
    s.commune_insee as commune_code,
    s.naf as naf_code,
    s.date_debut as start_date,
    {{ stated_date('s.date_fin') }} as end_date,
    s.etp_conventionnes as agreed_fte,
    s.id_ges as group_id,
    s.id_remontee as return_id,
    s.ligne as line_number
from current_rows as s
