"""Threads that do one task after another."""

import threading

import pytest

from specrender.driver.workers import Workers


def all_finished(workers):
    found = []
    while workers.pending:
        found += workers.finished(10.0)
    return found


@pytest.mark.parametrize("count", [1, 3])
def test_each_task_is_done_once(count):
    with Workers(count) as workers:
        for task in range(50):
            workers.begin(lambda task: -task, task)
        assert sorted(all_finished(workers)) == [(task, -task) for task in range(50)]
        assert list(workers.finished(0.001)) == []


def test_tasks_run_side_by_side():
    """Both wait for each other, and neither would ever end alone."""
    barrier = threading.Barrier(2, timeout=10.0)
    with Workers(2) as workers:
        for task in range(2):
            workers.begin(lambda _: barrier.wait(), task)
        assert sorted(result for _, result in all_finished(workers)) == [0, 1]


def test_an_error_reaches_the_thread_that_waits_and_ends_all():
    done = []

    def call(task):
        done.append(task)
        if task == 1:
            raise ValueError("one")

    before = threading.active_count()
    with pytest.raises(ValueError, match="one"), Workers(1) as workers:
        for task in range(3):
            workers.begin(call, task)
        all_finished(workers)
    assert threading.active_count() == before and done[:2] == [0, 1]


def test_what_was_not_begun_is_dropped_at_the_end():
    held, begun, done = threading.Event(), threading.Event(), []

    def call(task):
        begun.set()
        held.wait(10.0)
        done.append(task)

    with pytest.raises(KeyboardInterrupt), Workers(1) as workers:
        for task in range(5):
            workers.begin(call, task)
        begun.wait(10.0)
        threading.Timer(0.05, held.set).start()
        raise KeyboardInterrupt
    assert done == [0]
