"""Ctrl-C within the handling of Ctrl-C."""

import signal
import threading

import pytest

from specrender.cli.interrupts import Interrupts


def test_an_interrupt_while_the_first_one_is_handled():
    interrupts = Interrupts(quiet=True)
    interrupts.is_rendering = True

    class Event(threading.Event):
        def set(self):
            with self._cond:
                interrupts._handle(signal.SIGINT, None)
                self._flag = True

    interrupts.stop = Event()
    # a deadlock would end the test, not the tests
    thread = threading.Thread(target=interrupts._handle, args=(signal.SIGINT, None), daemon=True)
    thread.start()
    thread.join(20.0)
    assert not thread.is_alive() and interrupts.stop.is_set()
    with pytest.raises(KeyboardInterrupt):
        interrupts._handle(signal.SIGINT, None)


def test_interrupts_outside_of_rendering_end_at_once():
    with pytest.raises(KeyboardInterrupt):
        Interrupts(quiet=True)._handle(signal.SIGINT, None)
