"""Asks a far side over HTTP, and bounds what it can cost us in time, bytes and patience."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import lru_cache, partial
from typing import Any

import httpx2
import orjson
from tenacity import (
    AsyncRetrying,
    RetryCallState,
    retry_if_exception,
    stop_after_attempt,
    wait_exponential,
    wait_random,
)

from blocklight.config.city import SourceSpec
from blocklight.errors import SourceChanged, SourceUnavailable
from blocklight.intake.forms.bounded_json import INVALID_JSON, parse_json
from blocklight.intake.record import EMPTY
from blocklight.intake.threads import POLLING, in_thread
from blocklight.net import describe

log = logging.getLogger(__name__)

Clock = Callable[[], datetime]
Sleep = Callable[[float], Awaitable[None]]
# Makes an error of a platform's own error document, or ``None`` when there is nothing to add.
Explain = Callable[[int, Any], Exception | None]
# Marks a request for something else than rows, such as a layer's description: it is not recorded.
ASIDE = "blocklight.aside"
# Turns a body into a document; raises ``SourceUnavailable`` for what an unwell far side would send.
Decode = Callable[[bytes], Any]

# A server that restarts is back within them; one that is down is tried again with the next poll.
_ATTEMPTS = 4

# Who asks for more is left until the next poll: no fetch is held open by a far side's word.
_LONGEST_WAIT_S = 30.0

# A connection takes milliseconds or does not come; an answer may take its time.
_LONGEST_CONNECT_S = 10.0

_WHOLE_ANSWER = 3  # times the source's time-out, for one answer from first byte to last
# To https, to a host's real name, to the file: more are a circle.
_REDIRECTS = 3

# The reason is in the first lines of an error page.
_MAX_ERROR_BYTES = 65_536

_ADDRESSES = 16  # remembered: a poll asks what the one before asked
_LONGEST_QUERY = 1_500  # characters; some servers refuse an address beyond 2,048
_NOT_MODIFIED = 304
# What statuses mean to the people who keep the city file.
_REFUSALS = {
    401: "it needs a login or a key",
    403: "access is refused: to everybody, or to this machine or program",
    404: "nothing is at this address",
    405: "it does not accept GET: see `form` and `body`",
    407: "the proxy needs a login",
    410: "it was taken away for good",
}

_TRY_AGAIN = frozenset({202, 408, 425, 429, 500, 502, 503, 504})
# What we can unpack in small steps: brotli and zstd reach a million to one, gzip a thousand.
_ENCODINGS = frozenset({"", "identity", "gzip", "deflate"})

_wait = wait_exponential(multiplier=0.5, max=8) + wait_random(0, 0.5)


@dataclass(frozen=True, slots=True)
class Body:
    """What is posted with a question."""

    content: bytes
    media_type: str


@dataclass(frozen=True, slots=True)
class Answer:
    """A decoded document; *unchanged* stands for HTTP 304, then *value* is ``None``.

    *validators* are the headers that make the same question conditional next time.
    """

    value: Any
    fetched_at: datetime
    headers: Mapping[str, str]
    unchanged: bool = False
    validators: Mapping[str, str] = field(default_factory=dict)

    @property
    def answered_at(self) -> datetime:
        """The far side's clock when it answered, or ours where it does not say."""
        return _http_date(self.headers.get("date", "")) or self.fetched_at


