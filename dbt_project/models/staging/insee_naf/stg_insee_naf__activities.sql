-- One row per code of NAF rév. 2, from division to subclass, with its section.
select
    codes.edition,
    codes.code_naf as activity_code,
    replace(codes.code_naf, '.', '') as undotted_code,
    codes.libelle as label_fr,
    case length(codes.code_naf)
        when 2 then 'division'
        when 4 then 'group'
        when 5 then 'class'
        else 'subclass'
    end as level,
    divisions.naf_section as section
from {{ source('insee_naf', 'codes') }} as codes
left join {{ ref('naf_divisions') }} as divisions on substr(codes.code_naf, 1, 2) = divisions.naf_division
