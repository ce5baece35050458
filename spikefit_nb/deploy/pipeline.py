"""The pipeline for one design: adapt, map, simulate, price."""

from collections.abc import Iterator, Mapping
from dataclasses import replace

import numpy as np

from spikefit_nb.adapt import Design
from spikefit_nb.case import Case
from spikefit_nb.datasets import SpikeDataset, ValueDataset, in_spikes
from spikefit_nb.deploy.placing import laid_out_anew
from spikefit_nb.deploy.report import Report
from spikefit_nb.errors import DoesNotFit, expect
from spikefit_nb.fit import FitReport, judge, judged_figures
from spikefit_nb.hardware import FAMILIES, HardwareProfile, Scenario
from spikefit_nb.mapping import CoreMap
from spikefit_nb.network import Network
from spikefit_nb.replay import Arrivals, Price, replay
from spikefit_nb.simulate import ARITHMETICS, Decode, SpikeRecord
from spikefit_nb.units import si


def deploy(
    network: Network,
    profile: HardwareProfile,
    dataset: SpikeDataset | ValueDataset,
    *,
    design: Design | None = None,
    calibration: SpikeDataset | ValueDataset | None = None,
    decode: Decode | None = None,
    scenario: Scenario | None = None,
    deadline_s: float | None = None,
    mapping: CoreMap | Mapping[str, np.ndarray] | None = None,
    strict: bool = False,
) -> Report:
    """Predict what a network does and costs on a chip; no board is programmed.

    The network is adapted as the design says, mapped onto cores, given the chip's delays, simulated
    event by event, and the recorded spikes are priced. A network that does not fit gives a report
    that says why.

    Parameters
    ----------
    network : Network
    profile : HardwareProfile
    dataset : SpikeDataset, or ValueDataset, which is encoded as the design says
    design : Design, optional
    calibration : SpikeDataset or ValueDataset, optional, such as training data, and never the
        recordings that accuracy is told of: with it idle neurons are removed, pruning, sharing and
        rounding know which errors matter, and thresholds are re-tuned
    decode : "count", "first_spike" or "potential"; None: by count, or by potential where the output
        never fires
    scenario : "offline", "single_stream" (input in store, back to back or one at a time) or
        "real_time" (live, ``dataset.dt_s`` a step); None: what the chip is built for
    deadline_s : float, optional, until when an answer is of use: from the end of a live recording,
        or from the start of a stored one
    mapping : CoreMap, or dict of population to the chip's core of each neuron: where the network
        as adapted (``report.network``) is to lie; None: as the design says
    strict : bool, raise when it does not fit

    Returns
    -------
    Report, per inference

    Raises
    ------
    DoesNotFit
        With ``strict=True``, when the network does not fit.
    DesignProblem
        The deadline is no time above 0, or a mapping names other populations, other numbers of
        neurons or cores than there are.
    DatasetProblem
        The data set does not belong to the network.
    UnknownName
        There is no such scenario, or way to decode.

    Examples
    --------
    >>> import numpy as np
    >>> from spikefit_nb.hardware import load_profile
    >>> from spikefit_nb.network import IF, Input, Population, Projection
    >>> network = Network([Population("in", (2,), Input()), Population("out", (2,), IF(1.0))],
    ...                   [Projection("in", "out", np.eye(2))])
    >>> dataset = SpikeDataset(np.eye(2, dtype=bool)[:, None, :], [0, 1])
    >>> deploy(network, load_profile("loihi1"), dataset).n_cores
    2
    """
    return deploy_case(
        Case(
            network,
            profile,
            in_spikes(dataset),
            design=Design() if design is None else design,
            calibration=in_spikes(calibration),
            decode=decode,
            scenario=scenario,
            deadline_s=deadline_s,
            mapping=mapping,
        ),
        strict=strict,
    )