class Conversation:
    """One source's conversation with its server. Its errors and log lines never hold a payload or an address.

    *explain* turns a platform's own error document (status, decoded body) into one of our errors. With
    *forms*, a question too long for an address is sent as a form, where a platform takes it for the same.
    *decode* reads an answer, which is JSON where nothing else is said.
    """

    def __init__(
        self,
        source: SourceSpec,
        client: httpx2.AsyncClient,
        *,
        now: Clock,
        sleep: Sleep = asyncio.sleep,
        headers: Mapping[str, str] | None = None,
        explain: Explain = lambda _status, _body: None,
        forms: bool = False,
        decode: Decode | None = None,
        accept: str = "application/json",
    ) -> None:
        self._source = source
        self._client = client
        self.now = now
        # How many bytes of answers came so far.
        self.received_bytes = 0
        self._secret_headers = dict(headers or {})
        self._explain = explain
        self._forms = forms
        self._decode = decode or json_document
        self._own_headers = {"accept": accept, "accept-encoding": "gzip, deflate"}
        self._timeout = httpx2.Timeout(source.timeout_s, connect=min(source.timeout_s, _LONGEST_CONNECT_S))
        self._attempts = AsyncRetrying(
            stop=stop_after_attempt(_ATTEMPTS),
            wait=_pause,
            retry=retry_if_exception(_may_pass),
            sleep=sleep,
            before_sleep=self._tell,
            reraise=True,
        )
        self._address = lru_cache(maxsize=_ADDRESSES)(_url_with_query)
        self._get = lru_cache(maxsize=_ADDRESSES)(self._built)

    def say(self, header: str, value: str) -> None:
        """Send a header with every question from now on; never to another server."""
        self._secret_headers[header] = value

    async def ask(
        self,
        url: str,
        params: Mapping[str, str],
        *,
        validators: Mapping[str, str] | None = None,
        post: Body | None = None,
        decode: Decode | None = None,
        aside: bool = False,
    ) -> Answer:
        """The document at *url*, trying again where that may help; with *post*, a body is posted.

        *decode* reads this answer, where it is of another kind than the others; *aside* says that it holds no
        rows.
        """
        request = partial(self._request, url, params, validators or {}, post, aside=aside)
        return await self._attempts(self._once, request, validators or {}, decode or self._decode)

    async def _once(
        self, request: Callable[[], httpx2.Request], validators: Mapping[str, str], decode: Decode
    ) -> Answer:
        try:
            async with asyncio.timeout(_WHOLE_ANSWER * self._source.timeout_s):
                response, body = await self._exchange(request())
        except (TimeoutError, httpx2.TimeoutException) as error:
            raise SourceUnavailable("timed out", detail=_beyond("timed out", error)) from None
        except httpx2.HTTPError as error:
            raise SourceUnavailable("cannot be reached", detail=describe(error)) from None
        except httpx2.InvalidURL:
            raise SourceChanged("not a valid URL") from None
        if response.status_code == _NOT_MODIFIED and validators:
            return Answer(None, self.now(), response.headers, unchanged=True, validators=validators)
        if not response.is_success or response.status_code in _TRY_AGAIN:
            raise self._refusal(response, body)
        # This thread sends the live feed, and most of a body may be rows that are withheld.
        document = await in_thread(POLLING, decode, body)
        return Answer(document, self.now(), response.headers, validators=_validators(response))

    def _request(
        self,
        url: str,
        params: Mapping[str, str],
        validators: Mapping[str, str],
        post: Body | None,
        *,
        aside: bool,
    ) -> httpx2.Request:
        headers = {**self._own_headers, **validators, **self._secret_headers}
        whole = self._address(url, tuple(params.items()))
        if post is not None:
            headers["content-type"] = post.media_type
            return self._client.build_request(
                "POST", whole, content=post.content, headers=headers, timeout=self._timeout
            )
        if self._forms and len(whole.query) > _LONGEST_QUERY:
            return self._client.build_request(
                "POST", url, data=dict(params), headers=headers, timeout=self._timeout
            )
        request = self._get(whole, tuple(headers.items()))
        if aside:
            request.extensions[ASIDE] = True
        return request

    def _built(self, url: httpx2.URL, headers: tuple[tuple[str, str], ...]) -> httpx2.Request:
        return self._client.build_request("GET", url, headers=dict(headers), timeout=self._timeout)

    async def _exchange(self, request: httpx2.Request) -> tuple[httpx2.Response, bytes]:
        """Send *request*, follow a few redirects, and read no more of the answer than is allowed."""
        for _ in range(_REDIRECTS + 1):
            response = await self._client.send(request, stream=True, follow_redirects=False)
            try:
                if not response.has_redirect_location:
                    return response, await self._read(response)
            finally:
                await response.aclose()
            request = self._redirected(request, response)
        raise SourceChanged("redirected too often")

    def _redirected(self, request: httpx2.Request, response: httpx2.Response) -> httpx2.Request:
        target = request.url.join(response.headers["location"])
        if target.scheme not in ("http", "https"):
            raise SourceChanged("not a valid URL")
        if (request.url.scheme, target.scheme) == ("https", "http"):
            raise SourceChanged("redirected from https to http")
        headers = request.headers.copy()
        del headers["host"]
        if (target.scheme, target.netloc) != (request.url.scheme, request.url.netloc):
            if request.content:  # a form may hold a token
                raise SourceChanged("a POST was redirected to another server")
            for name in self._secret_headers:
                headers.pop(name, None)
        return httpx2.Request(
            request.method, target, headers=headers, content=request.content, extensions=request.extensions
        )

    async def _read(self, response: httpx2.Response) -> bytes:
        limit = self._source.max_bytes if response.is_success else _MAX_ERROR_BYTES
        if response.headers.get("content-encoding", "").strip().lower() not in _ENCODINGS:
            raise SourceUnavailable("unsupported Content-Encoding")
        body = bytearray()
        async for chunk in response.aiter_bytes():
            body += chunk
            if len(body) > limit:
                if response.is_success:
                    raise SourceChanged("the response is larger than max_bytes")
                break
        self.received_bytes += len(body)
        return bytes(body)

    def _refusal(self, response: httpx2.Response, body: bytes) -> Exception:
        status = response.status_code
        if status in _TRY_AGAIN or status >= httpx2.codes.INTERNAL_SERVER_ERROR:
            return SourceUnavailable(f"HTTP {status}", retry_after_s=self._retry_after(response))
        try:
            explained = self._explain(status, json_document(body))
        except SourceUnavailable:
            explained = None
        return explained or SourceChanged(f"HTTP {status}", detail=_REFUSALS.get(status, ""))

    def _retry_after(self, response: httpx2.Response) -> float | None:
        """The seconds that the far side asks us to wait (RFC 9110, 10.2.3: seconds or a date)."""
        text = response.headers.get("retry-after", "").strip()
        if text.isascii() and text.isdigit():
            return float(text[:9])
        moment = _http_date(text)
        return None if moment is None else max(0.0, (moment - self.now()).total_seconds())

    def _tell(self, state: RetryCallState) -> None:
        log.debug("source %s: attempt %d failed, trying again", self._source.id, state.attempt_number)


