"""Compiled kernels are never those of another version, and a stop tears no library."""

import os
import shutil
import subprocess
import sys

import pytest

from tests.meta.source import PACKAGE

RULE = '''
"""A rule that another file's kernel is built from."""

from spikefit_nb.kernels.compiled import compiled


@compiled(inline="always")
def rule(x):
    """Add."""
    return x + {}
'''
USER = '''
"""A kernel built from another file's rule."""

from spikefit_nb.kernels.compiled import compiled
from spikefit_nb.kernels.rule import rule


@compiled()
def answer(x):
    """Answer by the rule."""
    return rule(x)
'''
NO_FOLDER = """
from numba.core import caching
caching.CompileResultCacheImpl._locator_classes = []  # as where none can be written to
"""
SMALL_DISK = """
import resource, signal
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))  # a file may be no larger
"""
ASK = """
from spikefit_nb.kernels.compiled import is_compiled
from spikefit_nb.kernels.user import answer
print(is_compiled(answer), answer(1))
"""
# The first import of numba's types is where the stop comes: numba is loaded by half.
STOP_EARLY = """
import os, signal, sys
class Stop:
    def find_spec(self, name, path=None, target=None):
        if name == "numba.core.types":
            sys.meta_path.remove(self)
            os.kill(os.getpid(), signal.SIGINT)
signal.signal(signal.SIGINT, signal.default_int_handler)
sys.meta_path.insert(0, Stop())
try:
    IMPORT
    raise SystemExit("the stop was not heard")
except KeyboardInterrupt:
    pass
import numpy as np
import spikefit_nb as sf
network = sf.Network(
    [sf.Population("in", (1,), sf.Input()), sf.Population("out", (1,), sf.IF(1.0))],
    [sf.Projection("in", "out", np.ones((1, 1)))],
)
print(sf.simulate(network, sf.SpikeDataset(np.ones((1, 3, 1), bool))).spike_counts["out"].sum())
"""


def answers(code, folder, **environment):
    """What Python prints, run in a folder that may hold a package of its own."""
    python = [sys.executable, "-c", code]
    given = os.environ | environment
    ran = subprocess.run(python, capture_output=True, text=True, cwd=folder, env=given)
    assert ran.returncode == 0, ran.stderr
    return ran.stdout.split()


@pytest.fixture
def checkout(tmp_path):
    """A copy of the package with two kernels more, of which one is built from the other."""
    kernels = tmp_path / "spikefit_nb" / "kernels"
    without = shutil.ignore_patterns("__pycache__")
    shutil.copytree(PACKAGE / "kernels", kernels, ignore=without)
    shutil.copy(PACKAGE / "interrupts.py", tmp_path / "spikefit_nb")
    (tmp_path / "spikefit_nb" / "__init__.py").touch()
    (kernels / "rule.py").write_text(RULE.format(1))
    (kernels / "user.py").write_text(USER)
    return tmp_path


def test_a_kernel_follows_a_change_in_another_file(checkout):
    assert answers(ASK, checkout) == ["False", "2"]
    assert answers(ASK, checkout) == ["True", "2"]
    (checkout / "spikefit_nb" / "kernels" / "rule.py").write_text(RULE.format(2))
    assert answers(ASK, checkout) == ["False", "3"]


def test_where_nothing_can_be_kept_kernels_are_compiled_for_the_session(checkout):
    assert answers(NO_FOLDER + ASK, checkout) == ["False", "2"]
    assert answers(SMALL_DISK + ASK, checkout) == ["False", "2"]


def test_what_is_kept_and_damaged_is_compiled_anew(checkout):
    kept = checkout / "kept"
    assert answers(ASK, checkout, NUMBA_CACHE_DIR=str(kept)) == ["False", "2"]
    for file in kept.rglob("*.nb?"):
        file.write_bytes(file.read_bytes()[:40] + b"no code of numba's")
    assert answers(ASK, checkout, NUMBA_CACHE_DIR=str(kept)) == ["False", "2"]


@pytest.mark.parametrize(
    "statement",
    ["import spikefit_nb; spikefit_nb.simulate", "import spikefit_nb.simulate.run"],
)
def test_a_stop_during_the_first_import_breaks_nothing(statement, tmp_path):
    assert answers(STOP_EARLY.replace("IMPORT", statement), tmp_path) == ["3"]
