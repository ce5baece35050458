"""Networks that come by name."""

from pathlib import Path
from typing import NamedTuple

from spikefit_nb.errors import UnknownName, expect
from spikefit_nb.fetch import fetch
from spikefit_nb.network import Network
from spikefit_nb.nir_file.read import read_nir

NIR_PAPER = (
    "https://raw.githubusercontent.com/neuromorphs/NIR/"
    "7232ada6d30e1beea78b180a5135b1a3bb3d3bc0/paper/"
)
DIGITS = Path(__file__).parent / "networks" / "digits.nir"


class Published(NamedTuple):
    """A NIR file upstream, and the reset that stands in its name."""

    path: str
    sha256: str
    reset: str


# BSD-3-Clause; Pedersen et al., Neuromorphic intermediate representation, Nature Communications 15,
# 8122 (2024). The files state neither time step nor reset: the step is the one of the paper's
# conversion from snnTorch, the reset stands in the file's name.
PUBLISHED = {
    "braille": Published(
        "03_rnn/braille_noDelay_bias_zero.nir",
        "f1aab3ce74024e7feac508a03b04c58d483ee3a01e293dba4b53d0b519b8650e",
        "zero",
    ),
    "braille_subtract": Published(
        "03_rnn/braille_noDelay_noBias_subtract.nir",
        "14f59e0903d76437be3cb23d7e4be6b4e08ea476e482f7478dbb4592b29377d3",
        "subtract",
    ),
}
PUBLISHED_DT_S = 1e-4
PUBLISHED_ORIGIN = (
    "from the NIR paper (Nat Commun 15, 8122), trained on an unknown part of the Braille recordings"
)
NAMES = ("digits", *PUBLISHED)


def network_names() -> tuple[str, ...]:
    """The networks that come by name.

    Returns
    -------
    tuple of str

    Examples
    --------
    >>> network_names()
    ('digits', 'braille', 'braille_subtract')
    """
    return NAMES


def load_network(name: str) -> Network:
    """Load a trained spiking network by name.

    "digits" comes with the package: 64-64-10 integrate-and-fire neurons for the 8 x 8 digits.
    "braille" and "braille_subtract" are recurrent networks for Braille letters; they are downloaded
    once, or taken from the folder in ``SPIKEFIT_DATA``.

    Parameters
    ----------
    name : "digits", "braille" or "braille_subtract"

    Returns
    -------
    Network

    Raises
    ------
    WrongArgument
        The name is not a text.
    UnknownName
        There is no such network; the message offers the nearest names.
    FileProblem
        The file is not at hand and cannot be downloaded.

    Examples
    --------
    >>> load_network("digits").n_neurons
    74
    """
    expect(name, str, "name", "'digits'")
    if name not in NAMES:
        raise UnknownName("network", name, NAMES)
    if name == "digits":
        network = read_nir(DIGITS)
        right = f"{network.ann_accuracy:.1%} of the same 360 held-back images right"
        origin = f"made from an ANN that gets {right}"
        return network.replace(assumptions=(*network.assumptions, origin))
    published = PUBLISHED[name]
    path = fetch(Path(published.path).name, NIR_PAPER + published.path, published.sha256)
    network = read_nir(path, dt_s=PUBLISHED_DT_S, reset=published.reset, name=name)
    return network.replace(assumptions=(*network.assumptions, PUBLISHED_ORIGIN))
