"""The metrics once more, in plain Python, from their definitions: what a release must say about a set of returns.

Here: the whole way from accepted rows to figures. Not here: code, SQL or parameters of the product (none is imported),
tests, how returns are drawn. Amounts are fractions to the end; only roots and logarithms are floats.
"""

from .births import Births
from .federation import Federation, Return, period
from .figures import COUNTS, DISTRIBUTIONS, GAPS, OF_TERRITORY, RATIOS, Cell, Figure

__all__ = [
    "COUNTS",
    "DISTRIBUTIONS",
    "GAPS",
    "OF_TERRITORY",
    "RATIOS",
    "Births",
    "Cell",
    "Federation",
    "Figure",
    "Return",
    "period",
]
