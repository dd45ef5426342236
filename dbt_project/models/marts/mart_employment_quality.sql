{{ pivot_family('employment_quality') }}
