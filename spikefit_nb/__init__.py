"""Will this spiking network fit on a neuromorphic chip, and what will it cost?

This is the menu; everything else lives in its room, such as ``spikefit_nb.mapping``.
"""

import sys
from importlib import import_module
from importlib.util import find_spec
from types import ModuleType
from typing import TYPE_CHECKING

from spikefit_nb.interrupts import hold_interrupts
from spikefit_nb.way_out import offer
from spikefit_nb.widgets.registration import register_with_ipython

if TYPE_CHECKING:  # for editors; at run time each name loads its room on first use
    from spikefit_nb.adapt import Design
    from spikefit_nb.datasets import SpikeDataset, load_dataset
    from spikefit_nb.deploy import deploy
    from spikefit_nb.export import export
    from spikefit_nb.fit import check_fit, compare_fit
    from spikefit_nb.fit_costs import fit_costs
    from spikefit_nb.from_ann import from_ann
    from spikefit_nb.hardware import HardwareProfile, load_profile, read_profile
    from spikefit_nb.network import IF, LIF, CubaLIF, Input, Network, Population, Projection
    from spikefit_nb.nir_file import load_network, read_nir
    from spikefit_nb.plots import (
        plot_accuracy,
        plot_cores,
        plot_front,
        plot_sample,
    )
    from spikefit_nb.search import load_study, search
    from spikefit_nb.sensitivity import sensitivity
    from spikefit_nb.simulate import simulate
    from spikefit_nb.widgets import Workbench

ROOMS = {
    "adapt": ("Design",),
    "datasets": ("SpikeDataset", "load_dataset"),
    "deploy": ("deploy",),
    "export": ("export",),
    "fit": ("check_fit", "compare_fit"),
    "fit_costs": ("fit_costs",),
    "from_ann": ("from_ann",),
    "hardware": ("HardwareProfile", "load_profile", "read_profile"),
    "network": ("IF", "LIF", "CubaLIF", "Input", "Network", "Population", "Projection"),
    "nir_file": ("load_network", "read_nir"),
    "plots": ("plot_accuracy", "plot_cores", "plot_front", "plot_sample"),
    "search": ("load_study", "search"),
    "sensitivity": ("sensitivity",),
    "simulate": ("simulate",),
    "widgets": ("Workbench",),
}
ROOM_OF = {name: room for room, names in ROOMS.items() for name in names}
__all__ = [  # noqa: RUF022, as dir() sorts
    "CubaLIF",
    "Design",
    "HardwareProfile",
    "IF",
    "Input",
    "LIF",
    "Network",
    "Population",
    "Projection",
    "SpikeDataset",
    "Workbench",
    "check_fit",
    "compare_fit",
    "deploy",
    "export",
    "fit_costs",
    "from_ann",
    "load_dataset",
    "load_network",
    "load_profile",
    "load_study",
    "plot_accuracy",
    "plot_cores",
    "plot_front",
    "plot_sample",
    "read_nir",
    "read_profile",
    "search",
    "sensitivity",
    "simulate",
]
__version__ = "0.1.0"


class _Menu(ModuleType):
    def __setattr__(self, name: str, value: object) -> None:
        """Keep the verb where a room of its name comes, and let it answer for the room's modules,
        as ``import spikefit_nb.search.study as module`` asks the verb for ``study``.
        """
        if name in ROOM_OF and isinstance(value, ModuleType):
            verb = getattr(value, name)
            verb.__dict__ = vars(value)
            value = verb
        super().__setattr__(name, value)


def __getattr__(name: str) -> object:
    if name in ROOM_OF:
        with hold_interrupts():
            value = getattr(import_module(f"spikefit_nb.{ROOM_OF[name]}"), name)
        globals()[name] = value
        return value
    if not name.startswith("_") and find_spec(f"spikefit_nb.{name}"):
        with hold_interrupts():
            return import_module(f"spikefit_nb.{name}")
    raise AttributeError(
        f"module 'spikefit_nb' has no attribute {name!r}; it has {', '.join(__all__)}"
    )


def __dir__() -> list[str]:
    return [*__all__, "__version__"]


sys.modules[__name__].__class__ = _Menu
register_with_ipython()
offer(lambda *args, **settings: import_module("spikefit_nb.export").export(*args, **settings))
