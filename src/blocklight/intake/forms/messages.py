"""The field's standard messages: what of them is read, and which of our fields it becomes."""

from collections.abc import Callable, Mapping

from blocklight.intake.forms.eido import eido_row
from blocklight.intake.forms.neris import neris_row

MESSAGES: dict[str, Callable[[Mapping[str, object]], dict[str, object]]] = {
    "eido": eido_row,
    "neris": neris_row,
}
