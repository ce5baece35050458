"""Read a chip from an architecture file of SANA-FE."""

import re
from itertools import pairwise
from pathlib import Path

import numpy as np

from spikefit_nb.errors import ProfileProblem, guarded
from spikefit_nb.hardware import CoefficientSet, HardwareProfile, Sourced
from spikefit_nb.sanafe_file.yaml_file import Entry, read_yaml

DIGITS = 12  # of a figure in pJ or ns: 51.2e-12 J is 51.2 pJ, not 51.199999999999996
LIF_MODELS = ("IF", "LIF", "CubaLIF")
READS_ALL = "every connection is read, whatever its weight"
READS_AT_ONCE = "what arrives is read while neurons update"
SCALES = {"pJ": 1e12, "ns": 1e9}
STARTS = (("energy", "energy"), ("time", "latency"))  # of a figure's name, and of a file's key
READ_BY_SYNAPSE = ("soma", "axon_out")  # positions of the buffer behind the dendrite
SECTIONS = ("axon_in", "synapse", "dendrite", "soma", "axon_out")

Figures = dict[str, Sourced]


@guarded
def read_sanafe_arch(path: str | Path) -> HardwareProfile:
    """Read an architecture file of SANA-FE as a hardware profile.

    Of several synapse or soma units the first is taken, as that tool does for a network that names
    none; the others are further sets of coefficients under their own names. Every figure is
    assumed, and its source is its line in the file. An update is charged to every mapped neuron in
    every step, and more to one where there is something to do: ``energy_update_inactive = access``,
    ``energy_update_active = access + update``. A packet is paid where it leaves and where it
    arrives. The barrier's table is written so that reading between its entries gives equal steps.

    Parameters
    ----------
    path : str or Path, of a YAML file

    Returns
    -------
    HardwareProfile

    Raises
    ------
    FileProblem
        There is no such file, it is not YAML, a key is missing, a value cannot be, or the
        architecture is one that a profile cannot say: several kinds of cores, costs that differ
        between east and west or north and south, a unit from a plug-in, a soma in front of the
        buffer, tiles that leave gaps in the mesh.

    References
    ----------
    The architectures that come with SANA-FE 2.2.9 and what it makes of them.

    Examples
    --------
    >>> import tempfile
    >>> file = Path(tempfile.mkdtemp()) / "small.yaml"
    >>> _ = file.write_text(EXAMPLE)
    >>> chip = read_sanafe_arch(file)
    >>> chip, chip.figure("energy_update_active").text
    (HardwareProfile(small: 8 cores, 28 sourced figures), '3.0 pJ')
    >>> chip.figure("time_packet_in").source
    'small.yaml, line 10: latency_message_in'
    """
    arch = read_yaml(path).at("architecture")
    tile = _only(arch, "tile")
    core = _only(tile, "core")
    name = arch.at("name").text
    units = {section: _units(core, section) for section in SECTIONS}
    first = {section: units[section][0][1] for section in SECTIONS}
    position = _position(core)
    try:
        figures = {
            **_structure(arch, tile, core),
            **_hops(tile),
            **_barrier(arch.at("attributes")),
            **_packets(first["axon_in"], first["axon_out"]),
            **_synapse(first["synapse"], first["dendrite"], position),
            **_soma(first["soma"], first["dendrite"], position),
        }
        return HardwareProfile(
            name,
            f"{name} as {arch.file_name} describes it",
            "mesh",
            "barrier",
            figures,
            included={"energy_within_tile": "energy_packet", "time_within_tile": "time_packet"},
            sets=_sets(units, position),
            arithmetic="sanafe_loihi" if _is_lif(core) else "float32",
        )
    except ProfileProblem as problem:
        raise arch.problem(f"makes no profile: {problem}") from None


@guarded
def core_places(profile: HardwareProfile) -> np.ndarray:
    """Where each core of SANA-FE lies on a mesh whose cores are counted row by row.

    That tool counts tiles column by column: tile t is at ``x = t // rows``, ``y = t % rows``. So
    core c of its list is core ``places[c]`` here.

    Parameters
    ----------
    profile : HardwareProfile, from ``read_sanafe_arch``

    Returns
    -------
    (n_cores,) int64

    Examples
    --------
    >>> counts = {"mesh_columns": 3, "mesh_rows": 2, "cores_per_tile": 1}
    >>> core_places(HardwareProfile("mesh", "Six cores", "mesh", "barrier").replace(**counts))
    array([0, 3, 1, 4, 2, 5])
    """
    columns, rows = int(profile.value("mesh_columns")), int(profile.value("mesh_rows"))
    each = int(profile.value("cores_per_tile"))
    by_row = np.arange(columns * rows * each, dtype=np.int64).reshape(rows, columns, each)
    return by_row.swapaxes(0, 1).ravel()


