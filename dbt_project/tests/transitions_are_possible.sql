-- Days without contract are never negative, and nothing is known after the horizon.
select *
from {{ ref('fct_transition') }}
where
    duration_days < 0
    or duration_days > cast(horizon_date - spell_end_date as int)
    or (is_event and destination = 'censored')
    or (not is_event and destination <> 'censored')
