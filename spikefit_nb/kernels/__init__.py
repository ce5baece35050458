"""Loops compiled by numba, on bare arrays: no allocation, no random numbers, no raise, no print."""

from spikefit_nb.interrupts import hold_interrupts

with hold_interrupts():
    import numba  # noqa: F401
