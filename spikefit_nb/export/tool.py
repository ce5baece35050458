"""What another tool is: what to install, what it is given, and how its answer compares."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from spikefit_nb.deploy import Report


@dataclass(frozen=True, eq=False)
class Tool:
    """Another tool that can run a deployment."""

    title: str
    packages: tuple[str, ...]  # to be installed, in the versions that were tried
    program: str  # a file of ``export/scripts``
    files: Callable[[Report], Mapping[str, bytes]]  # that the program reads, by name
    # whether it runs the network with the chip's delays; else as adapted, and each population is
    # compared as much earlier as those delays make it late
    with_delays: bool = True
    # in what it is known to count or compute otherwise
    remarks: Callable[[Report], tuple[str, ...]] = lambda report: ()
    judges: bool = False  # whether it says that a network fits, also of one that does not

    @property
    def how_to_install(self) -> str:
        """A line for a terminal that makes an environment for it."""
        name = self.program.removeprefix("run_")
        packages = " ".join(
            f"'{package}'" if "<" in package else package for package in self.packages
        )
        return f"uv venv {name} && uv pip install --python {name} {packages}"
