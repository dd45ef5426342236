"""WHEN and HOW data moves: intake of returns, open data, the warehouse run, releases, and everything that fires them.

Here: files, times, keys, Dagster. Not here: what a valid table is (`contracts`), what a figure means (`dbt_project`).
"""
