"""The names that commands had before are understood for one release, and say what they are called now."""

import pytest
import typer
from typer.testing import CliRunner

from blocklight.cli import app
from blocklight.cli.renamed import current_words


@pytest.mark.parametrize(
    ("before", "now"),
    [
        ("cities", "city list"),
        ("new-city http://127.0.0.1:9/ --name x", "city new http://127.0.0.1:9/ --name x"),
        ("catalogue Arizona", "source find Arizona"),
        ("sources confirm x active", "source confirm x active"),
        ("types x", "type list x"),
        ("types x --worksheet f", "type list x --worksheet f"),
        ("types --sign x --source y", "type sign x --source y"),
        ("types x --write f", "type apply x --worksheet f"),
        ("types x --write=f", "type apply x --worksheet=f"),
        ("ground x --fresh", "ground build x --fresh"),
        ("areas prepare x f", "area build x f"),
        ("places build x", "place build x"),
        ("integrity x", "database verify x"),
        ("intake x --health-port 0", "fetch x --health-port 0"),
    ],
)
def test_a_command_line_of_before_is_one_of_today(before: str, now: str) -> None:
    assert current_words(before.split()) == now.split()
    assert current_words(now.split()) == now.split()
    group = typer.main.get_command(app)
    words = now.split()
    command = group.commands[words[0]]  # type: ignore[attr-defined]  # the app is a group
    assert not hasattr(command, "commands") or words[1] in command.commands


@pytest.mark.parametrize("words", ["ground", "ground --help", "serve x", "areas", "sources list"])
def test_what_was_no_command_of_before_stays_as_it_is_typed(words: str) -> None:
    assert current_words(words.split()) == words.split()


def test_an_older_name_works_and_is_noted_in_one_line() -> None:
    done = CliRunner().invoke(app, ["cities"])
    assert done.exit_code == 0
    assert done.stderr.splitlines() == ["blocklight cities: renamed to 'blocklight city list'"]
    assert done.stdout == CliRunner().invoke(app, ["city", "list"]).stdout
    assert "cities" not in CliRunner().invoke(app, ["--help"]).stdout.split()
