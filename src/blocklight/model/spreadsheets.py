"""Keeps public texts from being run as formulas by the spreadsheets that open a download."""

_BEGINS_A_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


def safe_cell(value: object) -> object:
    """A value that no spreadsheet takes for a formula (OWASP, "CSV Injection"), also behind spaces."""
    if isinstance(value, str) and (value.startswith(("\t", "\r", "\n")) or _is_formula(value)):
        return f"'{value}"
    return value


def _is_formula(text: str) -> bool:
    return text.lstrip().startswith(_BEGINS_A_FORMULA)
