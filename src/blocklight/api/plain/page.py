"""Puts a page without scripts together: a template, the reader's words, headers that allow nothing else."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import urlencode

from fastapi import Request
from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.responses import Response

from blocklight.api.contact import contact_link
from blocklight.api.encoding import PublicFile
from blocklight.api.plain.banner import banner
from blocklight.api.plain.formats import Formats, formats
from blocklight.api.plain.near import centre_of
from blocklight.api.plain.telling import Teller
from blocklight.api.plain.words import Catalogue, Words, catalogue
from blocklight.api.state import Public
from blocklight.config.reported import reported

# Not even our own scripts: there are none. Checkers read robots.txt from within a page: it may connect.
_POLICY = (
    "default-src 'none'; style-src 'self'; font-src 'self'; img-src 'self'; form-action 'self'; "
    "connect-src 'self'; base-uri 'none'; frame-ancestors 'none'"
)

_TROUBLE = "trouble.html"
_templates = Environment(
    loader=PackageLoader("blocklight.api.plain"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def rendered(template: str, values: Mapping[str, object]) -> str:
    """Fill in a template; every value is escaped."""
    return _templates.get_template(template).render(values)


@dataclass(frozen=True, slots=True)
class Reader:
    """Who reads a page: in which language, and which one the address names if it names any."""

    state: Public
    catalogue: Catalogue
    words: Words
    formats: Formats
    asked: str | None
    now: datetime

    @classmethod
    def of(cls, request: Request, state: Public) -> "Reader":
        """Read the language from the address, or else from ``Accept-Language``."""
        messages = catalogue(state.web)
        language = request.query_params.get("lang")
        words = messages.choose(language, request.headers.get("accept-language"))
        now = state.publisher.now().astimezone(UTC)
        return cls(state, messages, words, formats(words.language, state.city.city.zone), language, now)

    @property
    def labels(self) -> dict[str, str]:
        """What people call each source."""
        return {source.id: source.label for source in self.state.city.sources}

    @property
    def teller(self) -> Teller:
        """What tells incidents to this reader."""
        sources = self.state.city.sources
        return Teller(
            self.words,
            self.formats,
            self.catalogue,
            self.state.areas,
            self.now,
            {source.id: reported(source, sources) for source in sources},
            self.labels,
            centre_of(self.state.city.city.bounds),
        )

    def link(self, path: str, parameters: Mapping[str, object] = {}) -> str:
        """The address of a page of ours in the language asked for; empty values are left out."""
        query = {name: value for name, value in parameters.items() if value not in (None, "", [])}
        if self.asked is not None and "lang" not in query:
            query["lang"] = self.words.language
        return f"{path}?{urlencode(query, doseq=True)}" if query else path

    def tongues(self, path: str, parameters: Mapping[str, object]) -> list[tuple[str, str, str]]:
        """Each language's tag, its own name, and the address of this page in it."""
        return [
            (tag, words("plain.tongue"), self.link(path, {**parameters, "lang": tag}))
            for tag, words in self.catalogue.languages.items()
        ]

    def answer(
        self,
        request: Request,
        template: str,
        values: Mapping[str, object],
        *,
        status: int = 200,
        parameters: Mapping[str, object] = {},
        incident_id: str = "",
    ) -> Response:
        """A page; *parameters* are those that the same page in another language keeps."""
        html = _templates.get_template(template).render(
            w=self.words,
            f=self.formats,
            link=self.link,
            city=self.state.city.city,
            contact=contact_link(self.state.city.city, incident_id),
            catalogue=self.catalogue,
            asked=self.asked is not None,
            banner=banner(self.state.publisher.pulse(), self.labels, self.words, self.formats, self.now),
            now=self.now,
            # A page of trouble repeats nothing of what was asked for.
            tongues=self.tongues("/list" if template == _TROUBLE else request.url.path, parameters),
            **values,
        )
        body = html.encode()
        headers = {
            "content-security-policy": _POLICY,
            "content-language": self.words.language,
            "vary": "accept-encoding, accept-language",
        }
        media_type = "text/html; charset=utf-8"
        if status != 200:  # noqa: PLR2004 - OK
            return Response(body, status, {**headers, "cache-control": "no-store"}, media_type)
        return PublicFile(body, media_type, "public, max-age=1", quality=4).respond(request, headers)

    def trouble(self, request: Request, message: str, status: int) -> Response:
        """A page that says what is wrong, in the words of a message."""
        values = {"trouble": self.words(message), "heading": self.state.city.city.name}
        return self.answer(request, _TROUBLE, values, status=status)

    def refused(self, request: Request, parameter: str) -> Response:
        """A page that says which parameter was not understood."""
        values = {
            "trouble": self.words("plain.notRead", name=parameter[:80]),
            "heading": self.state.city.city.name,
        }
        return self.answer(request, _TROUBLE, values, status=400)
