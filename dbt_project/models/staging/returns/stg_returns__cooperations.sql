with current_rows as (
    {{ current_rows('cooperations', ['id_action']) }}
)

select
    c.siren_adherent as member_siren,
    c.id_action as action_id,
    c.siret || '-' || c.type_structure as structure_id,
    c.type_structure as kind,
    c.type as action_type,
    c.intitule as action_name,
    c.date_debut as start_date,
    {{ stated_date('c.date_fin') }} as end_date,
    c.commune as commune_code,
    cast(c.nb_partenaires as bigint) as partner_count,
    c.types_partenaires as partner_types,
    c.id_remontee as return_id,
    c.ligne as line_number
from current_rows as c
