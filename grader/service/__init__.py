"""The service: an API and pages over the store, and engines that grade what was handed in.

The web process imports no torch, sympy or numba: grading happens in processes of its own
(`slot`), which both engines start and may kill.
"""