def _only(holder: Entry, key: str) -> Entry:
    entries = holder.each(key)
    if len(entries) > 1:
        raise entries[1].problem(
            f"is a second kind of {key}; a profile has one, so describe them in one entry."
        )
    return entries[0]


def _units(core: Entry, section: str) -> list[tuple[str, Entry]]:
    """Names and attributes of the units of a section, none of them from a plug-in."""
    units = [(entry.at("name").copies[0], entry.at("attributes")) for entry in core.each(section)]
    for _, attributes in units:
        if attributes.has("plugin"):
            raise attributes.at("plugin").problem(
                "names a program library; nothing from a file is run here."
            )
    return units


def _position(core: Entry) -> str:
    """Before what a core keeps what arrives for a step: "dendrite", "in dendrite" or "soma"."""
    attributes, key = core.at("attributes"), "buffer_inside_unit"
    entry = attributes.at("buffer_position")
    inside = attributes.has(key) and attributes.at(key).text.lower() == "true"
    if entry.text not in ("dendrite", "soma") or (inside and entry.text == "soma"):
        raise entry.problem(
            f"is {entry.shown}{' inside the unit' * inside}: somas would be updated by every "
            "synapse. It must be 'soma' or 'dendrite', in front of the unit."
        )
    return f"in {entry.text}" if inside else entry.text


def _figure(entry: Entry, value: float, unit: str, key: str = "") -> Sourced:
    scaled = float(f"{value * SCALES[unit]:.{DIGITS}g}") if unit in SCALES else value
    source = f"{entry.file_name}, line {entry.line}: {key or entry.path.split('.')[-1]}"
    return Sourced(scaled, unit, "assumed", source)


def _costs(figures: dict[str, list[Entry]]) -> Figures:
    """Figures of energy and time, each the sum of the entries it is made of."""
    found = {}
    for name, entries in figures.items():
        unit = "pJ" if name.startswith("energy") else "ns"
        key = " + ".join(entry.path.split(".")[-1] for entry in entries)
        found[name] = _figure(entries[0], sum(entry.number for entry in entries), unit, key)
    return found


