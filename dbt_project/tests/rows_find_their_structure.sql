-- Every contract, exit, activity and action that counts belongs to a known structure and person: what a correction
-- has orphaned does not count.
select
    'contract' as what,
    contract_id as id
from {{ ref('int_contracts') }}
where structure_key is null or person_key is null
union all
select
    'exit' as what,
    structure_id as id
from {{ ref('int_exits') }}
where structure_key is null or person_key is null
union all
select
    'activity' as what,
    activity_id as id
from {{ ref('int_activities') }}
where structure_key is null
union all
select
    'action' as what,
    action_id as id
from {{ ref('int_cooperations') }}
where structure_key is null
