-- One row per spell: the union of a person's contracts over the whole network that overlap or touch (start <=
-- previous end + 1).
with contracts as (
    select
        contract_key,
        group_key,
        person_key,
        structure_key,
        contract_rank,
        start_date,
        coalesce(effective_end_date, {{ far_date() }}) as end_date
    from {{ ref('int_contracts') }}
),

preceded as (
    select
        *,
        max(end_date) over (
            partition by person_key order by start_date, end_date, contract_key
            rows between unbounded preceding and 1 preceding
        ) as covered_until
    from contracts
),

numbered as (
    select
        *,
        sum(case when start_date <= covered_until + 1 then 0 else 1 end) over (
            partition by person_key order by start_date, end_date, contract_key
            rows between unbounded preceding and current row
        ) as spell_number
    from preceded
),

spells as (
    select
        person_key,
        cast(spell_number as int) as spell_number,
        min(start_date) as start_date,
        max(end_date) as end_date,
        count(*) as contract_count,
        -- Latest end, then latest start, then SIRET and kind (structure_key follows that order).
        max_by(contract_key, (end_date, start_date, -structure_key, -contract_key)) as last_contract_key,
        -- Of a hire and a renewal alike in all that, the hire opens.
        min_by(contract_key, (start_date, end_date, structure_key, contract_rank, contract_key))
            as first_contract_key,
        min_by(group_key, (start_date, end_date, structure_key, contract_rank, contract_key))
            as first_group_key
    from numbered
    group by person_key, spell_number
)

select
    person_key,
    spell_number,
    start_date,
    case when end_date < {{ far_date() }} then end_date end as end_date,
    contract_count,
    first_contract_key,
    first_group_key,
    last_contract_key,
    lead(start_date) over (partition by person_key order by spell_number) as next_start_date,
    lead(first_contract_key) over (partition by person_key order by spell_number) as next_first_contract_key
from spells
