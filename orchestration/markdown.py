"""Pages in Markdown made of what the project knows: tables, names, French numbers, and codes put in words.

Here: what several generated pages need. Not here: any page (`catalogue.py`, `dictionary.py`).
"""

from collections.abc import Iterable


class CatalogueError(Exception):
    """A page has no words for something the project holds: the message names it and where to add them."""


def names(found: Iterable[str], between: str = ", ") -> str:
    return between.join(f"`{name}`" for name in found)


def number(value: float) -> str:
    """As French readers write it."""
    return f"{value:,}".replace(",", "\u202f").replace(".", ",")


def plural(word: str, count: int) -> str:
    return word if count < 2 else f"{word}s"


def known(words: dict, key, what: str, where: str):
    """The French words for a code; `where` says which file lacks them."""
    if key not in words:
        shown = key.__name__ if isinstance(key, type) else repr(key)
        raise CatalogueError(f"no French words for {what} {shown}: add its row in {where}")
    return words[key]


def table(header: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [header, ("---",) * len(header), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in lines) + "\n"
