"""What the city's policy is, in public words: how places are masked, what is loosened and why."""

from typing import Annotated

import orjson
from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from blocklight.api.encoding import PublicFile
from blocklight.api.examples import json_response, problems
from blocklight.api.schemas import Policy
from blocklight.api.state import Public, public
from blocklight.config.city import default_call_types
from blocklight.config.source import masked_by_publisher

router = APIRouter(tags=["policy"])

_EXAMPLE: Policy = {
    "resolution": 9,
    "medical_resolution": 8,
    "medical_time_step_min": 5,
    "labels": "none",
    "source_types": False,
    "medical": {"show": ["units"], "reason": "The fire board asked for the number of units"},
    "companions_shown": {"reason": "The council asks for every alarm to be shown"},
    "sensitive_groups": ["child_abuse", "death", "domestic_violence"],
    "allowed": [
        {
            "group": "tactical_officer_safety",
            "whole": False,
            "reason": "Ordinance 12.4 asks for publication after the fact",
        }
    ],
    "masked_by_publisher": [
        {"source": "calls", "radius_m": 120, "reason": "The dispatch centre moves each call to its block"}
    ],
    "changed_on": ["2026-01-03"],
}


@router.get("/policy", responses=json_response("The policy", Policy, _EXAMPLE) | problems(503))
def get_policy(request: Request, state: Annotated[Public, Depends(public)]) -> Response:
    """How places are masked, which sensitive groups are withheld, and what of them is let through.

    `masked_by_publisher` are the sources whose points are shown where their publisher puts them. `medical` is
    what of medical calls is published beside what always is; `medical_time_step_min` is the least step in
    minutes that their times are cut to, `null` where they are not. `companions_shown` says why calls beside
    sensitive ones are published; it is `null` where they are withheld.
    Neither the agency's words nor the conditions of rules are told. `changed_on` are the days (UTC) on which
    another policy took effect, the oldest first.
    """
    body = orjson.dumps(policy_answer(state))
    return PublicFile(body, "application/json", "public, max-age=60").respond(request)


def policy_answer(state: Public) -> Policy:
    """The policy in public words, as the API tells it."""
    policy = state.city.policy
    return {
        "resolution": policy.resolution,
        "medical_resolution": policy.medical_resolution,
        "medical_time_step_min": policy.medical_step,
        "labels": policy.labels,
        "source_types": policy.source_types,
        "medical": None
        if policy.medical is None
        else {"show": sorted(policy.medical.show), "reason": policy.medical.reason},
        "companions_shown": None if policy.companions is None else {"reason": policy.companions.reason},
        "sensitive_groups": sorted({rule.group for rule in default_call_types().sensitive}),
        "allowed": [
            {
                "group": allow.group,
                "whole": not allow.types and allow.match is None,
                "reason": allow.reason,
            }
            for allow in policy.allow
        ],
        "masked_by_publisher": [
            {"source": id_, "radius_m": line.radius_m, "reason": line.reason}
            for id_, line in masked_by_publisher(state.city.sources).items()
        ],
        "changed_on": [day.isoformat() for day in state.store.days_of("policy")],
    }
