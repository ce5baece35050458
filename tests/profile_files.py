"""A profile file with everything in it, ways to break it, and random profiles."""

from hypothesis import strategies as st

from spikefit_nb.hardware import FAMILIES, FIGURES, CoefficientSet, HardwareProfile, Sourced
from spikefit_nb.hardware.check import least
from spikefit_nb.hardware.figures import ABOVE_ZERO, PROPERTIES, STEPS
from spikefit_nb.hardware.sourced import KINDS, LARGEST
from spikefit_nb.units import SCALE_OF_PREFIX

GOOD = """\
name = "mine"
title = "A chip of mine"
year = 2024
family = "mesh"
step = "barrier"

[included]
energy_within_tile = "energy_packet"

[figures.cores]
value = 128
unit = "cores"
kind = "datasheet"
source = "p. 1"

[figures.weight_bits]
value = [4, 8]
unit = "bits"
kind = "measured"
source = "p. 2"

[figures.resets]
value = ["zero"]
unit = "modes"
kind = "assumed"
source = "p. 3"

[figures.energy_packet]
value = 1.5
unit = "nJ"
kind = "derived"
source = "p. 4"

[checks.total]
value = 26.0
unit = "pJ"
kind = "measured"
source = "p. 5"

[sets.calibrated]
title = "calibrated coefficients"

[sets.calibrated.included]
energy_hop_x = "energy_packet"

[sets.calibrated.figures.energy_packet]
value = 1.75
unit = "nJ"
kind = "simulated"
source = "p. 6"
"""

