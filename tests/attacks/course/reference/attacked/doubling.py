"""CANARY-REFERENCE: no student's process may ever see this text."""


def double(x):
    return 2 * x
