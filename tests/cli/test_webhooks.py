"""The commands about webhooks, from adding a receiver to sending again what was given up."""

import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from blocklight.alerts.webhooks import Webhooks
from blocklight.cli import app
from blocklight.errors import BlocklightError, UsageError

RUN = CliRunner()


def _run(folder: Path, *words: str) -> str:
    verb, *others = words
    answer = RUN.invoke(
        app, ["webhook", verb, "houston", *others, "--data", str(folder)], catch_exceptions=False
    )
    assert answer.exit_code == 0, answer.output
    return answer.output


def test_a_receiver_is_added_listed_rotated_retried_and_removed(tmp_path: Path) -> None:
    added = _run(tmp_path, "add", "https://newsroom.example/hook?password=x", "--filter", "category=fire")
    (webhook,) = Webhooks(tmp_path).all()
    secret = webhook.secrets[0].key
    assert added.splitlines()[-1] == secret
    assert re.fullmatch(r"whsec_[A-Za-z0-9+/]{43}=", secret)
    listed = _run(tmp_path, "list")
    assert webhook.id in listed
    assert "category=fire" in listed
    assert "password" not in listed
    assert secret not in listed
    rotated = _run(tmp_path, "rotate", webhook.id).splitlines()[-1]
    assert Webhooks(tmp_path).all()[0].secrets[0].key == rotated
    assert [one.key == secret for one in Webhooks(tmp_path).all()[0].secrets] == [False, True]
    assert "0 changes" in _run(tmp_path, "retry", webhook.id)
    _run(tmp_path, "remove", webhook.id)
    assert Webhooks(tmp_path).all() == []


@pytest.mark.parametrize("query", ["category=fir", "limit=5", "category", "since=yesterday", "cursor=x"])
def test_a_filter_that_is_none_is_refused_and_nothing_is_added(tmp_path: Path, query: str) -> None:
    words = [
        "webhook",
        "add",
        "houston",
        "https://newsroom.example/",
        "--filter",
        query,
        "--data",
        str(tmp_path),
    ]
    error = RUN.invoke(app, words).exception
    assert isinstance(error, UsageError)
    assert str(error).startswith("--filter: ")
    assert Webhooks(tmp_path).all() == []


@pytest.mark.parametrize("verb", ["remove", "rotate", "retry"])
def test_an_unknown_webhook_is_named(tmp_path: Path, verb: str) -> None:
    error = RUN.invoke(app, ["webhook", verb, "houston", "00000000", "--data", str(tmp_path)]).exception
    assert isinstance(error, BlocklightError)
    assert "00000000: no such webhook" in str(error)
