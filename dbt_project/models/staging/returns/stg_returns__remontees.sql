-- One row per return and table it carried. Only tables that were kept: anything else in the lake is an
-- interrupted refresh.
with source as (
    select * from {{ source('returns', 'remontees') }}
),

renamed as (
    select
        siren_adherent as member_siren,
        id_remontee as return_id,
        nom_table as table_name,
        periode as period_as_sent,
        periode_debut as period_start,
        periode_fin as period_end,
        recue_le as received_at,
        date_extraction as extraction_date,
        verdict,
        retenue as is_kept,
        lignes_recues as received_count,
        lignes_acceptees as accepted_count,
        lignes_quarantaine as quarantined_count,
        lignes_repliees as folded_count,
        empreinte as deposit_sha256
    from source
),

-- Kept returns of one member, table and period follow one another: each is in force until the next one arrives.
succession as (
    select
        *,
        case
            when is_kept
                then row_number() over (
                    partition by member_siren, table_name, period_as_sent, is_kept
                    order by received_at desc nulls last, return_id desc
                )
        end as recency_rank,
        case
            when is_kept
                then lag(received_at) over (
                    partition by member_siren, table_name, period_as_sent, is_kept
                    order by received_at desc nulls last, return_id desc
                )
        end as valid_to
    from renamed
)

select
    member_siren,
    return_id,
    table_name,
    period_as_sent,
    period_start,
    period_end,
    received_at,
    extraction_date,
    verdict,
    is_kept,
    received_count,
    accepted_count,
    quarantined_count,
    folded_count,
    deposit_sha256,
    coalesce(recency_rank = 1, false) as is_in_force,
    case when is_kept then received_at end as valid_from,
    valid_to
from succession
