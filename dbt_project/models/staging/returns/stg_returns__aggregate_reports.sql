-- What members say in figures alone: targets of comparison, never added to figures made of persons.
with current_rows as (
    {{ current_rows('bilans', ['siret', 'type_structure', 'date_debut']) }}
)

select
    siren_adherent as member_siren,
    siret || '-' || type_structure as structure_id,
    type_structure as kind,
    date_debut as start_date,
    date_fin as end_date,
    salaries_nombre as employee_count,
    sorties_examinees as examined_exit_count,
    sorties_durables as durable_exit_count,
    sorties_transition as transition_exit_count,
    sorties_positives as positive_exit_count
from current_rows
