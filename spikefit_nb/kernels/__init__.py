"""Loops compiled by numba, on bare arrays: no allocation in them, no random numbers, no raise, no
print.
"""
