"""A member's return, from the landing folder to the lake: read, judged, published, acknowledged.

Here: everything between a deposited file and the lake. Not here: what a valid row is (`contracts`), when a refresh
starts (`orchestration/automation.py`).

deposits.py  what lies in the landing folder, and putting something there
limits.py    how much one deposit may be; periods.py: what a return covers
formats.py   bytes of one file -> its sheets or files as text; workbooks.py: those of .xlsx and .ods
reading.py   those -> tables of text and the header of the return; adapters.py: exports of other software
judging.py   tables of all pending returns -> rows accepted, quarantined, folded; verdict of each return
references.py  what rows of several tables and returns say together; identity.py: what is said of one person
corrections.py  a correction sent back -> the whole return it makes
publishing.py  verdicts -> vault, quarantine, lake, registry, receipt; the landing folder is emptied
vault.py     originals, encrypted; a change of key
forgotten.py  persons who have been erased: their rows are refused
erasure.py   taking one person out of everything
receipts.py  what the member reads; signalements.py: what another member's statement contradicts
history.py   what was believed of a row, and from when to when
assets.py    the same as Dagster shows it
"""
