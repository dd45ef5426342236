"""How much one deposit may be: every limit of the intake, in one place.

Here: numbers, far above any real return of a member. Not here: where they are applied (`deposits.py` before a byte is
read, `formats.py` while reading, `publishing.py` for what is read together). No import: a sensor tick loads this.
"""

#: Bytes of one deposit as it lies in the landing folder; above, it is refused unread and not kept.
MAX_RECEIVED = 100_000_000
#: Files of one deposit, or entries of one archive.
MAX_FILES = 500
#: Bytes of one deposit once every archive and workbook in it is unpacked.
MAX_UNPACKED = 300_000_000
#: Cells (rows × columns, empty ones too) of one deposit: half a million rows of twenty columns.
MAX_CELLS = 10_000_000
#: Named or filled columns of one sheet or file.
MAX_COLUMNS = 1_000
#: Characters of one of the first lines of a text file, and of one shared text of a workbook.
MAX_LINE = 1_000_000
#: Bytes of deposits read together: bounds memory beside the number of deposits.
BATCH_BYTES = 100_000_000
