"""Refuse what cannot be run, and settle how the output answers."""

from math import prod

from spikefit_nb.datasets import SpikeDataset, same_order
from spikefit_nb.errors import DatasetProblem, NetworkProblem, expect
from spikefit_nb.network import Network, SigmaDelta
from spikefit_nb.simulate.record import DECODES, Decode

FLATTENED = (
    "Spikes are (n_samples, n_steps, n_channels); "
    "a 2-d sensor is flattened in (channel, y, x) order."
)
SAY_SHAPE = (
    "If only channel_shape is wrong, replace it: dataclasses.replace(dataset, channel_shape=None)."
)


def check_inputs(network: Network, dataset: SpikeDataset, name: str = "dataset") -> None:
    """Refuse a data set that does not belong to a network.

    Parameters
    ----------
    network : Network
    dataset : SpikeDataset
    name : str, what the verb calls it

    Raises
    ------
    WrongArgument
        An argument is of another kind.
    DatasetProblem
        The data set has another number of channels than the network has inputs, or has them in
        another order, or labels that no output stands for.

    Examples
    --------
    >>> from spikefit_nb.datasets import load_dataset
    >>> from spikefit_nb.nir_file import load_network
    >>> check_inputs(load_network("digits"), load_dataset("digits"))
    """
    expect(network, Network, "network", "sf.load_network(name) or sf.read_nir(path)")
    expect(dataset, SpikeDataset, name, "sf.SpikeDataset(spikes, labels, dt_s=1e-3)")
    _check_channels(network, dataset)
    n_outputs = network[network.output].n_neurons
    if dataset.labels is not None and dataset.labels.max() >= n_outputs:
        raise DatasetProblem(
            f"A label is {dataset.labels.max()}, but the output {network.output!r} has "
            f"{n_outputs} neurons: labels count from 0 to {n_outputs - 1}."
        )


def _check_channels(network: Network, dataset: SpikeDataset) -> None:
    if dataset.n_channels != network.n_channels:
        raise DatasetProblem(
            f"The data set has {dataset.n_channels} channels, "
            f"but the network's input has {network.n_channels} "
            f"({', '.join(f'{p.name!r}: {p.shape}' for p in network.inputs)}). "
            + (_polarities_to_merge(network, dataset) or FLATTENED)
        )
    wanted = network.inputs[0].shape
    has = dataset.channel_shape
    if has is None or len(network.inputs) > 1 or same_order(has, wanted):
        return
    raise DatasetProblem(
        f"The data set's channels are {has}, but the network's input is {wanted}: the same number "
        "in another order, so each neuron would see another pixel. "
        + (_put_in_order(has, wanted) if sorted(has) == sorted(wanted) else SAY_SHAPE)
    )


def _put_in_order(has: tuple[int, ...], wanted: tuple[int, ...]) -> str:
    """The line that puts axes into the order a network takes."""
    free = list(range(len(has)))
    order = [free.pop(next(k for k, at in enumerate(free) if has[at] == n)) for n in wanted]
    axes = ", ".join(str(at + 2) for at in order)
    return (
        f"spikes.reshape(n, n_steps, {', '.join(map(str, has))}).transpose(0, 1, {axes}) "
        "has them as the network takes them."
    )


def _polarities_to_merge(network: Network, dataset: SpikeDataset) -> str:
    """How to make one channel of several polarities, where that is all that differs."""
    has = dataset.channel_shape or ()
    if len(has) < 2 or prod(has[1:]) != network.n_channels:
        return ""
    return (
        f"The data set has {has[0]} polarities a pixel, {has}, the network one channel: "
        "SpikeDataset.from_tonic(..., merge_polarities=True) puts them together; of an array, "
        f"spikes.reshape(n, n_steps, {has[0]}, -1).sum(axis=2)."
    )


def settle_decode(
    network: Network, decode: Decode | None, dataset: SpikeDataset | None = None
) -> Decode:
    """Settle how the output answers: as asked, else by its spikes, else by its potential.

    Parameters
    ----------
    network : Network
    decode : "count", "first_spike", "potential" or None

    Returns
    -------
    "count", "first_spike" or "potential"

    Raises
    ------
    NetworkProblem
        There is no such way, spikes are to be counted of neurons that never fire or send changes,
        or the first spike is to answer every step.

    Examples
    --------
    >>> from spikefit_nb.nir_file import load_network
    >>> settle_decode(load_network("digits"), None)
    'count'
    """
    check_choices(decode=("count" if decode is None else decode, DECODES))
    neuron = network[network.output].neuron
    if decode in ("count", "first_spike") and isinstance(neuron, SigmaDelta):
        raise NetworkProblem(
            f"decode is {decode!r}, but the output {network.output!r} holds SigmaDelta neurons, "
            "which send how much has changed: how often tells nothing. Say decode='potential', or "
            "leave decode out."
        )
    if decode in ("count", "first_spike") and not neuron.fires:
        raise NetworkProblem(
            f"decode is {decode!r}, but the output {network.output!r} holds "
            f"{type(neuron).__name__} neurons, which never fire: there is nothing to count. "
            "Say decode='potential', or leave decode out."
        )
    if decode == "first_spike" and dataset is not None and dataset.has_step_labels:
        raise NetworkProblem(
            f"decode is 'first_spike', but every step of {dataset.name!r} has a label: the output "
            "that fires first answers once a recording. Leave decode out, or cut the recordings: "
            "dataset.reset_every(n_steps, labels)."
        )
    has_counts = neuron.fires and not isinstance(neuron, SigmaDelta)
    return decode or ("count" if has_counts else "potential")


def check_choices(**choices: tuple[str, tuple[str, ...]]) -> None:
    """Refuse a word that is not among those known.

    Parameters
    ----------
    choices : by the argument's name, what was given and what can be

    Raises
    ------
    WrongArgument
        It is no word.
    NetworkProblem
        It is not among them.

    Examples
    --------
    >>> check_choices(record=("counts", ("counts", "events")))
    """
    for name, (value, known) in choices.items():
        listed = " or ".join(map(repr, known))
        expect(value, str, name, listed)
        if value not in known:
            raise NetworkProblem(f"{name} is {value!r}; it can be {listed}.")
