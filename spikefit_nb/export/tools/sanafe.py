"""SANA-FE: the chip as an architecture, the network on its cores; it tells energy and time too."""

from typing import Any

import numpy as np

from spikefit_nb.datasets import storage
from spikefit_nb.deploy import Report
from spikefit_nb.errors import NetworkProblem, ProfileProblem
from spikefit_nb.export.job import Arrays, network_arrays, network_file
from spikefit_nb.export.tool import Tool
from spikefit_nb.hardware import HardwareProfile
from spikefit_nb.mapping import FORMATS, CoreMap
from spikefit_nb.replay import barrier_s, works_at_once
from spikefit_nb.sanafe_file import core_places
from spikefit_nb.simulate import ARITHMETICS
from spikefit_nb.units import text

IN_TOOL = {"energy": "energy", "time": "latency"}  # our words, and those of that tool
KINDS = ("sanafe", "loihi", "integrate", "leaky", "current")
PART = 2.0**-6  # that tool cuts potentials to 1/64: whole numbers times this are cut as in Loihi
FINER = 2.0**16  # values of float32 times this: what is cut off lies below their last digit


def files(report: Report) -> dict[str, bytes]:
    """The architecture, and the network with the core of each neuron."""
    profile, mapping = report.profile, report.mapping
    network = report.run.retimed.network  # type: ignore[union-attr]  # asked only of what was run
    _check(report)
    zeros = profile.has("zero_weights")
    about, arrays = network_arrays(network, report.arithmetic, "SANA-FE", KINDS, zeros=zeros)
    per_tile = int(profile.value("cores_per_tile"))
    order = np.empty(int(profile.value("cores")), np.int64)  # the tool's core of each of the chip's
    order[core_places(profile)] = np.arange(order.size)
    for p in about["populations"]:
        if p["kind"] == "input":
            continue
        core = order[mapping.cores[p["name"]]]
        arrays[f"{p['key']}.core"] = core // per_tile * (per_tile + 1) + core % per_tile
        p["synapse"] = next(
            (e.kind for e in network.projections if e.target == p["name"]), FORMATS[0]
        )
        _put_in_its_words(p, about, arrays)
    about["cores_per_tile"] = per_tile
    largest = max((p["n"] for p in about["populations"] if p["kind"] == "input"), default=1)
    chip = architecture(profile, mapping, n_inputs=largest)
    return {"architecture.yaml": chip.encode(), "network.npz": network_file(about, arrays)}


def _check(report: Report) -> None:
    """Refuse what that tool has no words for."""
    profile, mapping = report.profile, report.mapping
    needed = ("mesh_columns", "mesh_rows", "cores_per_tile", "cores")
    missing = [name for name in needed if not profile.has(name)]
    if profile.step != "barrier" or missing:
        why = f"its profile lacks {', '.join(missing)}" if missing else "it has no barrier"
        raise ProfileProblem(
            f"{profile.title} is no mesh of cores that wait for one another after each step, which "
            f"is what SANA-FE simulates: {why}. Choose loihi1, or read_sanafe_arch(path)."
        )
    if (mapping.copies > 1).any() or mapping.chips.any():
        raise NetworkProblem(
            "Neurons are laid out several times, or over several chips; SANA-FE has one chip, and "
            "each neuron once. Choose a design without."
        )
    if any((part > 1).any() for _, part in storage.blocks(report.dataset.spikes)):
        raise NetworkProblem(
            f"Channels of {report.dataset.name!r} send several spikes in one step; an input of "
            "SANA-FE sends one. Use shorter steps, or a data set of dataset.spikes[:] > 0."
        )
    network = report.run.retimed.network  # type: ignore[union-attr]
    for e in network.projections:
        is_input = network[e.source].is_input
        if e.delay_steps != (0 if is_input else 1):
            raise NetworkProblem(
                f"{e!r} takes {e.delay_steps} steps; in SANA-FE every spike arrives in the next "
                "step. Use profile.replace(minimum_delay=1), and no longer delays."
            )


