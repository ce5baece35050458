"""How the tests run: all of them in three processes, the simulator compiled before they begin."""

import os
import subprocess
import sys
import tempfile
from collections import defaultdict
from contextlib import suppress

import nbformat
import pytest
from nbval.plugin import IPyNbCell
from xdist.scheduler import LoadFileScheduling

collect_ignore_glob = ["tutorials/teaching/*"]  # tests/test_teaching.py runs it, without a kernel


def pytest_xdist_auto_num_workers(config):
    """The whole suite takes three processes; a part of it begins sooner in one."""
    return 3 if config.args_source is pytest.Config.ArgsSource.TESTPATHS else 0


class OneBrowser(LoadFileScheduling):
    """Tests of a file stay together, and so do all of the browser, whose pages take two cores."""

    def _split_scope(self, nodeid):
        """What a test stays together with."""
        is_browsed = nodeid.startswith("tests/browser/")
        return "browser" if is_browsed else super()._split_scope(nodeid)


def pytest_xdist_make_scheduler(config, log):
    """Deal tests out to processes, in order."""
    return OneBrowser(config, log)


def pytest_configure(config):
    """Keep the studies of tests out of the user's list of them, and those of each process apart:
    the first of a list is to be the one that a test has just kept.
    """
    if hasattr(config, "workerinput") or "SPIKEFIT_STUDIES" not in os.environ:
        os.environ["SPIKEFIT_STUDIES"] = tempfile.mkdtemp(prefix="studies")


HOLD_WORDS = """
import sys
sys.path.insert(0, {root!r})
from tests.test_tutorials import hold_words
hold_words({lesson!r}, globals())
"""


def pytest_collection_modifyitems(config, items):
    """After the last cell of a lesson comes one that holds the lesson's words, in its kernel."""
    places = {item.parent: at for at, item in enumerate(items, 1) if is_of_a_lesson(item)}
    for lesson, at in reversed(places.items()):
        code = HOLD_WORDS.format(root=str(config.rootpath), lesson=lesson.path.name)
        cell = nbformat.v4.new_code_cell(code)
        number = items[at - 1].cell_num + 1
        told = {"cell_num": number, "cell": cell, "options": defaultdict(bool)}
        words = IPyNbCell.from_parent(lesson, name="Words", **told)
        items.insert(at, words)


def is_of_a_lesson(item):
    """Whether a test is a cell of a lesson."""
    return isinstance(item, IPyNbCell) and item.path.parent.name == "tutorials"


WARM = {
    "to price designs": """
import spikefit_nb as sf
network, dataset = sf.load_network("digits"), sf.load_dataset("digits").take(20)
for chip in ("loihi1", "spinnaker1", "truenorth", "speck", "xylo_audio3", "odin"):
    for partition in ("auto", "overlap"):
        design = sf.Design(weight_bits=2, partition=partition, placement="annealed")
        sf.deploy(network, sf.load_profile(chip), dataset, design=design).floorline
""",
    "to train": """
import spikefit_nb as sf
network, dataset = sf.load_network("digits"), sf.load_dataset("digits").take(20)
for bits in (2, 8):
    design = sf.Design(weight_bits=bits, finetune_epochs=1)
    sf.deploy(network, sf.load_profile("loihi1"), dataset, design=design, calibration=dataset)
""",
}


def pytest_sessionstart(session):
    """Compile once what tests of all processes use: each would compile it for itself, and a test
    would see the announcement of it.
    """
    if hasattr(session.config, "workerinput"):
        return
    is_whole = session.config.args_source is pytest.Config.ArgsSource.TESTPATHS
    others = [
        subprocess.Popen([sys.executable, "-c", code], stderr=subprocess.DEVNULL)
        for code in (WARM.values() if is_whole else ())
    ]
    compile_the_simulator()
    for other in others:
        other.wait()


def compile_the_simulator():
    """Run a neuron in the integers of every chip."""
    import numpy as np

    from spikefit_nb.datasets import SpikeDataset
    from spikefit_nb.errors import NetworkProblem
    from spikefit_nb.network import IF, CubaLIF, Input, Network, Population, Projection
    from spikefit_nb.simulate import ARITHMETICS, simulate

    dataset = SpikeDataset(np.ones((1, 2, 1), bool))
    for arithmetic in ARITHMETICS:
        for neuron in (IF(1.0), CubaLIF(0.004, 0.008, reset="subtract")):
            network = Network(
                [Population("in", (1,), Input()), Population("out", (1,), neuron)],
                [Projection("in", "out", np.ones((1, 1), np.int8), scale=1.0)],
            )
            with suppress(NetworkProblem):  # not every arithmetic can express every neuron
                simulate(network, dataset, arithmetic=arithmetic, record="events")
