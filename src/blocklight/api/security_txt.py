"""Shows whoever finds a fault of this map whom to report it to (RFC 9116)."""

from datetime import UTC, timedelta
from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.responses import PlainTextResponse, Response

from blocklight.api.state import Public, public
from blocklight.errors import NotFound

router = APIRouter(include_in_schema=False)

# Less than the year that RFC 9116 recommends at most: the city file may change tomorrow.
_VALID = timedelta(days=180)


@router.get("/.well-known/security.txt")
async def security_txt(state: Annotated[Public, Depends(public)]) -> Response:
    """Serve the contact of the city file, or 404 where it names none."""
    contact = state.city.publish.security_contact
    if contact is None:
        raise NotFound("no such page")
    today = state.publisher.now().astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    lines = [
        f"Contact: {contact}",
        f"Expires: {today + _VALID:%Y-%m-%dT%H:%M:%SZ}",
        f"Preferred-Languages: {', '.join(state.city.city.languages)}",
    ]
    text = "".join(f"{line}\n" for line in lines)
    return PlainTextResponse(text, headers={"cache-control": "public, max-age=86400"})
