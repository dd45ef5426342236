{{ pivot_family('activity_creation') }}
