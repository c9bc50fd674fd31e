"""The process that reads files: takes a `Found`, gives documents. A parser that crashes or hangs takes only this process with it.

It is started by `_pool` with pipes as standard input and output; a message is its length in 8 bytes, and a pickle.
"""
import os
import pickle  # noqa: S403 - both ends are ours
import resource
import signal
import struct
import sys


def send(out, thing):
    data = pickle.dumps(thing, pickle.HIGHEST_PROTOCOL)
    out.write(struct.pack("<Q", len(data)) + data)
    out.flush()


def receive(source):
    """The next message; None at the end."""
    head = source.read(8)
    return pickle.loads(source.read(struct.unpack("<Q", head)[0])) if len(head) == 8 else None  # noqa: S301 - both ends are ours


def in_use():
    """Bytes of address space that this process has."""
    try:
        with open("/proc/self/statm") as f: return int(f.read().split()[0]) * resource.getpagesize()
    except OSError: return 0


def main():
    out, source = os.fdopen(os.dup(1), "wb"), os.fdopen(os.dup(0), "rb")
    os.dup2(2, 1)  # what a parser prints is no message
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    said = receive(source)
    sys.path[:] = said["path"]
    from opsnb.rag.parse import parse
    if said["memory_mb"]:
        most = in_use() + int(said["memory_mb"] * 1e6)
        resource.setrlimit(resource.RLIMIT_AS, (most, most))
    words = pickle.loads(said["words"])  # noqa: S301 - both ends are ours
    while (found := receive(source)) is not None:
        signal.alarm(int(said["limit_s"]) + 30)  # nobody is left to end us when the reader of our documents was killed
        try: send(out, parse(found, words))
        except MemoryError:
            send(out, "memory")
            return
        signal.alarm(0)


if __name__ == "__main__": main()
