"""For all tests of pytest: whoever ends it by a signal ends what it has started too."""

import signal


def interrupt(number, _frame):
    raise KeyboardInterrupt(signal.Signals(number).name)


def pytest_configure():
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, interrupt)
