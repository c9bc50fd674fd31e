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
