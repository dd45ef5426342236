-- Rows received = accepted + quarantined + folded, for every table of every return.
select *
from {{ ref('stg_returns__remontees') }}
where received_count <> accepted_count + quarantined_count + folded_count