def deploy_case(case: Case, *, strict: bool = False, fit: FitReport | None = None) -> Report:
    """Predict what a case does and costs.

    Parameters
    ----------
    case : Case, with a data set
    strict : bool, raise when it does not fit
    fit : FitReport, optional, of the case where it was judged already, also on other recordings

    Returns
    -------
    Report

    Raises
    ------
    WrongArgument
        The case has no data set.
    DoesNotFit
        With ``strict=True``, when the network does not fit.

    Examples
    --------
    >>> from spikefit_nb.datasets import load_dataset
    >>> from spikefit_nb.hardware import load_profile
    >>> from spikefit_nb.nir_file import load_network
    >>> digits = load_network("digits"), load_profile("loihi1"), load_dataset("digits")
    >>> [deploy_case(Case(*digits, design=Design(partition=p))).n_cores for p in ("auto", "layers")]
    [37, 2]
    """
    expect(case.dataset, SpikeDataset, "dataset", "sf.SpikeDataset(spikes, labels, dt_s=1e-3)")
    network, profile, dataset = case.network, case.profile, case.recordings
    fit = judge(case) if fit is None else replace(fit, case=case)
    n_macs = network.n_synapses * _passes(network, dataset)
    judged = judged_figures(profile)
    if not fit.fits:
        if strict:
            why = "; ".join(need.words for need in fit.violations)
            raise DoesNotFit(f"{network.name} does not fit {profile.title}: {why}.")
        return Report(fit, None, None, None, n_macs, figures=judged)
    run = case.run(fit.network)
    record = run.record
    fit = laid_out_anew(fit, run)
    arrivals = Arrivals(dataset.dt_s, dataset.n_steps)  # type: ignore[union-attr]
    price = replay(record, fit.mapping, arrivals=arrivals)
    delays = ("minimum_delay",) if run.retimed.extra_steps else ()
    return Report(
        fit,
        record.accuracy,
        record.accuracy_interval,
        price,
        n_macs,
        figures=(*judged, *price.figures, *delays),
        remarks=(
            *fit.adaptation.notes,
            *([fit.cut_instead] if fit.cut_instead else []),
            *record.warnings,
            *record.doubts,
            *([record.step_words] if record.has_step_labels else []),
            *run.retimed.notes,
            *_remarks(network, dataset, profile, price),
            *_without_steps(record, profile),
            *_below_ann(network, record, case.design),
        ),
        arithmetic=record.arithmetic,
        run=run,
    )


def _passes(network: Network, dataset: SpikeDataset) -> int:
    """How often the equivalent ANN runs in an inference: once, or in each step."""
    return dataset.n_steps if network.is_recurrent or network.sends_changes else 1


def _without_steps(record: SpikeRecord, profile: HardwareProfile) -> Iterator[str]:
    """That a chip handles events as they come, and how to tell what that changes."""
    if ARITHMETICS[record.arithmetic].per_event:
        yield (
            f"{profile.title} has no steps: a neuron fires once for each event that arrives, in "
            "whatever order. report.event_by_event() tells how far accuracy and spikes go from "
            "those told here."
        )


def _below_ann(network: Network, record: SpikeRecord, design: Design) -> Iterator[str]:
    """What the ANN that a network was made from gets more right, beyond chance."""
    interval, of_ann = record.accuracy_interval, network.ann_accuracy
    if interval is not None and of_ann is not None and of_ann > interval[1]:
        ends = f" It was read after {design.n_steps} steps." if design.n_steps else ""
        yield (
            f"{record.accuracy:.1%} of the samples get the right answer, with the ANN that the "
            f"network was made from {of_ann:.1%}, more than chance explains: see what was assumed "
            "in converting it (network.assumptions), and report.drift for what the chip changed."
            f"{ends}"
        )


def _remarks(
    network: Network, dataset: SpikeDataset, profile: HardwareProfile, price: Price
) -> Iterator[str]:
    """What a reader should know that is not an error."""
    busiest = float(price.core_loads.max(initial=0.0))
    if profile.step == "tick" and busiest > 1:
        yield (
            f"A core would need {busiest:.1f} ticks for its busiest step: real time is missed; "
            "spread the layer."
        )
    if any(getattr(p.neuron, "delayed_reset", False) for p in network.neuron_populations):
        yield (
            "Neurons reset one step late, as in snnTorch; whether the chip can is not in its "
            "profile."
        )
    if FAMILIES[profile.family].is_analog:
        yield (
            "Circuits of this chip differ from one another, and the accuracy is without that: "
            "spikefit_nb.robustness.robustness(report, weight_mismatch=0.2) tells what is left "
            "(0.2 is assumed)."
        )
    if dataset.is_current:
        yield (
            "Inputs are currents: each one other than zero is priced as one event, whatever its "
            "size."
        )
    if network.sends_changes:
        yield (
            "Messages carry numbers: each is priced as one packet, and one operation a synapse, "
            "whatever its digits, as nobody has published what those cost."
        )
    if network.dt_s != dataset.dt_s:
        yield (
            f"A step is {si(network.dt_s, 's')} in the equations and {si(dataset.dt_s, 's')} in "
            "the recordings."
        )
