{{ pivot_family('territorial_animation') }}
