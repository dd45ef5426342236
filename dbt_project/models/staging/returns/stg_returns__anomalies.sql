-- One row per broken rule (or warning) and row of a return: where and which rule, never the value.
select
    siren_adherent as member_siren,
    id_remontee as return_id,
    nom_table as table_name,
    ligne as line_number,
    colonne as column_name,
    regle as rule,
    gravite = 'avertissement' as is_warning,
    message
from {{ source('returns', 'anomalies') }}
