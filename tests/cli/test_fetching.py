"""Two intakes for one city, and a process that is told to look at its sources now."""

import signal
import time

from living_city import until
from workplace import CITY_FILE, Workplace, a_row, read_from, serving_rows

from blocklight.app import fetching


def test_a_second_intake_waits_and_takes_over_within_ten_seconds(workplace: Workplace) -> None:
    with serving_rows(a_row(1)) as (_, feed):
        city = ("smallville.toml", *read_from(feed))
        with workplace.running("fetch", *city) as first:
            until(lambda: len(feed.asked) > 3)
            with workplace.running("fetch", *city) as second:
                until(lambda: "waiting to take over" in second.said())
                first.process.kill()
                first.process.wait()
                killed, before = time.monotonic(), len(feed.asked)
                until(lambda: len(feed.asked) > before)
                assert time.monotonic() - killed < 10
                assert "the other process is gone" in second.said()
                assert second.said().count("waiting to take over") == 1


def test_a_hangup_makes_a_process_look_at_its_sources_now(workplace: Workplace) -> None:
    (workplace.folder / "smallville.toml").write_text(CITY_FILE.replace("poll_s = 0.2", "poll_s = 3600"))
    for command in (("fetch",), ("serve", "--port", "0")):
        with (
            serving_rows(a_row(1)) as (_, feed),
            workplace.running(command[0], "smallville.toml", *command[1:], *read_from(feed)) as process,
        ):
            if command[0] == "serve":
                process.address()
            until(lambda: feed.asked)
            time.sleep(0.5)
            before = len(feed.asked)
            process.process.send_signal(signal.SIGHUP)
            until(lambda: len(feed.asked) > before)  # noqa: B023 - called before the loop goes on
            assert process.process.poll() is None


def test_a_web_process_outlives_a_hangup(workplace: Workplace) -> None:
    with workplace.running("serve", "smallville.toml", "--no-intake", "--port", "0") as server:
        server.address()
        server.process.send_signal(signal.SIGHUP)
        time.sleep(0.5)
        server.stop()


def test_the_turn_is_looked_after_often_enough() -> None:
    assert fetching.TURN_EVERY_S <= 5
