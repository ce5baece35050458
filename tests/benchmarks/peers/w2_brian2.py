"""W2 in Brian2, as the C++ program it writes: each run is one start of that program, its time in it
included.

Within a step Brian2 updates all neurons, compares, delivers the spikes and resets. What is
delivered waits in ``I`` for the next update, which is a step's delay. Writing and compiling the
program is not timed.
"""

import subprocess
import tempfile
from pathlib import Path

import numpy as np


def prepare(arrays: dict[str, np.ndarray], n_steps: int) -> tuple:
    import brian2 as b

    folder = Path(tempfile.mkdtemp(prefix="brian2-"))
    b.set_device("cpp_standalone", directory=str(folder), build_on_run=False)
    b.prefs.core.default_float_dtype = np.float32
    b.defaultclock.dt = 1 * b.ms
    names = {"beta": float(arrays["beta"]), "threshold": float(arrays["thr"])}
    neurons = b.NeuronGroup(
        len(arrays["v0"]),
        "v : 1\nI : 1\nbias : 1 (constant)",
        threshold="v >= threshold",
        reset="v = 0",
        namespace=names,
    )
    neurons.v, neurons.bias = arrays["v0"], arrays["bias"]
    neurons.run_regularly("v = beta * v + (bias + I)\nI = 0", when="groups")
    synapses = b.Synapses(neurons, neurons, "w : 1 (constant)", on_pre="I_post += w")
    n_sources, out_degree = arrays["post"].shape
    synapses.connect(i=np.repeat(np.arange(n_sources), out_degree), j=arrays["post"].ravel())
    synapses.w = arrays["w"].ravel().astype(np.float32)
    spikes = b.SpikeMonitor(neurons, record=False)
    rate = b.PopulationRateMonitor(neurons)
    b.run(n_steps * b.ms)
    b.device.build(directory=str(folder), compile=True, run=False)

    def run() -> None:
        subprocess.run([str(folder / "main")], cwd=folder, check=True, stdout=subprocess.DEVNULL)

    def counts(_: None) -> dict[str, np.ndarray]:
        b.get_device().has_been_run = True  # what the program wrote may be read
        per_step = np.rint(np.asarray(rate.rate / b.Hz) * 1e-3 * n_sources).astype(int)
        return {"step": per_step, "neuron": np.asarray(spikes.count)}

    return b.__version__, run, counts


if __name__ == "__main__":
    from pacing import serve  # it lies beside this file

    serve(prepare)
