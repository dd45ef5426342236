{{ pivot_family('territory_context') }}
