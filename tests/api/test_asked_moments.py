"""A moment is asked for as ISO 8601 with an offset, in every parameter that takes one."""

from pathlib import Path

import pytest
from public_side import public_side

_ASKED = (
    "/api/v1/incidents?since={}",
    "/api/v1/incidents?until={}",
    "/api/v1/stats?by=hour&as_of={}",
    "/api/v1/city/summary?as_of={}",
    "/api/v1/response-times?as_of={}",
    "/api/v1/compare?areas=city&versus_since={}",
)


@pytest.mark.parametrize("moment", ["0.5", "1767225600", "2026-01-31", "2026-01-31T08:00", "yesterday"])
def test_whatever_else_is_a_mistake(tmp_path: Path, moment: str) -> None:
    with public_side(tmp_path) as side:
        for path in _ASKED:
            answer = side.client.get(path.format(moment))
            assert answer.status_code == 400, path
            assert "for example 2026-01-31T08:00:00Z" in answer.json()["detail"], path
