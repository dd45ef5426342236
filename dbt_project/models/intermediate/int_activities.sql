-- One row per activity, placed in its own commune, else its structure's.
select
    a.activity_id,
    a.member_siren,
    a.structure_id,
    s.structure_key,
    a.kind,
    a.activity_name,
    a.nature,
    coalesce(a.strategy, 'unknown') as strategy,
    coalesce(a.need, 'unknown') as need,
    a.naf_code,
    n.naf_section,
    a.start_date,
    a.end_date,
    a.end_reason,
    case
        when a.commune_code is null then coalesce(s.commune_key, 0)
        else coalesce(c.commune_key, 0)
    end as commune_structure_key,
    a.initial_fte,
    a.current_fte,
    a.is_non_delocalisable,
    a.activity_siret,
    a.market_resources_eur,
    a.non_market_resources_eur,
    a.volunteer_hours,
    h.horizon_date,
    coalesce(a.end_date <= h.horizon_date, false) as is_ended,
    a.return_id,
    a.line_number
from {{ ref('stg_returns__activities') }} as a
-- A row whose structure a correction has since taken away does not count.
inner join {{ ref('stg_returns__structures') }} as k
    on a.member_siren = k.member_siren and a.structure_id = k.structure_id
left join {{ ref('int_structures') }} as s on a.structure_id = s.structure_id
left join {{ ref('naf_divisions') }} as n on substr(a.naf_code, 1, 2) = n.naf_division
left join {{ ref('int_communes') }} as c on a.commune_code = c.commune_code
left join {{ ref('int_horizons') }} as h on a.member_siren = h.member_siren and h.table_name = 'activites'
