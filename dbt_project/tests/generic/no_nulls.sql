-- One test for all the columns of a model that must be filled.
{% test no_nulls(model, columns) %}
    select *
    from {{ model }}
    where
        {% for column in columns %}
            {{ column }} is null {{ 'or' if not loop.last }}
        {% endfor %}
{% endtest %}
