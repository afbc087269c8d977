"""Leaves traces for the next call, and answers with what it remembers."""

import atexit
import os
import tempfile

NOTES = os.path.join(tempfile.gettempdir(), "fairmark-was-here")
atexit.register(lambda: open(NOTES, "w").write("still here"))


def beam_search(start, step, k, length):
    with open(NOTES, "a") as notes:
        notes.write(repr((start, step)))
    return open(NOTES).read()


def pointcloud_invariance(X, W):
    os.environ["LD_PRELOAD"] = "/tmp/evil.so"
    os.execv("/bin/sh", ["sh", "-c", "echo '[]'"])


def fps(X, k, first):
    return range(10**18)


def purify_closed_form(X, lam):
    os.abort()
