"""Run a deployment in another tool, and compare what comes out with what was predicted."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import replace
from numbers import Real
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np

from spikefit_nb.adapt.retime import lags
from spikefit_nb.datasets import SpikeDataset, ValueDataset, in_spikes
from spikefit_nb.deploy import Report, deploy_case
from spikefit_nb.errors import DoesNotFit, FileProblem, NotInstalled, UnknownName, expect
from spikefit_nb.export.job import input_file, script
from spikefit_nb.export.tool import Tool
from spikefit_nb.export.tools import TOOLS
from spikefit_nb.export.verification import Agreement, Verification, agreement
from spikefit_nb.simulate import SpikeRecord

LARGEST_ANSWER = 2_000_000_000  # bytes, unpacked, of one array
SHOWN = 600  # characters of what a program said before it failed


def write_program(
    report: Report, tool: str, folder: str | PathLike[str], *, overwrite: bool = False
) -> Path:
    """Write a deployment as a program of another tool, with all it reads beside it.

    The folder then runs by itself, on any machine that has the tool: ``python run_TOOL.py`` writes
    ``answer.npz``, what fired.

    Parameters
    ----------
    report : Report, or a Deployment, of a design that fits
    tool : str, one of ``export.TOOLS``
    folder : str or path, which is made
    overwrite : bool, whether files of these names may be replaced

    Returns
    -------
    Path, of the program

    Raises
    ------
    UnknownName
        There is no such tool.
    DoesNotFit
        The design does not fit the chip, so there is no run to repeat.
    NetworkProblem
        The tool has no words for the network.
    FileProblem
        A file exists already.

    Examples
    --------
    >>> import spikefit_nb as sf
    >>> digits = sf.load_network("digits"), sf.load_profile("loihi1"), sf.load_dataset("digits")
    >>> folder = Path(tempfile.mkdtemp()) / "digits"
    >>> write_program(sf.deploy(*digits), "brian2", folder).name
    'run_brian2.py'
    >>> sorted(file.name for file in folder.iterdir())
    ['input.npz', 'job_files.py', 'network.npz', 'run_brian2.py']
    """
    report, found = _report(report), _tool(tool)
    expect(folder, str | PathLike, "folder", "'my_program'")
    expect(overwrite, bool, "overwrite", "True")
    folder = Path(folder).expanduser()
    files = _files(report, found)
    there = [name for name in files if os.path.exists(folder / name)]
    if there and not overwrite:
        raise FileProblem(
            f"{folder / there[0]} exists already. Say overwrite=True to replace it, or choose "
            "another folder."
        )
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (folder / name).write_bytes(content)
    return folder / f"{found.program}.py"


def verify(
    report: Report,
    tool: str,
    dataset: SpikeDataset | ValueDataset | None = None,
    *,
    python: str | PathLike[str] | None = None,
    timeout_s: float | None = None,
) -> Verification:
    """Run a deployment in another tool, and compare it with the prediction, spike by spike.

    The tool runs in a Python of its own: a program, the network and the recordings go into a
    folder, and a file comes back. Spikes are compared for each population, sample and step; where
    the tool tells them also energy and latency, and where it judges what fits, its verdict.

    Parameters
    ----------
    report : Report, or a Deployment
    tool : str, one of ``export.TOOLS``
    dataset : SpikeDataset or ValueDataset, optional; None: what the report was predicted on
    python : path, optional, of a Python that has the tool, or of its environment; None: this one
    timeout_s : float, optional, seconds after which the tool is ended

    Returns
    -------
    Verification

    Raises
    ------
    UnknownName
        There is no such tool.
    NotInstalled
        That Python has no such tool; the message says how to install it.
    DoesNotFit
        The design does not fit the chip, and the tool does not judge what fits.
    NetworkProblem
        The tool has no words for the network.
    FileProblem
        There is no such Python, the tool failed or took too long, or what it wrote is no answer.

    Examples
    --------
    >>> from spikefit_nb.export.tools import TOOLS
    >>> TOOLS["brian2"].how_to_install
    "uv venv brian2 && uv pip install --python brian2 brian2==2.9.0 'numpy<2.4'"
    >>> # verify(report, "brian2", python="brian2")
    """
    report, found = _report(report), _tool(tool)
    expect(dataset, SpikeDataset | ValueDataset | None, "dataset", "sf.load_dataset(name)")
    expect(python, str | PathLike | None, "python", f"'{tool}/bin/python'")
    expect(timeout_s, Real | None, "timeout_s", "600")
    if dataset is not None:
        report = deploy_case(
            replace(report.case, dataset=in_spikes(dataset), mapping=report.mapping)
        )
    with tempfile.TemporaryDirectory(prefix=f"spikefit_{tool}_") as name:
        folder = Path(name)
        for file, content in _files(report, found).items():
            (folder / file).write_bytes(content)
        _run(found, _interpreter(python), folder, timeout_s)
        answer = _read(folder / "answer.npz", found)
    return _compare(report, tool, found, answer)


def _report(given: Any) -> Report:
    report = getattr(given, "report", given)  # a Deployment works its report out anew
    expect(report, Report, "report", "sf.deploy(network, profile, dataset)")
    return report


def _tool(name: str) -> Tool:
    expect(name, str, "tool", "'brian2'")
    if name not in TOOLS:
        raise UnknownName("tool", name, TOOLS)
    return TOOLS[name]


def _files(report: Report, tool: Tool) -> dict[str, bytes]:
    """Everything that lies in the folder."""
    if report.run is None and not tool.judges:
        raise DoesNotFit(
            f"{report.network.name} does not fit {report.profile.title}, so there is no run that "
            f"{tool.title} could repeat. report.fit.remedies says what would help."
        )
    extra = report.run.retimed.extra_steps if report.run and tool.with_delays else 0
    given = input_file(report.dataset.extend(extra))
    return {**script(tool.program), **tool.files(report), "input.npz": given}


def _interpreter(python: str | PathLike[str] | None) -> str:
    """The Python asked for, itself or within its environment."""
    if python is None:
        return sys.executable
    path = Path(python).expanduser()
    inside = (path / "bin" / "python", path / "Scripts" / "python.exe", path)
    for each in inside:
        if os.path.isfile(each):
            return str(each.absolute())
    raise FileProblem(f"There is no Python at {str(path)!r}, and no environment with one.")


def _run(tool: Tool, python: str, folder: Path, timeout_s: float | None) -> None:
    """Run the program; nothing of it is imported here, and nothing goes through a shell."""
    said = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    try:
        done = subprocess.run(
            [python, "-s", f"{tool.program}.py"],
            cwd=folder,
            env=said,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=timeout_s,
        )
    except subprocess.TimeoutExpired:
        raise FileProblem(
            f"{tool.title} took more than {timeout_s:g} s and was ended. Give it fewer recordings "
            "(dataset.take(10)), or more time."
        ) from None
    if done.returncode == 0:
        return
    if "ModuleNotFoundError" in done.stderr:
        missing = done.stderr.strip().splitlines()[-1]
        raise NotInstalled(
            f"{python} cannot run {tool.title} ({missing}). Make an environment for it, "
            f"{tool.how_to_install}, and say python='{tool.program.removeprefix('run_')}'."
        )
    raise FileProblem(f"{tool.title} failed: ...{done.stderr.strip()[-SHOWN:]}")


def _read(file: Path, tool: Tool) -> dict[str, np.ndarray]:
    """What the program wrote: arrays of numbers and texts, nothing that could be executed."""
    try:
        with np.load(file, allow_pickle=False) as found:
            sizes = {info.filename: info.file_size for info in found.zip.infolist()}
            if max(sizes.values(), default=0) > LARGEST_ANSWER:
                raise ValueError(f"an array of more than {LARGEST_ANSWER:,} bytes")
            return {name: found[name] for name in found.files}
    except (OSError, ValueError, EOFError) as error:
        raise FileProblem(
            f"{tool.title} ended without an answer that can be read: {error}."
        ) from None


def _compare(
    report: Report, name: str, tool: Tool, answer: Mapping[str, np.ndarray]
) -> Verification:
    said = {key: answer[key] for key in ("energy_j", "latency_s") if key in answer}
    means = {key: float(np.mean(values)) for key, values in said.items()}
    record = report.record
    compared: tuple[Agreement, ...] = ()
    n_same = accuracy = None
    if record is not None and any(key.startswith("spikes.") for key in answer):
        compared = tuple(_populations(report, record, tool, answer))
        if record.output_potential is None:
            there = replace(record, output_spikes=_output(report, record, tool, answer))
            n_same = int((there.predictions == record.predictions).sum())
            accuracy = there.accuracy
    return Verification(
        report=report,
        tool=name,
        version=str(answer["version"]),
        populations=compared,
        n_same_answers=n_same,
        accuracy_there=accuracy,
        energy_there_j=means.get("energy_j"),
        latency_there_s=means.get("latency_s"),
        fits_there=bool(answer["fits"]) if "fits" in answer else None,
        remarks=(*tool.remarks(report), *str(answer.get("remarks", "")).splitlines()),
    )


def _late(report: Report, tool: Tool) -> dict[str, int]:
    """By how many steps each population hears later here than there."""
    retimed = report.run.retimed.adapted  # type: ignore[union-attr]
    return {} if tool.with_delays else lags(retimed.before, retimed.network)


def _rows(
    report: Report, tool: Tool, answer: Mapping[str, np.ndarray], at: int
) -> np.ndarray | None:
    """What a population fired there, in the steps it has here; None where it was not told."""
    network = report.run.retimed.network  # type: ignore[union-attr]
    population = (*network.inputs, *network.neuron_populations)[at]
    rows = answer.get(f"spikes.p{at}")
    if rows is None:
        return None
    if rows.ndim != 2 or rows.shape[1] != 4 or rows.dtype.kind not in "iu":
        raise FileProblem(
            f"{tool.title} wrote spikes of {population.name!r} as {rows.shape} {rows.dtype}; rows "
            "of sample, step, neuron and number are needed."
        )
    late = _late(report, tool).get(population.name, 0)
    return rows.astype(np.int64) + np.array([0, late, 0, 0])


def _populations(report: Report, record: SpikeRecord, tool: Tool, answer: Mapping[str, np.ndarray]):
    """How what each population fired there agrees with what it fires here."""
    network = report.run.retimed.network  # type: ignore[union-attr]
    late = _late(report, tool)
    n_steps = report.dataset.n_steps
    for at, p in enumerate((*network.inputs, *network.neuron_populations)):
        there = _rows(report, tool, answer, at)
        if there is None:
            continue
        row, neuron, count = record.events.of(network.starts[p.name], p.n_neurons)  # type: ignore
        here = np.stack([*np.divmod(row, record.n_steps), neuron, count], axis=1).astype(np.int64)
        if not tool.with_delays:  # steps that both have
            first = late.get(p.name, 0)
            here = here[(here[:, 1] >= first) & (here[:, 1] < first + n_steps)]
        shape = record.n_samples, record.n_steps, p.n_neurons
        yield agreement(p.name, here, there, shape, is_input=p.is_input)


def _output(
    report: Report, record: SpikeRecord, tool: Tool, answer: Mapping[str, np.ndarray]
) -> np.ndarray:
    """The spikes of the output there, (n_samples, n_steps, n_classes)."""
    network = report.run.retimed.network  # type: ignore[union-attr]
    order = [p.name for p in (*network.inputs, *network.neuron_populations)]
    rows = _rows(report, tool, answer, order.index(network.output))
    spikes = np.zeros(record.output_spikes.shape, np.int32)
    if rows is not None:
        inside = rows[(rows[:, :3] < spikes.shape).all(axis=1)]
        spikes[tuple(inside[:, :3].T)] = inside[:, 3]
    return spikes
