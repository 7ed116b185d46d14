"""Texts for XML, which cannot hold every character that a text can."""

import re

_FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def xml_safe(text: str) -> str:
    """A text without the characters that XML 1.0 forbids."""
    return _FORBIDDEN.sub("", text)
