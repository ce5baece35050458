"""Stand-ins with the attributes that pictures read: a chip, a design, a search that runs in its own
thread.
"""

import threading
import time
from types import SimpleNamespace
from typing import NamedTuple

import numpy as np

from spikefit_nb.mapping import Sites
from spikefit_nb.search.objectives import losses_of, normalized


class Links(NamedTuple):
    source: np.ndarray
    target: np.ndarray
    packets: np.ndarray


PROFILE = SimpleNamespace(name="loihi1", title="Intel Loihi (first generation)")


def report(
    n_cores=6, seed=0, fits=True, grid=(16, 8), event_energy_j=3.1e-7, accuracy=0.964, busiest=0.61
):
    rng = np.random.default_rng(seed)
    order = np.arange(n_cores)
    positions = np.column_stack([order % min(grid[0], 4), order // min(grid[0], 4)])
    pairs = [(i, j) for i in range(n_cores) for j in range(n_cores) if j > i and rng.random() < 0.5]
    source, target = np.array(pairs or np.zeros((0, 2))).astype(int).T
    loads = rng.random(n_cores)
    loads *= busiest / loads.max()
    network = SimpleNamespace(
        populations=[SimpleNamespace(name=name) for name in ("input", "hidden", "output")]
    )
    mapping = SimpleNamespace(
        network=network,
        sites=Sites(columns=grid[0], rows=grid[1]),
        places=positions[:, 0] + grid[0] * positions[:, 1],
        chips=np.zeros(n_cores, int),
        layers=np.where(order < max(1, n_cores - 2), 1, 2),
        n_cores=n_cores,
        chip_n_cores=grid[0] * grid[1],
        cores_in_words=f"{n_cores} of {grid[0] * grid[1]} cores",
        has_places=True,
        positions=positions,
        grid=grid,
        labels=tuple(f"hidden {16 * i}-{16 * i + 15}" for i in range(n_cores)),
        n_neurons=np.full(n_cores, 16),
    )
    links = Links(source, target, np.round(10 ** rng.uniform(0.5, 3.2, len(source)), 1))
    return SimpleNamespace(
        fits=fits,
        accuracy=accuracy if fits else None,
        accuracy_interval=(accuracy - 0.02, accuracy + 0.015) if fits else None,
        event_energy_j=event_energy_j,
        latency_s=1.8e-3,
        n_cores=n_cores,
        design="Design(weight_bits=4)",
        profile=PROFILE,
        mapping=mapping,
        price=SimpleNamespace(core_loads=loads, links=links) if fits else None,
        energy_by_core_j=event_energy_j * loads / loads.sum() if fits else None,
        loads_by_step=loads * np.linspace(0.1, 1, 16)[:, None] if fits and busiest > 0 else None,
    )


def trial(number, accuracy=None, event_energy_j=None, state="done", n_cores=6):
    done = state == "done"
    design = f"Design(weight_bits={2 + number % 7}, prune_fraction={number % 10 / 10})"
    told = None
    if state != "failed":
        told = report(
            n_cores,
            number,
            done,
            busiest=0.3 + 0.6 * (number % 7) / 7,
            event_energy_j=event_energy_j,
            accuracy=accuracy,
        )
    return SimpleNamespace(
        number=number,
        state=state,
        values=dict.fromkeys(("accuracy", "event_energy_j", "latency_s"))
        if not done
        else {
            "accuracy": accuracy,
            "event_energy_j": event_energy_j,
            "latency_s": 1e-3 * (1 + number % 3),
        },
        design=design,
        report=told,
        known_report=told,
        case=None,
        code=f'sf.deploy(network, profile, dataset, design=sf.{design})  # "trial {number}"',
        message=""
        if done
        else "synapse memory of core 3: 180 kB are needed, 128 kB are there <Davies 2018>",
    )


class Study:
    """A search that needs ``seconds`` a trial and whose trials are drawn with a seed."""

    def __init__(
        self,
        n_trials=40,
        seconds=0.1,
        fail_at=None,
        objectives=("accuracy", "event_energy_j", "latency_s"),
    ):
        self.n_trials, self.seconds, self.fail_at, self.objectives = (
            n_trials,
            seconds,
            fail_at,
            objectives,
        )
        self.trials, self.reference = (), None
        self.state, self.message, self.network_name, self.profile = "running", "", "digits", PROFILE
        self.notes, self.limits_in_words = (), "accuracy of at least 85.0 %"
        self.end_words, self.storage = "", "digits.study"
        self._callbacks, self._stop = [], threading.Event()
        self._rng = np.random.default_rng(7)
        self._thread = threading.Thread(target=self._run, daemon=True)

    def is_within_limits(self, trial):
        return trial.values["accuracy"] >= 0.85

    def broken_limits(self, trial):
        return "" if self.is_within_limits(trial) else self.limits_in_words

    def recommend(self):
        best = self.best_trials
        losses = np.array([losses_of(t.values, self.objectives) for t in best])
        at = int(normalized(losses, losses).sum(axis=1).argmin()) if best else None
        return SimpleNamespace(trial=None if at is None else best[at])

    def start(self):
        self._thread.start()
        return self

    def _run(self):
        for number in range(self.n_trials + 1):
            if self._stop.wait(self.seconds):
                self.state = "stopped"
                break
            if number == self.fail_at:
                self.state, self.message = "failed", "ValueError: the sampler gave <no> design"
                break
            self.add(number)
        else:
            self.state = "finished"
        self._tell()

    def add(self, number):
        if number == 0:
            self.reference = trial(0, 0.972, 8.1e-7)
            self.trials = (self.reference,)
        elif number % 6 == 5:
            self.trials = (*self.trials, trial(number, state="infeasible", n_cores=3))
        else:
            energy = 10 ** self._rng.uniform(-7.0, -5.9)
            accuracy = 0.975 - 0.02 * (2e-7 / energy) - abs(self._rng.normal(0, 0.03))
            self.trials = (
                *self.trials,
                trial(number, accuracy, energy, n_cores=int(self._rng.integers(2, 12))),
            )
        self._tell()

    def _tell(self):
        for callback in list(self._callbacks):
            callback()

    @property
    def best_trials(self):
        done = [t for t in self.trials if t.state == "done"]

        def beaten(t):
            a, e = t.values["accuracy"], t.values["event_energy_j"]
            return any(
                o.values["accuracy"] >= a and o.values["event_energy_j"] <= e and o is not t
                for o in done
            )

        return tuple(t for t in done if not beaten(t))

    @property
    def seconds_left(self):
        return (
            (self.n_trials - len(self.trials)) * self.seconds if self.state == "running" else None
        )

    def on_change(self, callback):
        self._callbacks.append(callback)

    def stop(self):
        self._stop.set()

    def wait(self):
        self._thread.join()


def whole_study(n_trials=40):
    """A study whose trials are all there, without waiting."""
    study = Study(n_trials)
    for number in range(n_trials + 1):
        study.add(number)
    study.state = "finished"
    return study


def record(n_steps=64):
    by_step = 0.965 * (1 - np.exp(-np.arange(1, n_steps + 1) / 9.0))
    return SimpleNamespace(
        accuracy_by_step=by_step,
        accuracy=by_step[-1],
        accuracy_interval=(0.94, 0.98),
        confusion=np.array([[30, 2, 0], [0, 25, 1], [3, 0, 19]]),
    )


def pause(seconds):
    """Keep the interpreter busy with plain Python, as a cell of a user may."""
    end = time.monotonic() + seconds
    count = 0
    while time.monotonic() < end:
        count += 1
    return count
