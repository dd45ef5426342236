-- 0.975 quantile of the normal law: half the width of a 95 % interval, in standard deviations.
{% macro z_95() %}1.959963984540054e0{% endmacro %}

-- Bound of the 95 % Wilson interval of a share over n cases, kept inside 0..1; none without a case.
{% macro wilson(share, n, sign) -%}
{%- set z2 = '(' ~ z_95() ~ ' * ' ~ z_95() ~ ')' -%}
case
            when {{ n }} > 0
                then least(1e0, greatest(0e0, (
                    {{ share }} + {{ z2 }} / (2e0 * {{ n }})
                    {{ sign }} {{ z_95() }}
                    * sqrt(greatest({{ share }} * (1e0 - {{ share }}), 0e0) / {{ n }} + {{ z2 }} / (4e0 * {{ n }} * {{ n }}))
                ) / (1e0 + {{ z2 }} / {{ n }})))
        end
{%- endmacro %}
