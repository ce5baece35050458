"""A chip in words and numbers: its card, its figures, and in what they differ from another's."""

from dataclasses import dataclass
from html import escape
from typing import NamedTuple

from spikefit_nb.hardware.chip import Chip
from spikefit_nb.hardware.figures import COST_PREFIXES, FIGURES, GROUPS, base_of, group_of
from spikefit_nb.hardware.sourced import OWN, Sourced
from spikefit_nb.html import folded, table
from spikefit_nb.quantities import Quantity, Result
from spikefit_nb.units import SUFFIXES


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
    fitted = f"<div>{escape(f'Costs are those of {profile.fitted_on}')}</div>"
    parts = [
        *([fitted] if profile.fitted_on else []),
        table(rows, header=("Figure", "Value", "Kind", "Source"), align="nnnl", hints=hints),
    ]
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
    return profile.figure("cores").text if profile.has("cores") else "cores not published"


def _row(name: str, figure: Sourced) -> tuple[str, ...]:
    kind = f"{figure.kind}, yours" if figure.source == OWN else figure.kind
    return _words(name), figure.full_text, kind, figure.source


def _words(name: str) -> str:
    return name.replace("_", " ")


class Change(NamedTuple):
    """One figure that differs: what each of the two says, and the kind and source it then has."""

    figure: str
    base: str
    this: str
    kind: str
    source: str


@dataclass(frozen=True, eq=False, repr=False)
class ProfileDiff(Result):
    """The figures in which a chip differs from another: changed, added, removed, of another spread.

    Values are compared in SI units: 1 nJ and 1000 pJ are the same value, written differently. Equal
    values of another kind or source are no difference, and listed apart.

    Parameters
    ----------
    this, base : HardwareProfile

    Examples
    --------
    >>> from spikefit_nb.hardware import load_profile
    >>> loihi = load_profile("loihi1")
    >>> changed = loihi.replace(cores=64).diff(loihi)
    >>> changed
    ProfileDiff(1 figure differs from loihi1: cores)
    >>> [(q.of, q.label, q.value) for q in changed.quantities]
    [('cores', 'loihi1', '128 cores'), ('cores', 'This', '64 cores')]
    """

    this: Chip
    base: Chip

    @property
    def changes(self) -> tuple[Change, ...]:
        """What differs, in the order of the base's figures; what it does not have comes last."""
        return tuple(change for change in self._found if change.base != change.this)

    @property
    def founded_otherwise(self) -> tuple[Change, ...]:
        """Figures of equal value, of another kind or source."""
        return tuple(change for change in self._found if change.base == change.this)

    @property
    def _found(self) -> tuple[Change, ...]:
        both = (self.base, self.this)
        rules = [
            Change(what, getattr(self.base, what), getattr(self.this, what), "", "")
            for what in ("family", "step", "arithmetic")
            if getattr(self.base, what) != getattr(self.this, what)
        ]
        names = dict.fromkeys(
            name for profile in both for name in (*profile.figures, *profile.included)
        )
        return (*rules, *(change for name in names if (change := _change(name, *both))))

    def _headline(self) -> str:
        names = ", ".join(change.figure for change in self.changes)
        return f"{self._title} {self.base.name}{': ' * bool(names)}{names}{self._others}"

    def _quantities(self) -> tuple[Quantity, ...]:
        return tuple(
            Quantity(name, label, said, kind=change.kind or None, of=change.figure)
            for change in self.changes
            for name, label, said in (
                ("base", self.base.name, change.base),
                ("this", "This", change.this),
            )
        )

    @property
    def _title(self) -> str:
        n = len(self.changes)
        return f"{n or 'no'} figure{'s differ' if n > 1 else ' differs'} from"

    @property
    def _others(self) -> str:
        n = len(self.founded_otherwise)
        return f"; {n} of equal value {'rest' if n > 1 else 'rests'} on other evidence" if n else ""

    def _card(self) -> tuple[str, ...]:
        header = ("Figure", self.base.name, "This", "Kind", "Source")
        rows, equal = (
            [(_words(c.figure), *c[1:]) for c in changes]
            for changes in (self.changes, self.founded_otherwise)
        )
        title = (
            f"{self.this.title} ({self.this.name}): {self._title} {self.base.title} "
            f"({self.base.name})"
        )
        others = folded("Equal values of another kind or source", table(equal, header=header))
        return (title, table(rows, header=header) if rows else "", others if equal else "")


def _change(name: str, base: Chip, this: Chip) -> Change | None:
    """How a figure differs, or None where it does not."""
    before, after = base.figures.get(name), this.figures.get(name)
    texts = _text(name, base), _text(name, this)
    if before is None or after is None:
        some = after or before  # with neither, it is included in another figure than before
        kind, source = (some.kind, some.source) if some else ("", "")
        return Change(name, *texts, kind, source) if texts[0] != texts[1] else None
    same_value, same_spread = before.si == after.si, before.spread_si == after.spread_si
    if same_value and same_spread and (before.kind, before.source) == (after.kind, after.source):
        return None
    if not same_spread:
        texts = before.full_text, after.full_text
    elif same_value:
        texts = texts[0], texts[0]
    elif texts[0] == texts[1]:  # which differ in digits that are not shown
        texts = f"{before.value} {before.unit}", f"{after.value} {after.unit}"
    kinds = " -> ".join(dict.fromkeys((before.kind, after.kind)))
    return Change(name, *texts, kinds, after.source)


def _text(name: str, profile: Chip) -> str:
    if name in profile.figures:
        return profile.figures[name].text
    return f"in {profile.included[name]}" if name in profile.included else "not published"
