"""Keeps public texts from being run as formulas by the spreadsheets that open a download."""

from datetime import datetime

from blocklight.model.times import iso

_BEGINS_A_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


def safe_cell(value: object) -> object:
    """A value that no spreadsheet takes for a formula (OWASP, "CSV Injection"), also behind spaces."""
    if isinstance(value, str) and (value.startswith(("\t", "\r", "\n")) or _is_formula(value)):
        return f"'{value}"
    return value


def cell_text(value: object) -> object:
    """A value of any column as a download in CSV has it: a time by ISO 8601, true or false, a safe text."""
    if isinstance(value, datetime):
        return iso(value)
    if isinstance(value, bool):
        return str(value).lower()
    return safe_cell(value)


def _is_formula(text: str) -> bool:
    return text.lstrip().startswith(_BEGINS_A_FORMULA)