A_FIGURE_HAS = "A figure has value, unit, kind, source and spread."
# What is wrong, the text and what takes its place, the line and the beginning of what is said.
BROKEN = {
    "no unit": ('unit = "cores"\n', "", 10, f"figures.cores lacks the key 'unit'. {A_FIGURE_HAS}"),
    "a key misspelt": (
        'kind = "datasheet"',
        'kind = "datasheet"\nsuorce = "p. 1"',
        14,
        f"figures.cores.suorce is an unknown key. Did you mean 'source'? {A_FIGURE_HAS}",
    ),
    "an unknown figure": (
        "[figures.cores]",
        "[figures.corse]",
        10,
        "figures.corse is no figure of the vocabulary. Did you mean 'cores'? ",
    ),
    "a negative energy": (
        "value = 1.5",
        "value = -1.5",
        29,
        "figures.energy_packet.value is -1.5; it must be a number, 0 or more and finite.",
    ),
    "an endless energy": (
        "value = 1.5",
        "value = inf",
        29,
        "figures.energy_packet.value is inf; it must be a number",
    ),
    "a number too large": (
        "value = 1.5",
        "value = 1e300",
        29,
        "figures.energy_packet.value is 1e+300; it must be",
    ),
    "a text for a number": (
        "value = 128",
        'value = "128"',
        11,
        "figures.cores.value is '128'; it must be a whole number of cores, 1 or more.",
    ),
    "a list for a number": (
        "value = 128",
        "value = [128]",
        11,
        "figures.cores.value is [128]; it must be a whole",
    ),
    "a truth value": (
        "value = 128",
        "value = true",
        11,
        "figures.cores.value is True; it must be a whole number",
    ),
    "no time at all": (
        "[checks.total]",
        '[figures.tick]\nvalue = 0.0\nunit = "ms"\nkind = "assumed"\nsource = "p."\n\n'
        "[checks.total]",
        35,
        "figures.tick.value is 0.0; it must be a number, above 0 and finite.",
    ),
    "half a core": (
        "value = 128",
        "value = 127.5",
        11,
        "figures.cores.value is 127.5; it must be a whole number",
    ),
    "no core": (
        "value = 128",
        "value = 0",
        11,
        "figures.cores.value is 0; it must be a whole number of cores, 1 or",
    ),
    "a date": (
        "value = 128",
        "value = 2024-01-01",
        11,
        "figures.cores.value is datetime.date(2024, 1, 1); it must be",
    ),
    "a number for a list": (
        "value = [4, 8]",
        "value = 8",
        17,
        "figures.weight_bits.value is 8; it must be a list of whole numbers of bits, 1 or more; "
        "its largest must be from 2 to 16.",
    ),
    "a list with a text": (
        "value = [4, 8]",
        'value = [4, "8"]',
        17,
        "figures.weight_bits.value is [4, '8']; it must",
    ),
    "an empty list": (
        "value = [4, 8]",
        "value = []",
        17,
        "figures.weight_bits.value is []; it must be a list of",
    ),
    "weights too wide": (
        "value = [4, 8]",
        "value = [4, 32]",
        17,
        "figures.weight_bits.value is [4, 32]; it must be a",
    ),
    "weights too narrow": (
        "value = [4, 8]",
        "value = [1]",
        17,
        "figures.weight_bits.value is [1]; it must be a list",
    ),
    "a number among words": (
        '["zero"]',
        '["zero", 1]',
        23,
        "figures.resets.value is ['zero', 1]; it must be a list of texts, the modes.",
    ),
    "another unit": (
        'unit = "cores"',
        'unit = "core"',
        12,
        "figures.cores.unit is 'core'; it must be cores.",
    ),
    "a unit of something else": (
        'unit = "nJ"',
        'unit = "nW"',
        30,
        "figures.energy_packet.unit is 'nW'; it must be J or a multiple of it such as pJ.",
    ),
    "an empty unit": (
        'unit = "cores"',
        'unit = ""',
        12,
        "figures.cores.unit is ''; it must be cores.",
    ),
    "an empty unit of a check": (
        'value = 26.0\nunit = "pJ"',
        'value = 26.0\nunit = " "',
        36,
        "checks.total.unit is ' '; it must be a text",
    ),
    "an empty source": (
        'source = "p. 1"',
        'source = " "',
        14,
        "figures.cores.source is ' '; it must be a text: a figure without a source does not exist.",
    ),
    "a source that is a number": (
        'source = "p. 1"',
        "source = 1",
        14,
        "figures.cores.source is 1; it must be a text",
    ),
    "a bad kind": (
        'kind = "datasheet"',
        'kind = "rumour"',
        13,
        "figures.cores.kind is 'rumour'; it must be one of measured, simulated, "
        "datasheet, derived, ",
    ),
    "a bad family": (
        'family = "mesh"',
        'family = "mash"',
        4,
        "family is 'mash'; it must be one of akida, ",
    ),
    "a bad step": (
        'step = "barrier"',
        'step = "barier"',
        5,
        "step is 'barier'; it must be one of barrier, tick, cycles, asynchronous. "
        "Did you mean 'barrier'?",
    ),
    "a family that is a list": (
        'family = "mesh"',
        "family = []",
        4,
        "family is []; it must be one of",
    ),
    "no title": (
        'title = "A chip of mine"\n',
        "",
        None,
        "the file lacks the key 'title'. A profile has name, title, ",
    ),
    "an empty name": ('name = "mine"', 'name = ""', 1, "name is ''; it must be a text."),
    "a year in words": (
        "year = 2024",
        'year = "2024"',
        3,
        "year is '2024'; it must be a whole number from 1900 to",
    ),
    "an unknown table": (
        "[checks.total]",
        "[chekcs.total]",
        34,
        "chekcs is an unknown key. Did you mean 'checks'?",
    ),
    "a figure that is no table": (
        "[figures.cores]",
        "[figures]\ncores = 128\n[figures.cores_per_tile]",
        11,
        "figures.cores is 128; it must be a table with value, unit, kind and source.",
    ),
    "figures that are a list": (
        GOOD[GOOD.index("[figures.cores]") : GOOD.index("[checks")],
        "[[figures]]\n",
        10,
        "figures is [{}]; it must be a table.",
    ),
    "included that is no table": (
        "[included]\nenergy_within_tile",
        "included",
        7,
        "included is 'energy_packet'; it must be a table.",
    ),
    "an unknown inclusion": (
        'tile = "energy_packet"',
        'tile = "energy_pakcet"',
        8,
        "included.energy_within_tile is 'energy_pakcet', no figure of the vocabulary. Did you me",
    ),
    "an unknown included figure": (
        "energy_within_tile =",
        "energy_in_tile =",
        8,
        "included.energy_in_tile is no figure of the vocabulary. Did you mean ",
    ),
    "a check without a kind": (
        'kind = "measured"\nsource = "p. 5"',
        'source = "p. 5"',
        34,
        f"checks.total lacks the key 'kind'. {A_FIGURE_HAS}",
    ),
    "a check that is no table": (
        "[checks.total]",
        "[checks]\nsum = 3\n[checks.total]",
        35,
        "checks.sum is 3; it must be a table with value, unit, kind and source.",
    ),
    "a set without a title": (
        'title = "calibrated coefficients"\n',
        "",
        40,
        "sets.calibrated lacks the key 'title'. A set of coefficients has title, fitted_on",
    ),
    "a set that is no table": (
        "[sets.calibrated]\n",
        "[sets]\nother = 1\n[sets.calibrated]\n",
        41,
        "sets.other is 1; it must be a table.",
    ),
    "a spread of one end": (
        'source = "p. 4"',
        'source = "p. 4"\nspread = [1.25]',
        33,
        "figures.energy_packet.spread is [1.25]; it must be two ends around the value, a low and ",
    ),
    "a spread below nothing": (
        'source = "p. 4"',
        'source = "p. 4"\nspread = [-1, 2]',
        33,
        "figures.energy_packet.spread is [-1, 2]; it must be two ends around the value",
    ),
    "a spread of lists for a number": (
        'source = "p. 4"',
        'source = "p. 4"\nspread = [[1], [2]]',
        33,
        "figures.energy_packet.spread is [[1], [2]]; it must be two ends around",
    ),
    "a spread of words": (
        'source = "p. 3"',
        'source = "p. 3"\nspread = [["zero"], ["zero"]]',
        27,
        "figures.resets.spread is [['zero'], ['zero']]; it must be two ends around the value",
    ),
    "a spread with half a core": (
        'source = "p. 1"',
        'source = "p. 1"\nspread = [127.5, 128]',
        15,
        "figures.cores.spread has an end that is 127.5; it must be a whole number of cores",
    ),
    "a fault in a set": (
        "value = 1.75",
        "value = -1.75",
        47,
        "sets.calibrated.figures.energy_packet.value is -1.75;",
    ),
}
# The same, where JSON Schema has no words for it, or TOML none for the file.
BEYOND_SCHEMA = {
    "no number": (
        "value = 1.5",
        "value = nan",
        29,
        "figures.energy_packet.value is nan; it must be a number",
    ),
    "a figure that is included": (
        "energy_within_tile =",
        "energy_packet =",
        8,
        "included.energy_packet is also among the figures: what is published alone is ",
    ),
    "times without tiles": (
        "[checks.total]",
        '[figures.barrier_tiles]\nvalue = [1, 32]\nunit = "tiles"\n'
        'kind = "measured"\nsource = "p."\n\n[figures.time_barrier]\nvalue = [1.0]\nunit = "ns"\n'
        'kind = "measured"\nsource = "p."\n\n[checks.total]',
        40,
        "figures.time_barrier has 1 values, but barrier_tiles has 2; each number of tiles has its",
    ),
    "tiles that do not ascend": (
        "[checks.total]",
        '[figures.barrier_tiles]\nvalue = [2, 2]\nunit = "tiles"\n'
        'kind = "measured"\nsource = "p."\n\n[checks.total]',
        35,
        "figures.barrier_tiles.value is [2, 2]; it must be a list of whole numbers of tiles",
    ),
    "a spread beside the value": (
        'source = "p. 4"',
        'source = "p. 4"\nspread = [1.6, 2]',
        33,
        "figures.energy_packet.spread is [1.6, 2]; it must be two ends around the value",
    ),
    "a spread of other lists": (
        'source = "p. 2"',
        'source = "p. 2"\nspread = [[4], [8]]',
        21,
        "figures.weight_bits.spread is [[4], [8]]; it must be two ends around the value",
    ),
    "a spread of a check beside it": (
        'source = "p. 5"',
        'source = "p. 5"\nspread = [1, 2]',
        39,
        "checks.total.spread is [1, 2]; it must be two ends around the value",
    ),
    "no TOML": ("value = 128", "value = ", 11, "this is not TOML: Invalid value (column 9)."),
    "a figure twice": (
        "[figures.weight_bits]",
        "[figures.cores]",
        16,
        "this is not TOML: Cannot declare",
    ),
    "a key twice": (
        "value = 128",
        "value = 128\nvalue = 64",
        12,
        "this is not TOML: Cannot overwrite a value",
    ),
}


