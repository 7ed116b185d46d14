"""An unexpected error, in a command, a log line or a request, says where it happened and quotes no value."""

import subprocess
import sys

import pytest

_COMMAND = """
import asyncio, logging
from blocklight.cli import app, main

def quote():
    try:
        {"a": 1}["12 ELM ST"]
    except KeyError as error:
        raise ValueError("J. DOE") from error

@app.command()
def in_a_command():
    quote()

@app.command()
def in_a_log_line():
    try:
        quote()
    except ValueError:
        logging.getLogger("blocklight.any").exception("it failed")

@app.command()
def in_a_task():
    async def task():
        asyncio.get_running_loop().call_soon(lambda text: quote(), "12 ELM ST")
        await asyncio.sleep(0.05)
    asyncio.run(task())

@app.command()
def in_a_forgotten_task():
    async def fail():
        quote()
    async def task():
        asyncio.ensure_future(fail())
        await asyncio.sleep(0.05)
    asyncio.run(task())

@app.command()
def in_a_request():
    import socket, threading, urllib.error, urllib.request
    import uvicorn
    from blocklight.app import serving

    async def application(scope, receive, send):
        quote()

    class Quiet:
        class live:
            async def close(): ...

    listener = socket.create_server(("127.0.0.1", 0))
    async def ask():
        running = serving._run_server(application, Quiet, listener, started=lambda: None)
        server = asyncio.ensure_future(running)
        await asyncio.sleep(1)
        address = "http://127.0.0.1:%d/" % listener.getsockname()[1]
        def get():
            try:
                urllib.request.urlopen(address, timeout=120)
            except urllib.error.HTTPError as error:
                print("answered", error.code, error.read(), dict(error.headers))
        await asyncio.to_thread(get)
        server.cancel()
    asyncio.run(ask())

main()
"""


@pytest.mark.parametrize(
    ("command", "tells"),
    [
        ("in-a-command", "internal error"),
        ("in-a-log-line", "it failed"),
        ("in-a-task", "Exception in callback"),
        ("in-a-forgotten-task", "Task exception was never retrieved"),
        ("in-a-request", "answered 500"),
    ],
)
def test_it_says_where_and_quotes_nothing(command: str, tells: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", _COMMAND, command], capture_output=True, text=True, timeout=300, check=False
    )
    said = done.stdout + done.stderr
    assert tells in said, said
    assert "in quote" in said
    assert "KeyError" in said
    assert "ValueError" in said
    assert "DOE" not in said
    assert "12 ELM" not in said
