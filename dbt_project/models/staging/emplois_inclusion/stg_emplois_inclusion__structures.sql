-- One row per edition × structure registered on Les emplois de l'inclusion.
select
    edition,
    id_emplois as structure_id,
    siret_declare as declared_siret,
    type_emplois as kind,
    raison_sociale as structure_name,
    enseigne as trade_name,
    code_postal as post_code,
    ville as city,
    dep as departement_code
from {{ source('emplois_inclusion', 'structures') }}
