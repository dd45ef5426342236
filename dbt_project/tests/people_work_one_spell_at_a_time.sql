-- Two spells of a person are apart by a day at least, and every contract is inside one.
select
    person_id,
    spell_number
from {{ ref('fct_spell') }}
where next_start_date <= end_date + 1 or (end_date is null and next_start_date is not null)
union all
select
    'contracts outside spells' as person_id,
    0 as spell_number
from (select sum(contract_count) as contract_count from {{ ref('fct_spell') }}) as s
cross join (select count(*) as contract_count from {{ ref('fct_contract') }}) as c
where s.contract_count <> c.contract_count
