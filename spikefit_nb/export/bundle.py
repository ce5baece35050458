"""Write a deployment into a folder: all of it, or nothing."""

import os
import shutil
from hashlib import sha256
from io import BytesIO
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo, is_zipfile

import numpy as np

from spikefit_nb.datasets import Events, Repeated, SpikeDataset
from spikefit_nb.deploy import Report
from spikefit_nb.errors import DesignProblem, FileProblem, WrongArgument, expect
from spikefit_nb.export.deployment import Deployment
from spikefit_nb.export.files import DOCUMENT, DOCUMENTS, SUMS, ZIP
from spikefit_nb.export.job import npz
from spikefit_nb.export.mapping_file import as_json
from spikefit_nb.nir_file import write_nir

if TYPE_CHECKING:
    from spikefit_nb.search import Recommendation, Trial

FORMAT = "spikefit_nb deployment, version 1"
SCHEMAS = ("deployment.schema.json", "mapping.schema.json")


def export(
    deployed: "Report | Trial | Recommendation | Deployment",
    path: str | PathLike[str],
    *,
    recordings: bool = True,
    overwrite: bool = False,
) -> Path:
    """Write a design into a folder that other tools can run and ``load_deployment`` brings back.

    The folder holds the network as adapted (NIR, with its integers), the chip, where every neuron
    lies and how packets go, the recordings, what was predicted of them, the report as a page and as
    JSON, NeuroBench's metrics, a checklist, a paragraph of methods, the sources as BibTeX, and
    checksums. The same design gives the same bytes.

    Parameters
    ----------
    deployed : Report, Trial, Recommendation or Deployment
    path : str or path, of a folder that is made; of one file where it ends with ".zip"
    recordings : bool, whether the recordings go along; without them ``load_deployment`` needs them
        for a run
    overwrite : bool, whether a deployment of that name may be replaced

    Returns
    -------
    Path, the folder or file

    Raises
    ------
    WrongArgument
        It is of another kind.
    DoesNotFit
        The design does not fit the chip: there is nothing to deploy.
    DesignProblem
        There is no report: the trial failed, or nothing is recommended.
    FileProblem
        There is such a folder already, or it cannot be written.
    NetworkProblem
        NIR has no node for a neuron model.

    Examples
    --------
    >>> import tempfile
    >>> from spikefit_nb.adapt import Design
    >>> from spikefit_nb.datasets import load_dataset
    >>> from spikefit_nb.deploy import deploy
    >>> from spikefit_nb.export import load_deployment
    >>> from spikefit_nb.hardware import load_profile
    >>> from spikefit_nb.nir_file import load_network
    >>> digits = load_network("digits"), load_profile("loihi1"), load_dataset("digits").take(20)
    >>> folder = Path(tempfile.mkdtemp()) / "four_bits"
    >>> export(deploy(*digits, design=Design(weight_bits=4)), folder).name
    'four_bits'
    >>> load_deployment(folder).differences
    ()
    """
    expect(path, str | PathLike, "path", "'my_deployment'")
    for name, chosen in (("overwrite", overwrite), ("recordings", recordings)):
        expect(chosen, bool, name, "True")
    if isinstance(deployed, Deployment):
        return write_deployment(deployed, path, overwrite=overwrite)
    report = deployed if isinstance(deployed, Report) else _report_of(deployed)
    leaving = Deployment.of(report, recordings=recordings)
    return write_deployment(leaving, path, overwrite=overwrite)


def _report_of(deployed: object) -> Report:
    """The report of a trial or a recommendation."""
    if not hasattr(deployed, "report") or not hasattr(deployed, "design"):
        raise WrongArgument(
            f"deployed is {type(deployed).__name__} but must be a report, a trial or a "
            "recommendation: sf.deploy(network, profile, dataset)."
        )
    report = deployed.report
    if not isinstance(report, Report):
        raise DesignProblem(f"There is nothing to export: {deployed!r} has no report.")
    return report


def write_deployment(leaving: Deployment, path: str | PathLike[str], *, overwrite: bool) -> Path:
    """Write a deployment, first beside its place, so that it is there whole or not at all."""
    place = Path(path).expanduser()
    part, old = (place.with_name(f"{place.name}.{end}") for end in ("part", "old"))
    is_file = place.suffix.lower() == ZIP
    _check_free(place, overwrite, is_file)
    try:
        shutil.rmtree(part, ignore_errors=True)
        part.mkdir(parents=True)
        write_nir(leaving.network, part / "network.nir")
        for name, content in _files(leaving).items():
            (part / name).write_bytes(content)
        (part / SUMS).write_text(_sums(part), encoding="utf-8")
        if is_file:
            packed = part / ZIP
            packed.write_bytes(_zip(part))
            os.replace(packed, place)
            return place
        if os.path.exists(place):
            os.replace(place, old)
        os.replace(part, place)
    except OSError as error:
        raise FileProblem(f"{place} cannot be written: {error}. Choose another place.") from error
    finally:
        shutil.rmtree(part, ignore_errors=True)
        shutil.rmtree(old, ignore_errors=True)
    return place


