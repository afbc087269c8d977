"""Needs more of everything than there is."""

import sys


def linear_attn(Q, K, V):
    hoard = []
    while True:
        hoard.append(bytearray(2**26))


def causal_linear_attn(Q, K, V):
    sys.setrecursionlimit(10**8)

    def deeper(depth):
        return deeper(depth + 1) + deeper(depth + 2)

    return deeper(0)