def _may_pass(error: BaseException) -> bool:
    """Whether to try again at once; a far side that wants a longer pause gets it from the runner."""
    return isinstance(error, SourceUnavailable) and (error.retry_after_s or 0) <= _LONGEST_WAIT_S


def _pause(state: RetryCallState) -> float:
    error = state.outcome.exception() if state.outcome else None
    requested_s = error.retry_after_s if isinstance(error, SourceUnavailable) else None
    return max(requested_s or 0.0, _wait(state))


def _beyond(reason: str, error: Exception) -> str:
    """What there is to say about *error* beside its *reason*."""
    words = describe(error)
    return "" if words == reason else words


def _url_with_query(url: str, params: tuple[tuple[str, str], ...]) -> httpx2.URL:
    return httpx2.URL(url).copy_merge_params(dict(params))


def _http_date(text: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def json_document(body: bytes) -> Any:  # noqa: ANN401 - a far side may answer with any JSON value
    """The JSON value in *body*."""
    text = body.removeprefix(b"\xef\xbb\xbf")
    try:
        return parse_json(text)
    except orjson.JSONDecodeError:
        raise SourceUnavailable(_why_no_json(text)) from None


def _why_no_json(text: bytes) -> str:
    if not text.strip():
        return EMPTY
    if text.lstrip()[:1] == b"<":
        return "the response is HTML or XML, not JSON"
    try:
        text.decode("utf-8")
    except UnicodeDecodeError as error:
        # A character that was cut off at the very end is half an answer, not another encoding.
        return INVALID_JSON if error.end == len(text) else "the JSON is not in UTF-8"
    return INVALID_JSON


def _validators(response: httpx2.Response) -> dict[str, str]:
    pairs = (("if-none-match", "etag"), ("if-modified-since", "last-modified"))
    return {name: response.headers[header] for name, header in pairs if header in response.headers}
