"""What a verb answers: its numbers in one table, from which every way to show them is made."""

from abc import ABC, abstractmethod
from collections.abc import Iterable
from importlib import import_module
from typing import Any, NamedTuple, TypeVar, final

from spikefit_nb.errors import NotInstalled
from spikefit_nb.frozen import Frozen
from spikefit_nb.html import card, table
from spikefit_nb.units import span, text


class Quantity(NamedTuple):
    """One number of a result.

    Parameters
    ----------
    name : str, for programs; a number with a unit ends with it: "energy_j", "accuracy", "n_cores"
    label : str, for people
    value : number; a word where the answer is one; None where it is not published
    unit : str, one of ``units.SUFFIXES``; "%" says that the value is a fraction
    low, high : number or None, the ends of its interval, where it has one
    kind : str or None, the weakest kind of figure it rests on
    of : str, what it is of, where that is not the whole result: "hidden", "core 3"

    Examples
    --------
    >>> Quantity("accuracy", "Accuracy", 0.964, "%", 0.839, 1.0).text
    '96.4 %, 83.9 to 100.0 %'
    """

    name: str
    label: str
    value: float | str | None
    unit: str = ""
    low: float | None = None
    high: float | None = None
    kind: str | None = None
    of: str = ""

    @property
    def key(self) -> str:
        """The name, after what it is of: no two quantities of a result have the same."""
        return f"{self.of}: {self.name}" if self.of else self.name

    @property
    def title(self) -> str:
        """The label, after what it is of."""
        return f"{self.of}: {self.label[:1].lower()}{self.label[1:]}" if self.of else self.label

    @property
    def text(self) -> str:
        """The value with its unit, and between which ends it lies."""
        said = self.value if isinstance(self.value, str) else text(self.value, self.unit)
        if self.low is None or self.high is None:
            return said
        return f"{said}, {between(self.low, self.high, self.unit)}"


Answer = TypeVar("Answer", bound="Result")


class Result(Frozen, ABC):
    """What a verb answers: a headline, a table of numbers, and notes.

    A kind of answer fills in ``_headline``, ``_quantities`` and ``_card``, and ``_notes`` where it
    has any.

    Examples
    --------
    >>> class Answer(Result):
    ...     def _headline(self):
    ...         return "2 cores"
    ...
    ...     def _quantities(self):
    ...         return (Quantity("n_cores", "Cores", 2),)
    ...
    ...     def _card(self):
    ...         return (f"Fits: {self.headline}",)
    >>> Answer()
    Answer(2 cores)
    >>> Answer().to_dict()
    {'n_cores': {'value': 2, 'unit': '', 'low': None, 'high': None, 'kind': None},
     'notes': []}
    """

    @abstractmethod
    def _headline(self) -> str:
        """The answer in one line."""

    @abstractmethod
    def _quantities(self) -> Iterable[Quantity]:
        """Every number of the answer."""

    def _notes(self) -> Iterable[str]:
        """What else has to be known, in sentences; of most answers nothing."""
        return ()

    def _frame(self) -> tuple[list, tuple[str, ...]]:
        """Rows and columns of a data frame: a row for each number."""
        return list(self.quantities), Quantity._fields

    @abstractmethod
    def _card(self) -> tuple[str, ...]:
        """The title of the card, then what it shows below the numbers of the whole, as HTML."""

    @property
    @final
    def headline(self) -> str:
        """The answer in one line."""
        return self._headline()

    @property
    @final
    def quantities(self) -> tuple[Quantity, ...]:
        """Every number of the answer."""
        return tuple(self._quantities())

    @property
    def notes(self) -> tuple[str, ...]:
        """What else has to be known, in sentences."""
        return tuple(self._notes())

    @final
    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.headline})"

    @final
    def _repr_html_(self) -> str:
        title, *parts = self._card()
        whole = listed(q for q in self.quantities if not q.of)
        return card(title, whole, *parts, notes=self.notes)

    @final
    def rows(self) -> list[tuple[str, object, str]]:
        """The numbers as (label, value, unit), then the notes.

        Returns
        -------
        list of (str, number or str or None, str)
        """
        numbers = [(q.title, q.value, q.unit) for q in self.quantities]
        return [*numbers, *(("Note", note, "") for note in self.notes)]

    @final
    def to_dict(self) -> dict[str, Any]:
        """The numbers and notes as plain Python, such as ``json.dumps`` takes.

        Returns
        -------
        dict of name to dict of value, unit, low, high and kind; "notes" is a list of str
        """
        fields = ("value", "unit", "low", "high", "kind")
        found = {q.key: {field: getattr(q, field) for field in fields} for q in self.quantities}
        return {**found, "notes": list(self.notes)}

    @final
    def to_frame(self) -> Any:
        """The numbers as a pandas.DataFrame, one row each; of a study, one row a trial.

        Returns
        -------
        pandas.DataFrame, with the fields of ``Quantity`` for columns

        Raises
        ------
        NotInstalled
            There is no pandas.
        """
        try:
            pandas = import_module("pandas")
        except ImportError:
            raise NotInstalled(
                "to_frame needs pandas, which is not installed: pip install pandas. "
                "to_dict() needs nothing."
            ) from None
        rows, columns = self._frame()
        return pandas.DataFrame(rows, columns=columns)


