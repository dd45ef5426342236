"""Measures, each against a floor taken in the same run; never a part of the test suite."""
