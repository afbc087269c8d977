"""This file is not Python."""

def nothing(:
    return )
