"""The tool's own network, or W2 over some of its cores, in SANA-FE with the timing model asked for.

Networks and mappings are those of ``tests/tools/record_sanafe.py``, which recorded the runs that
tests compare with. Building the chip is not timed.
"""

import importlib.util
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path

import numpy as np

RECORDER = Path(__file__).parents[2] / "tools" / "record_sanafe.py"


def prepare(arrays: dict[str, np.ndarray], n_steps: int) -> tuple:
    import sanafe

    spec = importlib.util.spec_from_file_location("record_sanafe", RECORDER)
    recorder = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(recorder)
    chips = []

    def build() -> None:
        architecture = sanafe.load_arch(str(files("sanafe.examples") / "loihi.yaml"))
        chips[:] = [sanafe.SpikingChip(architecture)]
        n_cores = int(arrays["n_cores"])
        if n_cores:
            chips[0].load(recorder.w2_network(architecture, Path(str(arrays["w2"])), n_cores))
        else:
            chips[0].load(recorder.dvs_network(architecture))

    def run() -> dict:
        return chips[0].sim(n_steps, timing_model=str(arrays["model"]), processing_threads=1)

    def counts(result: dict) -> dict[str, list]:
        return {"all": [result["neurons_fired"], result["packets_sent"], result["spikes"]]}

    return version("sanafe"), run, counts, build


if __name__ == "__main__":
    from pacing import serve  # it lies beside this file

    serve(prepare)
