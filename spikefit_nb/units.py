"""SI inside, readable prefixes on screen."""

import math

PREFIXES = {-15: "f", -12: "p", -9: "n", -6: "µ", -3: "m", 0: "", 3: "k", 6: "M", 9: "G", 12: "T"}
SCALE_OF_PREFIX = {symbol: 10.0**power for power, symbol in PREFIXES.items()} | {"u": 1e-6}
SUFFIXES = {  # unit of a quantity: what its name ends with
    "": "",
    "%": "",
    "+%": "",
    "points": "",
    "J": "_j",
    "s": "_s",
    "W": "_w",
    "Hz": "_hz",
    "SOP/s": "_per_s",
    "V": "_v",
    "A": "_a",
    "B": "_bytes",
    "bits": "_bits",
    "mm2": "_mm2",
    "days": "_days",
}
SI_UNITS = ("J", "s", "W", "Hz", "V", "A")
WITH_PREFIX = ("B", "SOP/s")  # other units that take prefixes: bytes, synaptic operations a second


def si(value: float, unit: str, digits: int = 3) -> str:
    """Write a value in SI with the prefix a person would choose.

    Rounds first and chooses the prefix afterwards, so that 999.96 nJ reads "1 µJ".

    Parameters
    ----------
    value : float, in ``unit``
    unit : str, an SI unit such as "J", "s", "W"
    digits : int, significant digits

    Returns
    -------
    str

    Examples
    --------
    >>> si(2.36e-11, "J"), si(9.9996e-7, "J"), si(0.0, "s")
    ('23.6 pJ', '1 µJ', '0 s')
    """
    value = float(value)  # a fraction, too, is written in digits
    if value == 0 or not math.isfinite(value):
        return f"{value:g} {unit}".replace("nan", "not a number")
    rounded = float(f"{value:.{digits - 1}e}")
    power = min(max(3 * math.floor(math.log10(abs(rounded)) / 3), -15), 12)
    return f"{rounded / 10.0**power:.{digits}g} {PREFIXES[power]}{unit}"


def to_si(value: float, unit: str) -> float:
    """Turn a value with a prefixed unit into plain SI.

    Parameters
    ----------
    value : float
    unit : str, such as "pJ", "ns", "mW"; a unit that is not SI is returned unchanged

    Returns
    -------
    float

    Examples
    --------
    >>> to_si(3.5, "ns"), to_si(128, "cores")
    (3.5e-09, 128)
    """
    for base in SI_UNITS:
        if unit == base:
            return value
        if unit.endswith(base) and unit[: -len(base)] in SCALE_OF_PREFIX:
            return float(f"{value * SCALE_OF_PREFIX[unit[: -len(base)]]:.15g}")
    return value


def text(value: object, unit: str = "") -> str:
    """Write one cell of a result: SI prefixes, thousands for counts, per cent for fractions.

    Parameters
    ----------
    value : number, str or None
    unit : str; "%" says that the value is a fraction to be shown in per cent, "+%" with its sign,
        as a relative change, "points" as a difference of two fractions

    Returns
    -------
    str

    Examples
    --------
    >>> text(1234567), text(77312.4), text(0.964, "%"), text(1.8e-3, "s"), text(None)
    ('1,234,567', '77,312', '96.4 %', '1.8 ms', 'not published')
    >>> text(2.47e8, "SOP/s")
    '247 MSOP/s'
    >>> text(-0.0234, "+%"), text(12.5, "+%"), text(-0.0, "points")
    ('-2.3 %', '+1,250 %', '+0.0 points')
    """
    if value is None:
        return "not published"
    if isinstance(value, str | bool):
        return f"{value} {unit}".strip()
    if unit == "%":
        return f"{100 * float(value):.1f} %"
    if unit == "+%":
        change = 100 * float(value)
        return f"{change:+,.0f} %" if abs(change) >= 9.95 else f"{change:+.2g} %"
    if unit == "points":
        return f"{100 * float(value) + 0.0:+.1f} points"
    if unit in (*SI_UNITS, *WITH_PREFIX):
        return si(float(value), unit)
    number = float(value)
    written = f"{number:,.0f}" if number == int(number) or abs(number) >= 100 else f"{number:.3g}"
    return f"{written} {unit}".strip()


def span(low: float, high: float, unit: str) -> str:
    """Write from where to where a quantity goes, its unit once where both ends have the same.

    Parameters
    ----------
    low, high : float, in ``unit``
    unit : str, as of ``text``

    Returns
    -------
    str

    Examples
    --------
    >>> span(1.9e-7, 4.8e-7, "J"), span(9e-7, 2e-6, "s"), span(3, 4, "")
    ('190 to 480 nJ', '900 ns to 2 µs', '3 to 4')
    """
    first, last = text(low, unit), text(high, unit)
    shared = f" {last.rpartition(' ')[2]}" if unit else ""
    return f"{first.removesuffix(shared)} to {last}"