def broken(change):
    """The good file with one thing changed."""
    old, new, *_ = change
    assert old in GOOD
    return GOOD.replace(old, new, 1)


def content(profile):
    """Everything in a profile, types of numbers included, in a form that can be compared."""
    return repr({name: getattr(profile, name) for name in profile.__dataclass_fields__})


texts = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20).filter(str.strip)
numbers = (
    st.integers(0, LARGEST)
    | st.floats(0, float(2**62))
    | st.sampled_from([1e-12, 0.1, 5e-324, -0.0])
)


def values(name):
    """Values a figure can have."""
    meaning = FIGURES[name]
    if name == "weight_bits":
        return st.lists(st.integers(1, 16), min_size=1).filter(lambda bits: max(bits) >= 2)
    if name == "barrier_tiles":
        return st.lists(st.integers(1, 99), min_size=1, unique=True).map(sorted)
    if name in ABOVE_ZERO:
        return numbers.filter(bool)
    if name in ("supports", "lacks"):
        return st.lists(st.sampled_from(sorted(PROPERTIES)), min_size=1)
    one = (
        texts
        if meaning.shape == "words"
        else st.integers(least(name), LARGEST)
        if meaning.is_count
        else numbers
    )
    return one if meaning.shape == "number" else st.lists(one, min_size=1, max_size=4)


