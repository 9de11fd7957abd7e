"""A test under which Asterisk itself fell over is told of, and run once more.

Asterisk 22 dies of a fault of its own (signal 11) once in some thousand calls
here. What we then see is true and proves nothing about us.
"""

from __future__ import annotations

import pytest
from _pytest.runner import runtestprotocol

from tests.rig.asterisk import AsteriskRig

_told: list[str] = []


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item, nextitem: pytest.Item | None) -> bool | None:
    """Run a test that needs Asterisk, and again if that crashed meanwhile."""
    if item.get_closest_marker("asterisk") is None:
        return None
    before = len(AsteriskRig.crashes)
    item.ihook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
    reports = runtestprotocol(item, nextitem=nextitem, log=False)
    crashes = AsteriskRig.crashes[before:]
    if crashes and any(report.failed for report in reports):
        _told.append(f"{item.nodeid}: Asterisk died of signal {crashes[0]}; run once more")
        item._initrequest()  # type: ignore[attr-defined]
        reports = runtestprotocol(item, nextitem=nextitem, log=False)
    for report in reports:
        item.ihook.pytest_runtest_logreport(report=report)
    item.ihook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)
    return True


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say it loudly, whatever became of the second run."""
    if _told:
        terminalreporter.write_sep("=", "Asterisk itself crashed", yellow=True)
        for line in _told:
            terminalreporter.write_line(line)
