{{ pivot_family('transition_time') }}
