-- One row per column and repair of a return: what was put right at reading, never the value.
select
    siren_adherent as member_siren,
    id_remontee as return_id,
    nom_table as table_name,
    colonne as column_name,
    reparation as repair,
    message,
    premiere_ligne as first_line_number,
    lignes_reparees as repaired_count
from {{ source('returns', 'reparations') }}
