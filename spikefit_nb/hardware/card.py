"""How a chip shows itself in a notebook."""

from typing import TYPE_CHECKING

from spikefit_nb.hardware.figures import COST_PREFIXES, FIGURES, GROUPS, group_of
from spikefit_nb.hardware.sourced import OWN, Sourced
from spikefit_nb.html import card, folded, table
from spikefit_nb.units import text

if TYPE_CHECKING:
    from spikefit_nb.hardware.profile import HardwareProfile

HEADER = ("Figure", "Value", "Kind", "Source")


def profile_card(profile: "HardwareProfile") -> str:
    """Show a chip: its figures by group, what they hold against, and what nobody has published."""
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
    parts = [table(rows, header=HEADER, align="nnnl", hints=hints)]
    if profile.included:
        contained = [(_words(name), _words(by)) for name, by in profile.included.items()]
        parts.append(
            folded("Not published alone", table(contained, header=("Figure", "Contained in")))
        )
    absent = not_published(profile)
    if absent:
        rows = [(_words(name), FIGURES[name].says) for name in absent]
        parts.append(folded(f"Not published ({len(absent)})", table(rows)))
    sets = (
        f'profile.coefficients("{name}"): {other.title}.' for name, other in profile.sets.items()
    )
    return card(_title(profile), *parts, note=" ".join(sets))


def n_cores(profile: "HardwareProfile") -> str:
    """Write how many cores a chip has."""
    if not profile.has("cores"):
        return "cores not published"
    n = profile.value("cores")
    return f"{text(n)} core{'s' * (n != 1)}"


def not_published(profile: "HardwareProfile") -> list[str]:
    """The costs of the vocabulary that a chip lacks and no figure of it contains."""
    known = {*profile.figures, *profile.included}
    return [name for name in FIGURES if name.startswith(COST_PREFIXES) and name not in known]


def _title(profile: "HardwareProfile") -> str:
    name = f"{profile.name}, {profile.year}" if profile.year else profile.name
    return f"{profile.title} ({name}): {n_cores(profile)}"


def _row(name: str, figure: Sourced) -> tuple[str, ...]:
    spread = f" ({figure.spread_text})" if figure.spread else ""
    return _words(name), figure.text + spread, _kind(figure), figure.source


def _kind(figure: Sourced) -> str:
    return f"{figure.kind}, yours" if figure.source == OWN else figure.kind


def _words(name: str) -> str:
    return name.replace("_", " ")
