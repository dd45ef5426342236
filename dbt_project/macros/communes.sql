-- Communes of today that producers publish whole, by municipal district, or both: Paris, Lyon and Marseille.
{% macro cities_with_districts() %}('75056', '69123', '13055'){% endmacro %}
