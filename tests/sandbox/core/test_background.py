"""Background jobs."""

from sandbox.core.background import Work


def test_settle_waits_for_a_job_that_runs_later():
    """Also if nothing else is left to do."""
    work, done = Work(), []
    work.submit_later(0.05, lambda: done.append("later"))
    work.submit(lambda: done.append("now"))
    work.settle(10)
    work.stop()
    assert done == ["now", "later"]
