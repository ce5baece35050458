"""A chip in words and in numbers: its card, and its figures as quantities."""

from spikefit_nb.hardware.chip import Chip
from spikefit_nb.hardware.figures import COST_PREFIXES, FIGURES, GROUPS, base_of, group_of
from spikefit_nb.hardware.sourced import OWN, Sourced
from spikefit_nb.html import folded, table
from spikefit_nb.quantities import Quantity
from spikefit_nb.units import SUFFIXES, text


def profile_card(profile: Chip) -> tuple[str, ...]:
    """Show a chip: a title, its figures by group, what they hold against, and what nobody has
    published.
    """
    rows: list[tuple[str, ...]] = []
    hints: list[str] = []
    for group in GROUPS:
        figures = [
            (name, figure) for name, figure in profile.figures.items() if group_of(name) == group
        ]
        if figures:
            rows += [(group,), *(_row(name, figure) for name, figure in figures)]
            hints += ["", *(FIGURES[name].says for name, _ in figures)]
    if profile.checks:
        rows += [
            ("Cross-checks, never priced",),
            *(_row(name, figure) for name, figure in profile.checks.items()),
        ]
    parts = [table(rows, header=("Figure", "Value", "Kind", "Source"), align="nnnl", hints=hints)]
    if profile.included:
        contained = [(_words(name), _words(by)) for name, by in profile.included.items()]
        parts.append(
            folded("Not published alone", table(contained, header=("Figure", "Contained in")))
        )
    known = {*profile.figures, *profile.included}
    absent = [name for name in FIGURES if name.startswith(COST_PREFIXES) and name not in known]
    if absent:
        rows = [(_words(name), FIGURES[name].says) for name in absent]
        parts.append(folded(f"Not published ({len(absent)})", table(rows)))
    name = f"{profile.name}, {profile.year}" if profile.year else profile.name
    return (f"{profile.title} ({name}): {n_cores(profile)}", *parts)


def figure_quantity(name: str, figure: Sourced, of: str = "") -> Quantity:
    """A figure of a chip as a quantity: in SI with its spread; a list, as published.

    Parameters
    ----------
    name : str, of the figure
    figure : Sourced
    of : str, as of ``Quantity``

    Returns
    -------
    Quantity, named after the figure and its unit

    Examples
    --------
    >>> from spikefit_nb.hardware import load_profile
    >>> power = figure_quantity("static_power", load_profile("loihi1").figure("static_power"))
    >>> power.name, power.text, power.kind
    ('static_power_w', '104 mW', 'derived')
    """
    label = _words(name).capitalize()
    if not isinstance(figure.value, int | float):
        return Quantity(name, label, figure.text, kind=figure.kind, of=of)
    unit = base_of(figure.unit) or (figure.unit if figure.unit in SUFFIXES else "")
    named = name.removesuffix(SUFFIXES[unit]) + SUFFIXES[unit]
    low, high = figure.spread_si or (None, None)
    return Quantity(named, label, figure.si, unit, low, high=high, kind=figure.kind, of=of)


def n_cores(profile: Chip) -> str:
    """Write how many cores a chip has."""
    if not profile.has("cores"):
        return "cores not published"
    n = profile.value("cores")
    return f"{text(n)} core{'s' * (n != 1)}"


def _row(name: str, figure: Sourced) -> tuple[str, ...]:
    kind = f"{figure.kind}, yours" if figure.source == OWN else figure.kind
    return _words(name), figure.full_text, kind, figure.source


def _words(name: str) -> str:
    return name.replace("_", " ")
