"""All 27 Braille letters as 12 touch sensors felt them: readings, not spikes."""

from functools import cache
from pathlib import Path

import numpy as np

from spikefit_nb.datasets.files import read_npz
from spikefit_nb.encode import Delta

FILE = Path(__file__).parent / "recordings" / "braille27.npz"
N_STEPS, STEP_S = 76, 25e-3  # readings of a letter, 40 of them a second
AT_REST = 255  # what a sensor reads that nothing touches; pressure lowers it
CLASSES = (*"ABCDEFGHIJKLMNOPQRS", "Space", *"TUVWXYZ")
CODE = Delta(N_STEPS, threshold=0.02)  # of all letters; 0.05 confuses one in fifty


@cache
def letters() -> tuple[np.ndarray, np.ndarray]:
    """Pressure from 0 to 1, (1350, 76, 12), and the letter of each recording."""
    readings, labels = read_npz(FILE, ("X", "y"))
    return 1 - readings / AT_REST, labels.astype(np.int64)
