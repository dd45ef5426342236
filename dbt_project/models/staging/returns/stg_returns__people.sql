with current_rows as (
    {{ current_rows('salaries', ['id_salarie']) }}
)

select
    siren_adherent as member_siren,
    id_salarie as member_person_id,
    pass_iae as network_person_id,
    cast(annee_naissance as int) as birth_year,
    sexe as sex,
    commune_residence as residence_commune_code,
    niveau_formation as education_level,
    date_entree_parcours as pathway_entry_date,
    brsa as rsa_status,
    ass as has_ass,
    aah as has_aah,
    deld as is_long_term_job_seeker,
    detld as is_very_long_term_job_seeker,
    rqth as is_disabled_worker,
    qpv as lives_in_qpv,
    zrr as lives_in_zrr,
    id_remontee as return_id,
    ligne as line_number
from current_rows
