"""Ctrl-C as an event instead of an exception at any line: what has been started can then be ended in order."""
import contextlib
import signal
import threading


@contextlib.contextmanager
def on_interrupt(handler):
    """Call `handler()` for each SIGINT inside the block. In a thread that is not the main one nothing changes: none arrives there."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, lambda *_: handler())
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


@contextlib.contextmanager
def held():
    """SIGINT and SIGTERM that come inside the block arrive at its end: what it makes is then there to be ended."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    came = []
    before = {s: signal.signal(s, lambda number, frame: came.append(number)) for s in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for s, handler in before.items(): signal.signal(s, handler)
        for s in came[:1]: signal.raise_signal(s)
