"""Asks for one address again and again: dates written into it, and only for what has changed."""

from collections.abc import Mapping
from datetime import timedelta

from blocklight.city import SourceSpec
from blocklight.intake.connectors.http import Answer, Conversation

_ISO = "%Y-%m-%d"


class Pages:
    """The address of a source that is read whole. ``{from}`` and ``{to}`` in it are days in UTC.

    The last day is tomorrow's, so that no zone's today is left out; the first lies *first_days* back.
    """

    def __init__(self, source: SourceSpec, http: Conversation) -> None:
        self._source = source
        self._http = http
        self._asked = ""
        self._url = ""
        self._validators: Mapping[str, str] = {}

    async def ask(self) -> Answer:
        """Return the document."""
        self._url = self._dated()
        validators, self._validators = self._validators, {}  # of an answer that is not stored, none are kept
        if self._url != self._asked:
            validators = {}
        answer = await self._http.ask(self._url, {}, validators=validators)
        if answer.unchanged:
            self._validators = validators
        return answer

    def stored(self, answer: Answer) -> None:
        """Note that the answer is stored, so that it need not be sent again."""
        self._asked, self._validators = self._url, answer.validators

    def _dated(self) -> str:
        url = self._source.url
        if "{from}" not in url and "{to}" not in url:
            return url
        form, now = self._source.date_format or _ISO, self._http.now()
        first = now - timedelta(days=self._source.first_days or 1)
        last = now + timedelta(days=1)
        return url.replace("{from}", first.strftime(form)).replace("{to}", last.strftime(form))