class Several(tuple[Answer, ...]):
    """Several answers of one kind: a tuple that a notebook shows as a table, one row each.

    Parameters
    ----------
    answers : iterable of Result

    Examples
    --------
    >>> "<table" in Several([])._repr_html_(), len(Several([]))
    (False, 0)
    """

    __slots__ = ()

    def _repr_html_(self) -> str:
        names = distinct(answer.headline for answer in self)
        numbers = (
            q._replace(of=name)
            for name, answer in zip(names, self, strict=True)
            for q in answer.quantities
            if not q.of
        )
        return card(f"{len(self)} in all", grid(numbers))


def between(low: float, high: float, unit: str) -> str:
    """Write between which ends a number lies.

    Parameters
    ----------
    low, high : float, in ``unit``
    unit : str

    Returns
    -------
    str

    Examples
    --------
    >>> between(1e-9, 2e-9, "J"), between(3, 3, "")
    ('1 to 2 nJ', 'exact')
    """
    return "exact" if low == high else span(low, high, unit)


def listed(quantities: Iterable[Quantity]) -> str:
    """Write quantities as an HTML table, one a row, with the kind of figure each rests on.

    Those of one label, such as a number before and after, share a row.

    Parameters
    ----------
    quantities : iterable of Quantity

    Returns
    -------
    str, empty where there are none

    Examples
    --------
    >>> "1.8 ms" in listed([Quantity("latency_s", "Latency", 1.8e-3, "s")]), listed([])
    (True, '')
    """
    rows: dict[str, list[Quantity]] = {}
    for q in quantities:
        rows.setdefault(q.title, []).append(q)
    cells = [(title, _in_one_cell(same), same[0].kind or "") for title, same in rows.items()]
    return table(cells) if cells else ""


def grid(quantities: Iterable[Quantity], title: str = "") -> str:
    """Write quantities as an HTML table, one row for each thing they are of, one column a label.

    Those of one thing and one label, such as a number before and after, share a cell.

    Parameters
    ----------
    quantities : iterable of Quantity
    title : str, of the first column

    Returns
    -------
    str, empty where there are none

    Examples
    --------
    >>> html = grid([Quantity("rate_hz", "Rate", 3.0, "Hz", of="hidden")], "Population")
    >>> "hidden" in html, "3 Hz" in html
    (True, True)
    """
    quantities, rows = list(quantities), dict[str, dict[str, list[Quantity]]]()
    for q in quantities:
        rows.setdefault(q.of, {}).setdefault(q.label, []).append(q)
    labels = {q.label: "n" if isinstance(q.value, str) else "r" for q in quantities}
    cells = [
        (of, *(_in_one_cell(row.get(label, [])) for label in labels)) for of, row in rows.items()
    ]
    align = f"l{''.join(labels.values())}"
    return table(cells, header=(title, *labels), align=align) if cells else ""


def _in_one_cell(same: list[Quantity]) -> str:
    return " -> ".join(dict.fromkeys(q.text for q in same))


def distinct(names: Iterable[str]) -> list[str]:
    """Number names that occur again.

    Parameters
    ----------
    names : iterable of str

    Returns
    -------
    list of str, in the same order

    Examples
    --------
    >>> distinct(["in -> out", "out -> out", "in -> out"])
    ['in -> out', 'out -> out', 'in -> out (2)']
    """
    seen: dict[str, int] = {}
    found = []
    for name in names:
        seen[name] = seen.get(name, 0) + 1
        found.append(name if seen[name] == 1 else f"{name} ({seen[name]})")
    return found
