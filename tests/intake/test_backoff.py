import pytest

from blocklight.intake.backoff import pause_s


@pytest.mark.parametrize("poll_s", [0.2, 30, 600])
@pytest.mark.parametrize("failures", [1, 5, 50])
def test_a_feed_is_looked_at_within_a_minute_however_long_it_was_away(poll_s: float, failures: int) -> None:
    pauses = [pause_s(poll_s, failures=failures) for _ in range(50)]
    assert 0 < min(pauses) <= max(pauses) <= 60
    took_long = [pause_s(poll_s, failures=failures, poll_took_s=45) for _ in range(50)]
    assert 0 < min(took_long) <= max(took_long) <= 15, "a poll that took long is part of the minute"


@pytest.mark.parametrize("took", [0, 45, 240])
def test_a_feed_that_answers_is_polled_as_its_city_file_says_whatever_its_rows_take(took: float) -> None:
    periods = [took + pause_s(600, poll_took_s=took, requested_s=5) for _ in range(50)]
    assert 540 <= min(periods) < max(periods) <= 660


def test_a_far_side_that_answers_slowly_is_left_alone_for_half_of_the_time() -> None:
    assert pause_s(60, poll_took_s=600) == 30


@pytest.mark.parametrize(("requested", "pause"), [(120, 120), (86_400, 300)])
def test_a_longer_pause_that_the_far_side_requests_is_kept_within_reason(
    requested: float, pause: float
) -> None:
    assert pause_s(1, failures=1, requested_s=requested) == pause