def _put_in_its_words(p: dict[str, Any], about: dict[str, Any], arrays: Arrays) -> None:
    """Threshold, decays and weights as that tool reads them: it fires above a threshold."""
    key, n = p["key"], p["n"]
    gain, threshold = np.ones(n), arrays[f"{key}.v_threshold"]
    if p["kind"] == "sanafe":
        gain = arrays[f"{key}.gain"]
    elif p["kind"] == "loihi":
        gain, threshold = gain * PART, (arrays[f"{key}.v_least"] - 0.5) * PART
        kept = arrays[
            f"{key}.keep_u"
        ]  # a current starts at the bias below zero, and rises from there
        arrays[f"{key}.bias_kept"] = kept
        arrays[f"{key}.bias"] = arrays[f"{key}.bias"] * PART * (1 - kept)
    else:
        gain, threshold = _from_float(p, arrays)
    arrays[f"{key}.threshold"] = np.where(np.isfinite(threshold) & p["fires"], threshold, 1e18)
    for number in p["into"]:
        weight, target = arrays[f"e{number}.weight"], arrays[f"e{number}.target"]
        if p["kind"] == "sanafe":  # a sum counts its synapses in the lowest bits
            weight = np.floor(weight / 2.0 ** p["bits"])
        worth = arrays.pop(f"{key}.worth{number}")
        arrays[f"e{number}.weight"] = weight * worth[target] * gain[target]


def _from_float(p: dict[str, Any], arrays: Arrays) -> tuple[np.ndarray, np.ndarray]:
    """Gain and threshold of neurons of float32; a bias that they filter grows as they filter it."""
    key, ones = p["key"], np.ones(p["n"])
    a_mem, a_syn = (arrays.get(f"{key}.{name}") for name in ("a_mem", "a_syn"))
    gain = FINER * arrays[f"{key}.r"] * (ones if a_mem is None else a_mem)
    if a_syn is not None:
        gain = gain * a_syn * arrays[f"{key}.w_in"]
        arrays[f"{key}.bias_kept"] = 1 - a_syn
    arrays[f"{key}.keep_v"] = ones if a_mem is None else 1 - a_mem
    arrays[f"{key}.keep_u"] = 0 * ones if a_syn is None else 1 - a_syn
    arrays[f"{key}.bias"] = arrays[f"{key}.bias"] * gain
    arrays[f"{key}.v_reset"] = arrays[f"{key}.v_reset"] * FINER
    return gain, np.nextafter(arrays[f"{key}.v_least"] * FINER, -np.inf)


def architecture(profile: HardwareProfile, mapping: CoreMap, *, n_inputs: int) -> str:
    """The chip as an architecture file, with a core in each tile on which inputs fire."""
    columns, rows = int(profile.value("mesh_columns")), int(profile.value("mesh_rows"))
    has_links, has_most = map(profile.has, ("packets_per_link", "neurons_per_core"))
    inactive, active, spike = (
        {what: profile.si(f"{what}_{figure}", 0.0) for what in IN_TOOL}
        for figure in ("update_inactive", "update_active", "spike")
    )
    more = {what: active[what] - inactive[what] for what in IN_TOOL}
    hops = (
        _costs(f"{{}}_{way}_hop", {what: profile.si(f"{what}_hop_{axis}", 0.0) for what in IN_TOOL})
        for axis, ways in (("x", ("east", "west")), ("y", ("north", "south")))
        for way in ways
    )
    soma = (
        _costs("{}_access_neuron", inactive),
        _costs("{}_update_neuron", more),
        _costs("{}_spike_out", spike),
    )
    packets = {
        way: {what: profile.si(f"{what}_{figure}", 0.0) for what in IN_TOOL}
        for way, figure in (("in", "packet_in"), ("out", "packet"))
    }
    return ARCHITECTURE.format(
        name=profile.name,
        columns=columns,
        rows=rows,
        links=int(profile.value("packets_per_link")) if has_links else 16,
        barrier=barrier_s(profile, len(np.unique(mapping.tiles, axis=0))),
        last_tile=(int(mapping.tiles[:, 0].max()) + 1) * rows - 1,  # columns with cores in use
        hops=", ".join(hops),
        last_core=int(profile.value("cores_per_tile")) - 1,
        most=int(profile.value("neurons_per_core")) if has_most else 2**20,
        axon_in=_costs("{}_message_in", packets["in"]),
        axon_out=_costs("{}_message_out", packets["out"]),
        synapses="\n".join(_synapse(profile, name) for name in FORMATS),
        soma=", ".join(soma),
        last_input=n_inputs - 1,
    )


