"""What a power meter wrote down beside a board: time, rails, and inferences counted."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from os import PathLike
from pathlib import Path

import numpy as np

from spikefit_nb.deploy import Report
from spikefit_nb.errors import FileProblem, expect, guarded
from spikefit_nb.fit_costs.measurement import Measurement
from spikefit_nb.frozen import freeze_arrays
from spikefit_nb.quantities import Quantity, Result
from spikefit_nb.units import si

SCALES = {"": 1.0, "m": 1e-3, "u": 1e-6, "n": 1e-9}
TIMES = {f"time_{prefix}s": scale for prefix, scale in SCALES.items()}
COUNT = "inferences"
LARGEST_BYTES = 1 << 28
HELP = (
    "a column time_s (or time_ms, time_us), a column for each rail ending with _w, _mw or _uw, or "
    "two ending with _v and _a (_ma, _ua), and, if counted, a column 'inferences' that adds up"
)


@dataclass(frozen=True, eq=False, repr=False)
class PowerLog(Result):
    r"""Power of each rail of a board over time, and the inferences that were finished.

    The energy is :math:`\sum_r \int P_r\,dt`, by the trapezoidal rule.

    Parameters
    ----------
    time_s : (n,) float64, rising
    rails_w : dict of rail to (n,) float64
    n_inferences : (n,) float64 or None, inferences finished until then
    name : str

    Examples
    --------
    >>> log = PowerLog(np.array([0.0, 0.5, 1.0]), {"core": np.array([0.1, 0.3, 0.1])},
    ...                np.array([0.0, 5.0, 10.0]), "bench")
    >>> log
    PowerLog(1 s on 1 rail, 200 mJ, 10 inferences)
    """

    time_s: np.ndarray
    rails_w: dict[str, np.ndarray]
    n_inferences: np.ndarray | None
    name: str

    def __post_init__(self) -> None:
        freeze_arrays(self)

    def between(self, start_s: float, stop_s: float) -> "PowerLog":
        """The part of it from one time to another.

        Parameters
        ----------
        start_s, stop_s : float

        Returns
        -------
        PowerLog

        Raises
        ------
        FileProblem
            There are fewer than two rows between them.
        """
        within = (self.time_s >= start_s) & (self.time_s <= stop_s)
        if within.sum() < 2:
            raise FileProblem(
                f"{self.name} has {within.sum()} rows from {start_s} to {stop_s} s; it goes from "
                f"{self.time_s[0]} to {self.time_s[-1]} s."
            )
        counts = None if self.n_inferences is None else self.n_inferences[within]
        rails = {rail: power[within] for rail, power in self.rails_w.items()}
        return PowerLog(self.time_s[within], rails, counts, self.name)

    @property
    def energy_j(self) -> float:
        """Energy of all rails together."""
        return float(sum(np.trapezoid(power, self.time_s) for power in self.rails_w.values()))

    @property
    def power_w(self) -> float:
        """Mean power of all rails together."""
        return self.energy_j / self.duration_s

    @property
    def duration_s(self) -> float:
        """From the first row to the last."""
        return float(self.time_s[-1] - self.time_s[0])

    @property
    def n(self) -> int | None:
        """Inferences finished meanwhile; None where they were not counted."""
        if self.n_inferences is None:
            return None
        return int(self.n_inferences[-1] - self.n_inferences[0])

    def measurement(
        self,
        report: Report,
        source: str,
        *,
        n_inferences: int | None = None,
        idle_w: float = 0.0,
        static: bool = False,
    ) -> Measurement:
        """What it says of a workload that ``deploy`` has counted, for ``fit_costs``.

        Parameters
        ----------
        report : Report, of the network and data that ran on the board
        source : str, where it was measured
        n_inferences : int, optional, how many were finished, where the log does not count them
        idle_w : float, what the board draws while it idles, taken off
        static : bool, whether the static power of the chip is a part of what was measured

        Returns
        -------
        Measurement, per inference

        Raises
        ------
        FileProblem
            Nobody says how many inferences there were, or more is taken off than was drawn.
        """
        n = n_inferences or self.n
        if not n:
            raise FileProblem(
                f"{self.name} does not count inferences: say n_inferences=..., or log them in a "
                f"column {COUNT!r} that adds up."
            )
        left = self.energy_j - idle_w * self.duration_s
        if left <= 0:
            raise FileProblem(
                f"{self.name}: {si(idle_w, 'W')} taken off {si(self.power_w, 'W')} leaves nothing. "
                "Is idle_w of the same rails?"
            )
        return Measurement.of(report, left / n, "J", source, static=static)

    def _headline(self) -> str:
        n, rails = self.n, len(self.rails_w)
        counted = "" if n is None else f", {n:,} inferences"
        said = f"{si(self.duration_s, 's')} on {rails} rail{'s' if rails != 1 else ''}"
        return f"{said}, {si(self.energy_j, 'J')}{counted}"

    def _quantities(self) -> Iterator[Quantity]:
        yield Quantity("energy_j", "Energy", self.energy_j, "J")
        yield Quantity("power_w", "Mean power", self.power_w, "W")
        yield Quantity("duration_s", "Duration", self.duration_s, "s")
        if self.n is not None:
            yield Quantity("n_inferences", "Inferences", self.n)
        for rail, power in self.rails_w.items():
            mean_w = float(np.trapezoid(power, self.time_s)) / self.duration_s
            yield Quantity("power_w", "Mean power", mean_w, "W", of=rail)

    def _card(self) -> tuple[str, ...]:
        return (f"{self.name}: {self.headline}",)


@guarded
def read_power_log(path: str | PathLike[str]) -> PowerLog:
    r"""Read the table that a power meter wrote: comma-separated values with a header.

    Parameters
    ----------
    path : str or path; it has a column time_s (or time_ms, time_us), one for each rail that ends
        with _w, _mw or _uw, or two that end with _v and _a (_ma, _ua), and, if they were counted,
        ``inferences`` that adds up

    Returns
    -------
    PowerLog

    Raises
    ------
    FileProblem
        It is missing, too large, has no such columns, or a row is no number or goes back in time.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "bench.csv"
    >>> _ = path.write_text("time_ms,core_v,core_ma\n0,1.0,20\n500,1.0,20\n")
    >>> read_power_log(path)
    PowerLog(500 ms on 1 rail, 10 mJ)
    """
    expect(path, str | PathLike, "path", "'bench.csv'")
    path = Path(path)
    columns = _columns(path)
    times = [name for name in TIMES if name in columns]
    if len(times) != 1:
        raise FileProblem(f"{path.name} has columns {', '.join(columns)}; wanted is {HELP}.")
    time_s = columns[times[0]] * TIMES[times[0]]
    if len(time_s) < 2 or (np.diff(time_s) <= 0).any():
        raise FileProblem(f"{path.name}: {times[0]} must rise from row to row, over two at least.")
    rails = _rails(columns)
    if not rails:
        raise FileProblem(f"{path.name} has no rail; wanted is {HELP}.")
    return PowerLog(time_s, rails, columns.get(COUNT), path.name)


def _rails(columns: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Power of each rail, written as such or as voltage and current."""
    rails = {}
    for name, values in columns.items():
        rail, _, unit = name.rpartition("_")
        if rail and unit[-1:] == "w" and unit[:-1] in SCALES:
            rails[rail] = values * SCALES[unit[:-1]]
        if rail and unit[-1:] == "a" and unit[:-1] in SCALES and f"{rail}_v" in columns:
            rails[rail] = values * SCALES[unit[:-1]] * columns[f"{rail}_v"]
    return rails


