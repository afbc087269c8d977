"""CANARY-REFERENCE: no student's process may ever see this text."""

import numpy as np


def twice(x):
    return np.multiply(2, x)
