-- Every row that the registry says was accepted is in the lake: a file that has gone is never an empty table.
with found as (
    {% for table in [
        'structures', 'salaries', 'contrats', 'missions', 'heures', 'sorties', 'formations', 'activites', 'cooperations',
        'annexes_financieres', 'bilans',
    ] %}
        select
            siren_adherent,
            id_remontee,
            '{{ table }}' as nom_table,
            count(*) as row_count
        from {{ source('returns', table) }}
        group by siren_adherent, id_remontee
        {{ 'union all' if not loop.last }}
    {% endfor %}
)

select
    r.siren_adherent,
    r.id_remontee,
    r.nom_table,
    r.lignes_acceptees,
    coalesce(f.row_count, 0) as row_count
from {{ source('returns', 'remontees') }} as r
left join found as f
    on r.siren_adherent = f.siren_adherent and r.id_remontee = f.id_remontee and r.nom_table = f.nom_table
where r.retenue and r.lignes_acceptees <> coalesce(f.row_count, 0)
