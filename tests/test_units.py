"""Numbers on screen: the prefix is chosen after rounding, and nothing is written in powers of
ten.
"""

from hypothesis import given
from hypothesis import strategies as st

from spikefit_nb.units import PREFIXES, SCALE_OF_PREFIX, si, text, to_si


@given(st.floats(1e-14, 1e13))
def test_what_is_written_is_the_value_to_three_digits(value):
    number, unit = si(value, "J").split()
    assert 1 <= float(number) < 1000 and "e" not in number
    assert abs(float(number) * SCALE_OF_PREFIX[unit.removesuffix("J")] - value) <= 0.005001 * value


@given(st.sampled_from(sorted(PREFIXES.values())), st.floats(0.001, 999))
def test_a_prefixed_unit_becomes_si(prefix, value):
    assert (
        abs(to_si(value, prefix + "s") - value * SCALE_OF_PREFIX[prefix])
        <= 1e-12 * value * SCALE_OF_PREFIX[prefix]
    )


def test_counts_and_missing_values_are_written_for_people():
    assert text(77312.4) == "77,312" and text(0.0123) == "0.0123" and text(None) == "not published"
