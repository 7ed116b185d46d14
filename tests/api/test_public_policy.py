"""The policy over HTTP: what is loosened and why, and no word of the agency."""

import asyncio
from datetime import timedelta
from pathlib import Path

import orjson
from town import FILE, NOW, a_row, a_town

from blocklight.app.policy_change import ACTION

ALLOW = """
[[policy.rules]]
name = "secret-name"
match = "SECRETWORD"
action = "withhold"
[[policy.allow]]
group = "tactical_officer_safety"
types = ["WARRANT CANARYTYPE"]
reason = "Ordinance 12.4 asks for publication after the fact"
[[policy.allow]]
group = "death"
match = "CORONER"
reason = "The county publishes its coroner's calls itself"
"""


def test_the_reasons_for_what_is_loosened_are_public_and_the_agencys_words_are_not(tmp_path: Path) -> None:
    with a_town(tmp_path / "town", FILE + ALLOW) as town:
        asyncio.run(town.fetch(a_row(1)))
        for days in (9, 9, 2):
            town.store.note(NOW - timedelta(days=days), ACTION, {"policy": "CANARY"})
        town.store.note(NOW, "pause", {"reason": "CANARY"})
        answer = asyncio.run(town.public())["/api/v1/policy"]
    body = orjson.loads(answer[answer.index(b'{"resolution"') :])
    assert body["allowed"] == [
        {
            "group": "tactical_officer_safety",
            "whole": False,
            "reason": "Ordinance 12.4 asks for publication after the fact",
        },
        {"group": "death", "whole": False, "reason": "The county publishes its coroner's calls itself"},
    ]
    assert {"domestic_violence", "death", "stalking"} <= set(body["sensitive_groups"])
    assert (body["resolution"], body["labels"], body["source_types"]) == (9, "hundred_block", False)
    assert body["changed_on"] == ["2026-01-22", "2026-01-29"]
    assert not any(word in answer.upper() for word in (b"CANARY", b"WARRANT", b"SECRET"))
