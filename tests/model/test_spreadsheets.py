"""No text of a download is run as a formula."""

import pytest

from blocklight.model.spreadsheets import safe_cell


@pytest.mark.parametrize(
    "text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "  =1", "\u00a0=1", "\tx"]
)
def test_what_a_spreadsheet_would_run_is_a_text(text: str) -> None:
    assert safe_cell(text) == f"'{text}"


@pytest.mark.parametrize("value", ["", "noise", "a=b", "04X", -1, 2.5, None, True])
def test_all_else_stays_as_it_is(value: object) -> None:
    assert safe_cell(value) is value