def _zip(folder: Path) -> bytes:
    """The files of a folder as one, whose bytes do not depend on the time of day."""
    stream = BytesIO()
    with ZipFile(stream, "w", ZIP_DEFLATED) as archive:
        for file in sorted(folder.iterdir()):
            archive.writestr(ZipInfo(file.name), file.read_bytes(), ZIP_DEFLATED)
    return stream.getvalue()


def _check_free(place: Path, overwrite: bool, is_file: bool) -> None:
    """Refuse a place that is taken, unless by a deployment that may be replaced."""
    if not os.path.exists(place):
        return
    if not overwrite:
        raise FileProblem(
            f"{place} exists already. Say overwrite=True to replace it, or choose another name."
        )
    is_ours = is_zipfile(place) if is_file else os.path.isfile(place / DOCUMENT)
    if place.is_symlink() or not is_ours:
        raise FileProblem(f"{place} is no deployment, so it is not replaced. Choose another name.")


def _files(leaving: Deployment) -> dict[str, bytes]:
    """The content of each file but the network and the checksums."""
    dataset = leaving.dataset
    document = {
        "format": FORMAT,
        "about": dict(leaving.about),
        "design": leaving.design.changes(),
        "said": dict(leaving.said),
        "assumptions": list(leaving.network.assumptions),
        "recordings": None if dataset is None else _told(dataset),
    }
    predicted = {"answers": leaving.answers} | {
        f"spikes_{n}": count for n, count in enumerate(leaving.spikes.values())
    }
    files = {
        DOCUMENT: as_json(document).encode(),
        "profile.toml": leaving.profile.to_toml().encode(),
        "report.json": as_json(leaving.numbers).encode(),
        "predicted.npz": npz(predicted),
        "README.md": _readme(leaving).encode(),
        **{name: leaving.documents[name].encode() for name in DOCUMENTS},
    }
    for name in SCHEMAS:
        files[name] = Path(__file__).with_name(name).read_bytes()
    if dataset is not None:
        files["recordings.npz"] = npz(_arrays(dataset))
    return files


def _told(dataset: SpikeDataset) -> dict[str, object]:
    """What is known of recordings besides their numbers."""
    shape = dataset.channel_shape
    return {
        "name": dataset.name,
        "dt_s": float(dataset.dt_s),
        "channel_shape": None if shape is None else list(shape),
        "classes": list(dataset.classes),
        "source": dataset.source,
        "shape": list(dataset.spikes.shape),
    }


def _arrays(dataset: SpikeDataset) -> dict[str, np.ndarray]:
    """Recordings as plain arrays, in the way they are kept."""
    spikes = dataset.spikes
    if isinstance(spikes, Events):
        found = {"ptr": spikes.ptr, "step": spikes.step, "channel": spikes.channel}
        found |= {} if spikes.value is None else {"value": spikes.value}
    elif isinstance(spikes, Repeated):
        found = {"current": spikes.current, "n_on": np.array(spikes.n_on)}
    else:
        found = {"spikes": spikes}
    return found if dataset.labels is None else found | {"labels": dataset.labels}


def _sums(folder: Path) -> str:
    """A line for each file, as ``sha256sum --check`` takes them."""
    names = sorted(p.name for p in folder.iterdir())
    return "".join(f"{sha256((folder / n).read_bytes()).hexdigest()}  {n}\n" for n in names)


def _readme(leaving: Deployment) -> str:
    """What the folder is, and how to open it."""
    names = "\n".join(f"- `{name}`: {what}" for name, what in CONTENT.items())
    return (
        f"# {leaving.about['title']}\n\n{leaving.about['finding']}.\n\n"
        "Predicted by spikefit_nb; no chip was measured. To open it and to run it again:\n\n"
        "```python\nimport spikefit_nb as sf\n\n"
        'deployment = sf.export.load_deployment("this folder")\n'
        "deployment.differences  # () where this machine finds the same\n```\n\n"
        f"Made by `{leaving.about['code']}`. `sha256sum --check {SUMS}` finds damage.\n\n{names}\n"
    )


CONTENT = {
    "network.nir": "the network as adapted, in the exchange format NIR; integer weights and their "
    "scales stand in its metadata",
    "profile.toml": "the chip, each figure with its source",
    "mapping.json": "the core of each neuron, what each core holds, packets between cores, delays",
    "recordings.npz": "the recordings it was run on, as `spikes`, or as events: those of recording "
    "k from `ptr[k]` to `ptr[k + 1]`",
    "predicted.npz": "the answer to each recording, and spikes of each neuron over all, by "
    "population in the order of the network",
    "deployment.json": "design, settings, versions and fingerprints",
    "report.html, report.json": "what it does and costs",
    "neurobench.json, checklist.json": "the metrics of NeuroBench; what a reader has to know",
    "methods.md, references.bib": "for a paper",
    "*.schema.json": "what the JSON files hold",
}
