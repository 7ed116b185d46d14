import sys

import pytest

from blocklight.app.handover import prompt_handover


def test_threads_hand_over_sooner_while_a_city_is_served_and_as_before_afterwards() -> None:
    before = sys.getswitchinterval()

    def fail_while_serving() -> None:
        with prompt_handover():
            assert sys.getswitchinterval() <= before / 10
            raise ConnectionError

    with pytest.raises(ConnectionError):
        fail_while_serving()
    assert sys.getswitchinterval() == before
