select
    c.breakdown,
    b.label_fr as breakdown_label,
    c.category,
    c.label_fr
from {{ ref('int_categories') }} as c
inner join {{ ref('breakdowns') }} as b on c.breakdown = b.breakdown
