-- One row per territory where the federation is: one that a member has a structure in, or that something is counted in.
select territory_key from {{ ref('int_territory_coverage') }}
union
select territory_key from {{ ref('int_cells') }}
