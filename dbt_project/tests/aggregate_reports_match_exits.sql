{{ config(severity="warn") }}
-- A report in figures says as many durable, transition and positive exits as the rows of persons of the same structure
-- and days, when the member sends both.
with counted as (
    select
        a.member_siren,
        a.structure_id,
        a.start_date,
        a.durable_exit_count,
        a.transition_exit_count,
        a.positive_exit_count,
        count(case when r.category = 'durable' then 1 end) as durable_row_count,
        count(case when r.category = 'transition' then 1 end) as transition_row_count,
        count(case when r.category = 'positive' then 1 end) as positive_row_count
    from {{ ref('stg_returns__aggregate_reports') }} as a
    inner join {{ ref('stg_returns__exits') }} as e
        on
            a.member_siren = e.member_siren
            and a.structure_id = e.structure_id
            and e.exit_date between a.start_date and a.end_date
    left join {{ ref('exit_reasons') }} as r on e.exit_reason = r.exit_reason
    group by
        a.member_siren, a.structure_id, a.start_date,
        a.durable_exit_count, a.transition_exit_count, a.positive_exit_count
)

select *
from counted
where
    durable_exit_count <> durable_row_count
    or transition_exit_count <> transition_row_count
    or positive_exit_count <> positive_row_count
