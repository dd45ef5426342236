"""Exports of other software -> our tables.

Here: which columns of a foreign layout are which of ours. Not here: formats (`reading.py`), rules (`contracts`).
"""


def adapt(parts: list) -> list:
    """The parts of one deposit, those of a known foreign layout replaced by our tables; others pass as they are."""
    return parts
