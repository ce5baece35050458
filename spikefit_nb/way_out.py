"""How a report leaves through a room above it, of which it knows nothing: ``report.export``."""

from collections.abc import Callable
from os import PathLike
from pathlib import Path
from typing import Any

_exporters: list[Callable[..., Path]] = []


def offer(exporter: Callable[..., Path]) -> None:
    """Say what writes a deployment.

    Parameters
    ----------
    exporter : callable that takes what is exported, a path, and settings

    Examples
    --------
    >>> callable(offer)
    True
    """
    _exporters[:] = [exporter]


class Exportable:
    """What can leave the notebook as a folder.

    Examples
    --------
    >>> from spikefit_nb.deploy import Report
    >>> issubclass(Report, Exportable)
    True
    """

    def export(
        self, path: str | PathLike[str], *, recordings: bool = True, overwrite: bool = False
    ) -> Path:
        """Write it into a folder that other tools can run and ``export.load_deployment`` brings
        back.

        Parameters
        ----------
        path : str or path, of a folder that is made; of one file where it ends with ".zip"
        recordings : bool, whether the recordings go along
        overwrite : bool, whether a deployment of that name may be replaced

        Returns
        -------
        Path, the folder or file

        Raises
        ------
        DoesNotFit
            The design does not fit the chip: there is nothing to deploy.
        DesignProblem
            There is no report: a trial failed, or nothing is recommended.
        FileProblem
            There is something of that name already, or it cannot be written.
        """
        settings: dict[str, Any] = {"recordings": recordings, "overwrite": overwrite}
        return _exporters[0](self, path, **settings)
