-- Counts of the context are the sum of their communes for France, and no level holds more than its communes do,
-- whatever is published twice (Paris, Lyon and Marseille).
with counts as (
    select
        *,
        sum(value) filter (where territory_level = 'commune') over (partition by metric, as_of) as over_communes,
        sum(value) over (partition by metric, as_of, territory_level) as over_level
    from {{ ref('fct_territory_context') }}
    where
        communes_with_figure is not null
        and metric in (
            'population', 'private_jobs', 'private_establishments', 'job_seekers_count', 'establishment_creations'
        )
)

select distinct
    metric || ' ' || as_of as what,
    territory_level as problem,
    over_level,
    over_communes
from counts
where
    absence is null
    and over_level > over_communes + 1e-6 * greatest(over_communes, 1)
    or absence is null and territory_level = 'france'
    and abs(value - over_communes) > 1e-6 * greatest(over_communes, 1)
