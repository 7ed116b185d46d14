"""Lets a command that is typed by hand act as the service does: with its environment, and as its user."""

import logging
import os
import pwd
from difflib import get_close_matches
from logging.handlers import SysLogHandler
from pathlib import Path

from blocklight.errors import BlocklightError, SettingError

ENVIRONMENT_FILE = "/etc/blocklight/environment"
_PREFIX = "BLOCKLIGHT_"
# Variables that are no settings: this module reads the first, the tests read the others.
_OTHERS_READ = ("ENVIRONMENT_FILE", "REQUIRE_RECORDINGS", "SHARED_DATA", "TWO_WORLDS")

_SYSTEM_LOG = "/dev/log"
# A typing error or two in the name of a variable; below that the hint would be a guess.
_SIMILAR = 0.7

_log = logging.getLogger(__name__)


def load_environment() -> None:
    """Take the service's environment file for whatever this process's own environment does not say.

    ``BLOCKLIGHT_ENVIRONMENT_FILE`` names another. systemd reads the same file for the service.
    """
    file = Path(os.environ.get("BLOCKLIGHT_ENVIRONMENT_FILE", ENVIRONMENT_FILE))
    try:
        text = file.read_text("utf-8")
    except FileNotFoundError:
        return
    except OSError:
        _log.warning("%s cannot be read by this user; the service's settings are not known", file)
        return
    for line in text.splitlines():
        name, equals, value = line.strip().partition("=")
        if equals and not name.startswith(("#", ";")):
            os.environ.setdefault(name.strip(), _without_quotes(value.strip()))


def check_settings() -> None:
    """Warn of ``BLOCKLIGHT_*`` variables that nothing reads; raises ``SettingError`` for an impossible value.

    They are not refused: container platforms set variables of their own after the name of a service.
    """
    from pydantic import ValidationError  # noqa: PLC0415 - `--help` need not load it

    from blocklight.config.settings import Settings  # noqa: PLC0415 - see above

    variables = [name.upper() for name in (*Settings.model_fields, *_OTHERS_READ)]
    for variable in sorted(os.environ):
        prefix, name = variable[: len(_PREFIX)].upper(), variable[len(_PREFIX) :].upper()
        if prefix == _PREFIX and name not in variables:
            close = get_close_matches(name, variables, 1, _SIMILAR)
            hint = f"; did you mean {_PREFIX}{close[0]}?" if close else ""
            _log.warning("%s: unknown variable, ignored%s", variable, hint)
    try:
        Settings()
    except ValidationError as error:
        mistake = error.errors(include_input=False, include_url=False)[0]
        variable = f"{_PREFIX}{mistake['loc'][0]}".upper()
        raise SettingError(variable, mistake["msg"].removeprefix("Value error, ")) from None


def _without_quotes(value: str) -> str:
    quoted = len(value) > 1 and value[0] == value[-1] and value[0] in "\"'"
    return value[1:-1] if quoted else value


def act_as_owner(*folders: Path) -> None:
    """Become the owner of the first of *folders* that is there, when root; everybody else stays who they are.

    A file that root makes beside the database could not be written by the service, which would then stop.
    """
    if os.geteuid() != 0:
        return
    folder = next((folder for folder in folders if folder.exists()), None)
    if folder is None or folder.stat().st_uid == 0:
        return
    uid, gid = folder.stat().st_uid, folder.stat().st_gid
    try:
        os.setgroups(os.getgrouplist(pwd.getpwuid(uid).pw_name, gid))
        os.setgid(gid)
        os.setuid(uid)
    except (OSError, KeyError):
        raise BlocklightError(
            f"{folder}: belongs to user {uid}, and this process cannot become that user"
        ) from None


def who() -> str:
    """Who types the command, also through sudo; call it before ``act_as_owner``."""
    name = os.environ.get("SUDO_USER")
    if name:
        return name
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return str(os.getuid())


def note_in_system_log(text: str) -> None:
    """Write a line into the machine's log, where there is one, beside the service's own lines."""
    if not Path(_SYSTEM_LOG).exists():
        return
    try:
        handler = SysLogHandler(_SYSTEM_LOG, facility=SysLogHandler.LOG_DAEMON)
    except OSError:
        return
    handler.ident = "blocklight: "
    handler.emit(logging.LogRecord("blocklight", logging.WARNING, "", 0, text, None, None))
    handler.close()
