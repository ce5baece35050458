"""Assemble a chip, turn the knobs of a design, search and decide, with the mouse."""
