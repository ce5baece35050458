"""Time the pricing of recorded runs beside SANA-FE: ``uv run python -m
tests.benchmarks.sanafe_replay``.

SANA-FE computes a run and what it costs in one; here a record is priced, and for the tool's own
network also made. ``simple`` stands beside its model of that name, "contention" beside its
``detailed``. All count the same spikes, packets and synaptic operations. The tool's own network and
chip are read from ``--examples``, the folder of that name in its package.
"""

import os
import tempfile
from argparse import Namespace
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import numpy as np

from spikefit_nb.datasets import SpikeDataset
from spikefit_nb.mapping import CoreMap
from spikefit_nb.replay import Counters, Price, replay
from spikefit_nb.sanafe_file import read_sanafe_arch, read_sanafe_network
from spikefit_nb.simulate import SpikeRecord, simulate
from tests.benchmarks import workloads
from tests.benchmarks.contest import Contestant, Peer, enter, options, pinned, race, table
from tests.benchmarks.peers.pacing import Job, timed
from tests.sanafe_mapping import evenly, w2_record

N_STEPS = {"dvs": 1000, "w2": 100}
PEER_STEPS = 100
LAYERS = (1, 4, 16, 16, 4, 1)  # cores of each, as tutorial 5 maps them
MODELS = {"simple": "simple", "contention": "detailed"}  # ours: its
COUNTED = ("spikes", "packets", "synaptic_operations")


def counted(record: SpikeRecord, mapping: CoreMap, n_steps: int) -> dict[str, list]:
    """Spikes, packets and synaptic operations of the first steps."""
    counters = Counters(record, mapping)
    return {"all": [int(counters.per_step(name)[:, :n_steps].sum()) for name in COUNTED]}


def price_counts(price: Price) -> dict[str, list]:
    """The same of a whole run that is priced."""
    return {"all": [round(price.counts[name]) for name in COUNTED]}


def contest(
    title: str,
    record: SpikeRecord,
    mapping: CoreMap,
    given: Namespace,
    workload: dict,
    make: Callable[[], SpikeRecord] | None = None,
) -> None:
    """Print a table for each timing model; ``make`` computes the record anew."""
    expected, part = (
        counted(record, mapping, record.n_steps),
        counted(record, mapping, given.peer_steps),
    )
    for timing, model in MODELS.items():
        jobs = {
            f"replay, {timing}": Job(
                "", lambda t=timing: replay(record, mapping, timing=t), price_counts
            )
        }
        if make is not None:
            jobs[f"simulate and replay, {timing}"] = Job(
                "", lambda t=timing: replay(make(), mapping, timing=t), price_counts
            )
        mine = [
            Contestant(n, lambda j=job: timed(j), expected, expected["all"][2])
            for n, job in jobs.items()
        ]
        said = f"{given.peer_steps} of {record.n_steps} steps" * (given.peer_steps < record.n_steps)
        with pinned(1), tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
            path = Path(folder) / "workload.npz"
            np.savez(path, model=model, **workload)
            peer = Peer("sanafe", "replay_sanafe", given.peer_steps, part, part["all"][2], said)
            results = race([*mine, *enter([peer], path, given, stack)], given.repeats)
        print(
            table(
                f"{title}, {timing} and SANA-FE's {model}, one thread", results, expected["all"][2]
            )
        )


def main(arguments: list[str] | None = None) -> None:
    """Print the tables."""
    parser = options(__doc__, 3, ["sanafe"])
    parser.add_argument(
        "--examples", type=Path, default=os.environ.get("SPIKEFIT_SANAFE", ".") + "/examples"
    )
    parser.add_argument(
        "--peer-steps", type=int, default=PEER_STEPS, help="steps that SANA-FE runs"
    )
    given = parser.parse_args(arguments)
    chip = read_sanafe_arch(given.examples / "loihi.yaml")
    network = read_sanafe_network(given.examples / "dvs_challenge.npz")
    dataset = SpikeDataset(np.zeros((1, N_STEPS["dvs"], 1), bool))

    def make() -> SpikeRecord:
        return simulate(network, dataset, arithmetic="sanafe_loihi", record="events")

    contest(
        "The tool's own network", make(), evenly(network, chip, LAYERS), given, {"n_cores": 0}, make
    )
    path = workloads.w2(10_000, N_STEPS["w2"])
    w2, record = w2_record(workloads.read(path))
    for n_cores in (10, 128):
        contest(
            f"W2 over {n_cores} cores",
            record,
            evenly(w2, chip, [n_cores]),
            given,
            {"n_cores": n_cores, "w2": str(path)},
        )


if __name__ == "__main__":
    main()