def spreads(value):
    """Spreads around a value, or none: of a list the list itself, twice."""
    if isinstance(value, str) or (isinstance(value, list) and isinstance(value[0], str)):
        return st.none()
    if isinstance(value, list) or value == LARGEST:
        return st.none() | st.just((value, value))
    return st.none() | st.just((value, value)) | st.just((value, LARGEST))


@st.composite
def figures(draw):
    """Random figures of the vocabulary, by name."""
    names = draw(
        st.lists(st.sampled_from(sorted(set(FIGURES) - {"time_barrier"})), unique=True, max_size=5)
    )
    found = {}
    for name in names:
        prefixes = st.sampled_from(sorted(SCALE_OF_PREFIX))
        unit = draw(prefixes) + FIGURES[name].base if FIGURES[name].base else FIGURES[name].unit
        value = draw(values(name))
        found[name] = Sourced(
            value, unit, draw(st.sampled_from(KINDS)), draw(texts), draw(spreads(value))
        )
    return found


@st.composite
def coefficients(draw):
    """Random figures, and what else is included in some figure."""
    own = draw(figures())
    others = st.sampled_from(sorted(set(FIGURES) - set(own)))
    return own, draw(st.dictionaries(others, st.sampled_from(sorted(FIGURES)), max_size=3))


@st.composite
def profiles(draw):
    """Random profiles that are all right."""
    checks = st.builds(
        Sourced,
        numbers | texts | st.lists(numbers, min_size=1),
        texts,
        st.sampled_from(KINDS),
        texts,
    )
    sets = st.builds(lambda title, both: CoefficientSet(title, *both), texts, coefficients())
    return HardwareProfile(
        draw(texts),
        draw(texts),
        draw(st.sampled_from(tuple(FAMILIES))),
        draw(st.sampled_from(STEPS)),
        *draw(coefficients()),
        checks=draw(st.dictionaries(texts, checks, max_size=2)),
        sets=draw(st.dictionaries(texts, sets, max_size=2)),
        year=draw(st.none() | st.integers(1900, 2100)),
    )