def _costs(key: str, values: dict[str, float]) -> str:
    """Energy and latency of an event as a mapping of that file says them."""
    return ", ".join(f"{key.format(IN_TOOL[what])}: {float(x)!r}" for what, x in values.items())


def _synapse(profile: HardwareProfile, name: str) -> str:
    """The unit that reads synapses of a format."""
    values = {
        what: profile.si(
            f"{what}_synaptic_operation_{name}", profile.si(f"{what}_synaptic_operation", 0.0)
        )
        for what in IN_TOOL
    }
    costs = _costs("{}_process_spike", values)
    return f"            - {{name: {name}, attributes: {{model: current_based, {costs}}}}}"


ARCHITECTURE = """\
architecture:
  name: {name}
  attributes: {{topology: mesh, width: {columns}, height: {rows}, link_buffer_size: {links}, \
sync_model: fixed, latency_sync: {barrier!r}}}
  tile:
    - name: tile[0..{last_tile}]
      attributes: {{{hops}}}
      core:
        - name: core[0..{last_core}]
          attributes: {{buffer_position: soma, buffer_inside_unit: false, \
max_neurons_supported: {most}}}
          axon_in:
            - {{name: in, attributes: {{{axon_in}}}}}
          synapse:
{synapses}
          dendrite:
            - {{name: dendrites, attributes: {{model: accumulator, energy_update: 0.0, \
latency_update: 0.0}}}}
          soma:
            - {{name: neurons, attributes: {{model: leaky_integrate_fire, {soma}}}}}
          axon_out:
            - {{name: out, attributes: {{{axon_out}}}}}
        - name: outside
          attributes: {{buffer_position: soma, buffer_inside_unit: false, \
max_neurons_supported: 1048576}}
          axon_in:
            - {{name: outside_in, attributes: {{energy_message_in: 0.0, latency_message_in: 0.0}}}}
          synapse:
            - {{name: outside_synapse, attributes: {{model: current_based, \
energy_process_spike: 0.0, latency_process_spike: 0.0}}}}
          dendrite:
            - {{name: outside_dendrites, attributes: {{model: accumulator, energy_update: 0.0, \
latency_update: 0.0}}}}
          soma:
            - {{name: "outside_spikes[0..{last_input}]", attributes: {{model: input, \
energy_access_neuron: 0.0, latency_access_neuron: 0.0, energy_update_neuron: 0.0, \
latency_update_neuron: 0.0, energy_spike_out: 0.0, latency_spike_out: 0.0}}}}
          axon_out:
            - {{name: outside_out, attributes: {{energy_message_out: 0.0, \
latency_message_out: 0.0}}}}
"""


def remarks(report: Report) -> tuple[str, ...]:
    """In what that tool counts or computes otherwise."""
    profile, price = report.profile, report.price
    said = []
    if price and price.counts["spikes"] and profile.has("time_packet_in"):
        took = text(profile.si("time_packet_in"), "s")
        said.append(f"Latency: SANA-FE takes {took} for a packet of an input too; here it is free")
    if price and profile.has("energy_within_tile") and price.counts["within_tile"]:
        part = text(profile.si("energy_within_tile") * price.counts["within_tile"], "J")
        said.append(f"Energy: SANA-FE has no cost of packets within a tile, here {part}")
    if price and not works_at_once(profile):
        said.append(
            "Latency: a core of SANA-FE reads what arrives while it updates neurons, here it does "
            "one after the other"
        )
    own = ARITHMETICS[report.arithmetic]
    if own.reads_zero_weights:
        said.append(
            "Spikes: SANA-FE keeps weights in float32, here their sums are exact; a potential that "
            "comes to lie on a multiple of 1/64 may be cut to another there"
        )
    if not own.reads_zero_weights:
        said.append(
            "Energy: SANA-FE updates a neuron also where what arrives adds up to nothing, here not"
        )
        if own.is_integer:
            said.append("Spikes: Loihi rounds currents of synapses in each step, SANA-FE does not")
    return tuple(said)


TOOL = Tool("SANA-FE", ("sanafe==2.2.9", "numpy"), "run_sanafe", files, remarks=remarks)
