-- One row per predecessor × successor × day.
select
    edition,
    siret_predecesseur as predecessor_siret,
    siret_successeur as successor_siret,
    date_lien as effective_on,
    transfert_siege as is_headquarters_transfer,
    continuite_economique as is_economic_continuity
from {{ source('sirene', 'successions') }}
