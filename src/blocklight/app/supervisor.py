"""Speaks with the service manager that started us, as sd_notify(3) describes; does nothing without one."""

import asyncio
import os
import socket
from collections.abc import Callable

# How often the manager hears from us within its time: once could come too late on a busy machine.
_SHARE = 3


def notify(*lines: str) -> None:
    """Send states such as ``READY=1``; a manager that is gone is nobody's fault."""
    address = os.environ.get("NOTIFY_SOCKET", "")
    if not address:
        return
    if address.startswith("@"):  # an abstract socket
        address = f"\0{address[1:]}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as sender:
        sender.setblocking(False)  # noqa: FBT003 - the method's only parameter; a full queue must not stop us
        try:
            sender.sendto("\n".join(lines).encode(), address)
        except OSError:
            return


def watchdog_s() -> float | None:
    """How often the manager wants to hear from this process, ``None`` if it does not."""
    try:
        within_s = int(os.environ.get("WATCHDOG_USEC", "0")) / 1_000_000
        process = int(os.environ.get("WATCHDOG_PID", os.getpid()))
    except ValueError:
        return None
    return within_s / _SHARE if within_s > 0 and process == os.getpid() else None


async def keep_watchdog(is_well: Callable[[], bool]) -> None:
    """Tell the manager that the process is well, for as long as it is; silence makes it start us anew."""
    every_s = watchdog_s()
    while every_s is not None:
        if is_well():
            notify("WATCHDOG=1")
        await asyncio.sleep(every_s)
