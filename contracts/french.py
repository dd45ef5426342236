"""Numbers in French sentences, wherever members read them.

Here: agreement with a number. Not here: the sentences.
"""

import re

_ENDING = re.compile(r"\(([^|()]*)(?:\|([^|()]*))?\)")


def agreed(count: int, words: str) -> str:
    """A number and its words: `ligne(s)` has the s from 2 on, `sui(t|vent)` then has the second ending."""

    def ending(found: re.Match) -> str:
        one, many = ("", found[1]) if found[2] is None else found.groups()
        return many if count > 1 else one

    return f"{count} {_ENDING.sub(ending, words)}"
