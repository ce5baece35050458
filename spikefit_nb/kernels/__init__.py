"""Loops compiled by numba, on bare arrays: no allocation, no random numbers, no raise, no print."""
