{# Great-circle distance in kilometres between two points given in degrees (haversine, mean radius of the Earth). Rounding
   may bring the sine of half the angle just above 1 between antipodes. #}
{% macro great_circle_km(longitude_1, latitude_1, longitude_2, latitude_2) -%}
2e0 * 6371.0088e0 * asin(least(1e0, sqrt(
        power(sin(radians({{ latitude_2 }} - {{ latitude_1 }}) / 2e0), 2)
        + cos(radians({{ latitude_1 }})) * cos(radians({{ latitude_2 }}))
        * power(sin(radians({{ longitude_2 }} - {{ longitude_1 }}) / 2e0), 2)
    )))
{%- endmacro %}