def _structure(arch: Entry, tile: Entry, core: Entry) -> Figures:
    mesh = arch.at("attributes")
    n_tiles, each = tile.at("name").copies[1], core.at("name").copies[1]
    width, height = mesh.at("width"), mesh.at("height")
    columns = -(-n_tiles // height.count)
    if n_tiles % height.count or columns > width.count:
        raise tile.at("name").problem(
            f"makes {n_tiles} tiles, which do not fill whole columns of a mesh of "
            f"{width.count} x {height.count}."
        )
    links, most = mesh.at("link_buffer_size"), core.at("attributes").at("max_neurons_supported")
    figures = {
        "cores": _figure(core.at("name"), n_tiles * each, "cores", "all tiles together"),
        "cores_per_tile": _figure(core.at("name"), each, "cores"),
        "mesh_columns": _figure(width, columns, "tiles"),
        "mesh_rows": _figure(height, height.count, "tiles"),
        "packets_per_link": _figure(links, links.count, "packets"),
        "neurons_per_core": _figure(most, most.count, "neurons"),
        "minimum_delay": _figure(core.at("attributes").at("buffer_position"), 1, "steps"),
        "spikes_per_step": _figure(core.at("soma"), 1, "spikes"),
        "zero_weights": _words(arch, ("dense", "convolution"), "formats", READS_ALL),
        "stages_at_once": _words(core, ("synapses", "neurons"), "stages", READS_AT_ONCE),
    }
    if _is_lif(core):
        source = figures["spikes_per_step"].source
        figures["neuron_models"] = Sourced(LIF_MODELS, "models", "assumed", source)
        figures["resets"] = Sourced(("zero", "subtract"), "modes", "assumed", source)
    return figures


def _is_lif(core: Entry) -> bool:
    """Whether the first soma unit is the tool's leaky one, which is that of its Loihi."""
    return core.each("soma")[0].at("attributes").at("model").text == "leaky_integrate_fire"


def _words(entry: Entry, words: tuple[str, ...], unit: str, says: str) -> Sourced:
    source = f"{entry.file_name}, line {entry.line}: as SANA-FE 2.2.9 reads it, {says}"
    return Sourced(words, unit, "assumed", source)


def _hops(tile: Entry) -> Figures:
    attributes, found = tile.at("attributes"), {}
    for figure, ways in (("hop_x", ("east", "west")), ("hop_y", ("north", "south"))):
        for start, what in STARTS:
            there, back = (attributes.at(f"{what}_{way}_hop") for way in ways)
            if there.number != back.number:
                raise back.problem(
                    f"is {back.shown} and {ways[0]} {there.shown}; "
                    "a profile has one figure for both."
                )
            found[f"{start}_{figure}"] = [there]
    return _costs(found)


def _packets(axon_in: Entry, axon_out: Entry) -> Figures:
    return _costs(
        {
            "energy_packet": [axon_out.at("energy_message_out")],
            "time_packet": [axon_out.at("latency_message_out")],
            "energy_packet_in": [axon_in.at("energy_message_in")],
            "time_packet_in": [axon_in.at("latency_message_in")],
        }
    )


def _synapse(synapse: Entry, dendrite: Entry, position: str) -> Figures:
    found = {}
    for start, what in STARTS:
        by_synapse = [dendrite.at(f"{what}_update")] * (position != "dendrite")
        found[f"{start}_synaptic_operation"] = [synapse.at(f"{what}_process_spike"), *by_synapse]
    return _costs(found)


def _soma(soma: Entry, dendrite: Entry, position: str) -> Figures:
    found: dict[str, list[Entry]] = {}
    for start, what in STARTS:
        in_each_step = [dendrite.at(f"{what}_update")] * (position != "soma")
        always = [soma.at(f"{what}_access_neuron"), *in_each_step]
        found[f"{start}_update_inactive"] = always
        found[f"{start}_update_active"] = [*always, soma.at(f"{what}_update_neuron")]
        found[f"{start}_spike"] = [soma.at(f"{what}_spike_out")]
    return _costs(found)


def _sets(units: dict[str, list[tuple[str, Entry]]], position: str) -> dict[str, CoefficientSet]:
    """Units other than the first of their section, with what they cost in its place."""
    dendrite = units["dendrite"][0][1]
    figures = {n: _synapse(unit, dendrite, position) for n, unit in units["synapse"][1:]}
    figures |= {n: _soma(unit, dendrite, position) for n, unit in units["soma"][1:]}
    return {name: CoefficientSet(f"with {name}", costs) for name, costs in figures.items()}


def _barrier(mesh: Entry) -> Figures:
    model = mesh.at("sync_model").text if mesh.has("sync_model") else "fixed"
    if model not in ("fixed", "table"):
        raise mesh.at("sync_model").problem(f"is {model!r:.60}; it must be 'fixed' or 'table'.")
    place = mesh.at("latency_sync") if mesh.has("latency_sync") or model == "table" else mesh
    steps = {1: 0.0} if place is mesh else _steps(place)
    tiles = sorted({*steps, *(after - 1 for _, after in pairwise(sorted(steps)))})
    times = [steps[max(n for n in steps if n <= tile)] for tile in tiles]
    scaled = tuple(_figure(place, time, "ns").value for time in times)
    key = "latency_sync" if place is not mesh else "no latency_sync, so none"
    source = _figure(place, 0, "ns", key).source
    return {
        "time_barrier": Sourced(scaled, "ns", "assumed", source),
        "barrier_tiles": Sourced(tuple(tiles), "tiles", "assumed", source),
    }


def _steps(entry: Entry) -> dict[int, float]:
    """Seconds of a barrier from so many tiles in use on; the least number stands for fewer too."""
    if isinstance(entry.value, dict):
        are_numbers = all(re.fullmatch("[0-9]{1,9}", key) for key in entry.value)
        if not are_numbers or not entry.value:
            raise entry.problem(
                "must give seconds for whole numbers of tiles, such as {1: 0.6e-6, 4: 1.4e-6}."
            )
        given = {int(key): value.number for key, value in entry.value.items()}
    elif isinstance(entry.value, list):
        given = {n: value.number for n, value in enumerate(entry.value)}
    else:
        given = {0: entry.number}
    if not given:
        raise entry.problem("is an empty list; it needs at least one time.")
    return {1: given[min(given)], **{n: time for n, time in given.items() if n >= 1}}


EXAMPLE = """\
architecture:
  name: small
  attributes: {width: 2, height: 1, link_buffer_size: 4}
  tile:
    name: tile[0..1]
    attributes: {energy_north_hop: 2e-12, latency_north_hop: 2e-9, \
energy_south_hop: 2e-12, latency_south_hop: 2e-9,
                 energy_east_hop: 1e-12, latency_east_hop: 1e-9, \
energy_west_hop: 1e-12, latency_west_hop: 1e-9}
    core:
      name: core[0..3]
      axon_in: {name: in, attributes: {energy_message_in: 0.0, latency_message_in: 16e-9}}
      synapse: {name: synapse, attributes: {model: current_based, energy_process_spike: 35e-12,
                                            latency_process_spike: 4e-9}}
      dendrite: {name: dendrite, attributes: {model: accumulator, \
energy_update: 0, latency_update: 0}}
      soma: {name: soma, attributes: {model: truenorth, \
energy_access_neuron: 1e-12, latency_access_neuron: 1e-9,
             energy_update_neuron: 2e-12, latency_update_neuron: 2e-9, energy_spike_out: 3e-12,
             latency_spike_out: 3e-9}}
      axon_out: {name: out, attributes: {energy_message_out: 100e-12, latency_message_out: 5e-9}}
      attributes: {buffer_position: soma, max_neurons_supported: 256}
"""  # the least that a file has to say