def _columns(path: Path) -> dict[str, np.ndarray]:
    """The columns of a table of numbers, by their names in small letters."""
    try:
        if path.stat().st_size > LARGEST_BYTES:
            raise FileProblem(f"{path.name} has more than {LARGEST_BYTES:,} bytes.")
        with path.open(newline="", encoding="utf-8-sig") as stream:
            header, *rows = csv.reader(stream)
    except FileNotFoundError:
        raise FileProblem(f"There is no file {path}. You are in {Path.cwd()}.") from None
    except OSError as error:
        raise FileProblem(f"{path} cannot be read: {error.strerror}.") from None
    except (ValueError, csv.Error) as error:
        raise FileProblem(f"{path.name} is no table with a header: {error}.") from None
    names = [name.strip().lower() for name in header]
    values = np.empty((len(rows), len(names)))
    for n, row in enumerate(rows):
        try:
            values[n] = [float(cell) for _, cell in zip(names, row, strict=True)]
        except ValueError:
            raise FileProblem(
                f"{path.name}, line {n + 2}: {','.join(row)[:80]!r} is not {len(names)} numbers."
            ) from None
    if not np.isfinite(values).all():
        raise FileProblem(f"{path.name} holds values that are not finite.")
    return dict(zip(names, values.T.copy(), strict=True))
