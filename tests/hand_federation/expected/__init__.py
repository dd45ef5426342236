"""What must come out of the hand federation: every row that its rooms have written down."""

from . import activities, employment, transitions
from .activities import STARTED_PER_INHABITANT
from .rows import EXPECTED, Row

#: Each room writes its rows down when it is imported.
ROOMS = (employment, transitions, activities)

__all__ = ["EXPECTED", "STARTED_PER_INHABITANT", "Row"]
