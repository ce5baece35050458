"""What a kernel keeps of panels that were closed: memory and live objects after 100 of each kind.

``uv run python -m tests.benchmarks.panels`` prints, for each panel, the memory of the process
before and after 100 were made and closed, by how much it grew, and how many widgets are left.
"""

import gc

import psutil
from ipywidgets.widgets.widget import _instances

from spikefit_nb.plots import plot_raster
from spikefit_nb.widgets import Workbench
from spikefit_nb.widgets.live_bokeh import LiveBokeh
from spikefit_nb.widgets.workbench.workbench import PANELS

N_PANELS = 100
N_BEFORE = 10  # made before anything is counted: what a kernel loads once is no leak


def resident_bytes() -> int:
    """Memory of this process, with all garbage collected."""
    gc.collect()
    return psutil.Process().memory_info().rss


def make_and_close(workbench, name: str, n: int) -> None:
    """Make a panel and close it, so many times, as a cell that is run again does."""
    for _ in range(n):
        panel = workbench.panel(name)
        if name == "network":
            network, dataset = workbench.network, workbench.dataset
            panel.inside.picture.children = [LiveBokeh(plot_raster(network, dataset, "hidden"))]
        panel.close()


def measured(workbench, name: str) -> tuple[int, int, int]:
    """Bytes before and after, and the widgets that are left."""
    make_and_close(workbench, name, N_BEFORE)
    before, known = resident_bytes(), len(_instances)
    make_and_close(workbench, name, N_PANELS)
    return before, resident_bytes(), len(_instances) - known


def main() -> None:
    """Print a row for each panel, and one for whole workbenches."""
    workbench = Workbench()
    workbench.wait()
    workbench.search(objectives=("accuracy", "n_cores"), n_trials=5)
    workbench.study.wait()
    workbench.wait()
    print(f"{'panel':10} {'before MB':>10} {'after MB':>10} {'grown':>7} {'widgets left':>13}")
    for name in PANELS:
        before, after, left = measured(workbench, name)
        grown = f"{100 * (after / before - 1):+.1f} %"
        print(f"{name:10} {before / 1e6:10.1f} {after / 1e6:10.1f} {grown:>7} {left:13}")
    workbench.close()


if __name__ == "__main__":
    main()
