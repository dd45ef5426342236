"""Numbers in French sentences."""

import pytest

from contracts.french import agreed


@pytest.mark.parametrize(
    ("count", "said"),
    [
        (0, "0 ligne laissée de côté, qui suit"),
        (1, "1 ligne laissée de côté, qui suit"),
        (2, "2 lignes laissées de côté, qui suivent"),
    ],
)
def test_words_agree_with_their_number_which_is_plural_from_two_on(count, said):
    assert agreed(count, "ligne(s) laissée(s) de côté, qui sui(t|vent)") == said
