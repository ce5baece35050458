"""A search: its trials so far, its front, and the thread it runs in."""

import json
import math
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from threading import Event, Lock, Thread
from typing import TYPE_CHECKING, Any

import numpy as np

from spikefit_nb.adapt import Design
from spikefit_nb.case import Case
from spikefit_nb.errors import DesignProblem, FileProblem, SearchFailed, expect
from spikefit_nb.hardware import HardwareProfile
from spikefit_nb.html import table
from spikefit_nb.quantities import Quantity, Result, Several
from spikefit_nb.search.confirm import Confirmation, confirm
from spikefit_nb.search.ending import End, end_of, without_its_end
from spikefit_nb.search.findings import alike_words, static_words
from spikefit_nb.search.importance import Importance, importance
from spikefit_nb.search.means import Means, load_loop
from spikefit_nb.search.objectives import OBJECTIVES, unpriced_words
from spikefit_nb.search.of_terms import OfTerms
from spikefit_nb.search.places import new_place
from spikefit_nb.search.recommend import Recommendation, Standing, choose
from spikefit_nb.search.reprice import repriced
from spikefit_nb.search.terms import Terms
from spikefit_nb.search.trial import Trial, front

if TYPE_CHECKING:  # Optuna and scikit-optimize take seconds to import: the search's thread does it
    from spikefit_nb.search.journal import Journal


class Study(OfTerms, Result):
    """A search for the best designs: every trial, finished, infeasible or failed.

    Its ``state`` is "running", "finished", "stopped" or "failed"; ``ended_by`` says why: "trials",
    "time", "stagnation", "goal", "exhausted" (every design was tried), "hopeless" (none can fit),
    "stop" or "error". It runs in the background; ``search`` makes it, ``load_study`` brings
    it back. What is finished is kept in a file, whatever becomes of the kernel.

    Parameters
    ----------
    place : str, path or URL where the trials are kept; None: a new file in the user's cache folder
    terms : Terms, what was asked
    means : Means or None; without them a study can be read, but not gone on with
    journal : Journal or None, where the study is there already

    Examples
    --------
    >>> from spikefit_nb.datasets import load_dataset
    >>> from spikefit_nb.hardware import load_profile
    >>> from spikefit_nb.nir_file import load_network
    >>> from spikefit_nb.search import search
    >>> network, dataset = load_network("digits"), load_dataset("digits").take(20)
    >>> study = search(network, load_profile("loihi1"), dataset, n_trials=2)
    >>> study.wait()
    >>> study.reference.design, len(study.trials), study.seconds_left
    (Design(), 2, None)
    """

    def __init__(
        self,
        place: str | None,
        terms: Terms,
        means: Means | None = None,
        *,
        journal: "Journal | None" = None,
    ):
        self.storage = place or new_place(terms.network, terms.chip)
        self._terms, self._means, self._journal = terms, means, journal
        self.state, self.message, self.ended_by, self.end_words = "stopped", "", "", ""
        self.listener_error: Exception | None = None
        self._stop, self._ended = Event(), Event()
        self._finished: tuple[Trial, ...] = ()  # the network as trained first
        self._changing = Lock()  # a note may be written while trials come in
        self._told_at: list[float] = []
        self._callbacks: list[Callable[[], None]] = []
        self._confirmed: dict[int, Confirmation | None] = {}
        self._thread: Thread | None = None
        self._ended.set()
        if journal is not None:
            self._refresh()
            self.message = self._count_words()

    def resume(self, *, n_trials: int | None = None, max_seconds: float | None = None) -> None:
        """Go on where the search ended, in the background.

        Parameters
        ----------
        n_trials : int or None, how many there are to be in all; None: as many as were asked for
        max_seconds : float or None, how long it may take in all, the trials that are there
            included; None: as was asked for, and no limit where that time is over

        Raises
        ------
        DesignProblem
            It runs already, or it was loaded without network, chip and recordings.
        """
        if self._means is None:
            raise DesignProblem(
                "This study was loaded without its network, chip and recordings: "
                "load_study(storage, network=network, profile=profile, dataset=dataset)."
            )
        if self.state == "running":
            raise DesignProblem("This study is running; study.stop() ends it.")
        if n_trials is not None:
            if n_trials < len(self.trials):
                raise DesignProblem(
                    f"n_trials is {n_trials}, but {len(self.trials)} trials are there; give how "
                    "many there are to be in all."
                )
            self._terms = replace(self.terms, n_trials=n_trials)
        spent = self._journal.seconds_spent if self._journal else 0.0
        spent = math.inf if self.ended_by == "time" else spent
        self._terms = without_its_end(self.terms, self._finished, spent)
        if max_seconds is not None:
            self._terms = replace(self.terms, max_seconds=max_seconds)
        self.state, self.message, self.ended_by, self.end_words = "running", "", "", ""
        self._stop.clear()
        self._ended.clear()
        self._thread = Thread(target=self._run, name="spikefit search", daemon=True)
        self._thread.start()

    @property
    def trials(self) -> Several[Trial]:
        """Every trial so far, trial 0 (the network as trained) left out."""
        return Several(self._finished[1:])

    @property
    def reference(self) -> Trial | None:
        """Trial 0: the network as trained, changed only as much as the chip demands."""
        return self._finished[0] if self._finished else None

    @property
    def best_trials(self) -> Several[Trial]:
        """The Pareto front: trials within the limits that no other trial beats, in order of the
        last objective.
        """
        done = (t for t in self._finished if t.state == "done")
        return Several(front(filter(self.is_within_limits, done), self.objectives))

    @property
    def seconds_left(self) -> float | None:
        """Time left, from the pace of the last ten trials; None before the second one."""
        took = np.diff(self._told_at[-11:])
        if self.state != "running" or not len(took):
            return None
        return float(np.mean(took)) * (self.n_trials - len(self.trials))

    def on_change(self, callback: Callable[[], None]) -> None:
        """Call something after each trial and at the end, from the search's thread; it must return
        quickly.

        Parameters
        ----------
        callback : callable without arguments; one that raises is not called again (see
            ``listener_error``)
        """
        self._callbacks.append(callback)

    def stop(self) -> None:
        """Stop after the trial that is running; what was found is kept."""
        self._stop.set()

    def wait(self, timeout_s: float | None = None) -> None:
        """Block until the search has ended; an interrupt of the kernel stops it and keeps what was
        found.

        Parameters
        ----------
        timeout_s : float or None, seconds after which the search goes on alone; ``state`` tells

        Raises
        ------
        SearchFailed
            The network as trained could not be priced.
        """
        try:
            until = None if timeout_s is None else time.monotonic() + timeout_s
            while not self._ended.wait(0.1):
                if until is not None and time.monotonic() > until:
                    return
        except KeyboardInterrupt:
            self.stop()
            self._ended.wait()
        if self.state == "failed":
            raise SearchFailed(self.message)

    def recommend(
        self,
        *,
        weights: dict[str, float] | None = None,
        at_least: dict[str, float] | None = None,
        at_most: dict[str, float] | None = None,
        order: str | tuple[str, ...] = (),
    ) -> Recommendation:
        """Pick the design that serves stated priorities best, with a sentence that says why.

        Parameters
        ----------
        weights : dict of objective to float, how much each matters; default: every unconstrained
            one alike
        at_least, at_most : dict of quantity to limit, also of what is no objective
        order : tuple of objectives of which the first counts before all others, and so on, instead
            of weights

        Returns
        -------
        Recommendation
        """
        standing = Standing(
            self.profile.title,
            self.objectives,
            self.at_least,
            self.at_most,
            n_trials=self.n_trials,
            finished=self._finished,
            n_samples=self.dataset.n_samples if self.dataset else None,
        )
        order = (order,) if isinstance(order, str) else tuple(order)
        found = choose(standing, weights or {}, at_least or {}, at_most or {}, order=order)
        if found.trial is None or self.state == "running":
            return found
        told = self.confirm(found.trial)
        return replace(found, sentence=f"{found.sentence} {told.words}") if told else found

    def confirm(self, trial: Trial) -> Confirmation | None:
        """Tell the accuracy of a trial on the recordings that were kept back from the search.

        Parameters
        ----------
        trial : Trial

        Returns
        -------
        Confirmation, or None where none were kept back
        """
        if self.kept_back is None or trial.case is None or "accuracy" not in trial.numbers:
            return None
        if trial.number not in self._confirmed:
            case = replace(trial.case, dataset=self.kept_back)
            self._confirmed[trial.number] = confirm(case, trial.numbers["accuracy"])
        return self._confirmed[trial.number]

    def merge(self, other: "Study") -> None:
        """Take over the trials of another study of the same network, chip, recordings and
        objectives; they get new numbers.

        Parameters
        ----------
        other : Study

        Raises
        ------
        DesignProblem
            It is of something else, or one of the two is running.
        """
        # the seed decides which recordings were kept back
        same = (
            "objectives",
            "fingerprints",
            "seed",
            "confirm",
            "space",
            "decode",
            "scenario",
            "deadline_s",
        )
        expect(other, Study, "other", "sf.load_study('other.study')")
        differ = [n for n in same if getattr(self.terms, n) != getattr(other.terms, n)]
        if differ or other.storage == self.storage:
            raise DesignProblem(
                f"{other.storage} is a study of another network, chip, recordings or objectives, "
                f"or was asked otherwise ({', '.join(differ) or 'it is the same study'}); its best "
                "designs can be tried here: search(..., warm_start=other)."
            )
        if "running" in (self.state, other.state) or not self._journal or not other._journal:
            raise DesignProblem("Both studies must have ended before one takes over the other.")
        self._journal.take_over(other._journal)
        self._terms = replace(self.terms, n_trials=self.n_trials + len(other.trials))
        self._journal.change(self.terms)
        self._refresh()

    def reprice(self, profile: HardwareProfile) -> "Study":
        """Price the same designs once more with other figures of the chip, such as those that a
        board was measured to have; networks whose spikes are remembered are not simulated again.

        Parameters
        ----------
        profile : HardwareProfile, the chip of the study with other figures

        Returns
        -------
        Study, running; its trials are those of this one, in order

        Raises
        ------
        DesignProblem
            The chip is another one, nothing was tried, or the study was loaded without its network,
            chip and recordings.
        """
        expect(profile, HardwareProfile, "profile", "study.profile.replace(static_power=0.05)")
        if self._means is None or self._journal is None or not self.trials:
            raise DesignProblem(
                "There are no trials to price again, or the study was loaded without its network, "
                "chip and recordings: load_study(storage, network=network, profile=profile, "
                "dataset=dataset)."
            )
        params = [told.params for told in sorted(self._journal.told()) if told.number]
        study = Study(None, *repriced(self.terms, self._means, params, profile))
        study.resume()
        return study

    def importance(self) -> Importance:
        """Tell how much each knob decides of each objective.

        Returns
        -------
        Importance

        Raises
        ------
        DesignProblem
            Fewer than ten trials are priced.
        """
        if self._journal is None:
            raise DesignProblem("No trial has ended yet.")
        return importance(self._journal.study, self.objectives)

    def best_params(self) -> tuple[Mapping[str, Any], ...]:
        """Where the best designs lie in the space that was searched.

        Returns
        -------
        tuple of mapping of knob to value
        """
        best = {t.number for t in self.best_trials if t.number}
        told = self._journal.told() if self._journal else ()
        return tuple(each.params for each in sorted(told) if each.number in best)

    def annotate(self, number: int, note: str) -> None:
        """Write a note on a trial, which is kept with it.

        Parameters
        ----------
        number : int, of a finished trial
        note : str

        Raises
        ------
        DesignProblem
            There is no such trial.
        """
        expect(note, str, "note", "'why so slow?'")
        if self._journal is None or number not in {t.number for t in self._finished}:
            raise DesignProblem(f"There is no finished trial {number}.")
        self._journal.annotate(number, note)
        with self._changing:
            self._finished = tuple(
                replace(t, note=note) if t.number == number else t for t in self._finished
            )

    def to_json(self) -> str:
        """Every trial with its design, state and values; the same bytes for the same seed on one
        machine.

        Returns
        -------
        str
        """
        trials = [
            {
                "number": t.number,
                "design": t.design.changes(),
                "state": t.state,
                "values": t.values,
                "message": t.message,
            }
            for t in self._finished
        ]
        told = {"objectives": self.objectives, "profile": self.profile.name, "trials": trials}
        return json.dumps(told, indent=1)

    def _headline(self) -> str:
        words = self.message if self.state == "failed" else self.end_words
        said = f": {words}" if words else ""
        tried = f"{len(self.trials)} of {self.n_trials} trials"
        return f"{self.state}{said}, {tried}, {len(self.best_trials)} best"

    def _quantities(self) -> tuple[Quantity, ...]:
        best = self.best_trials
        return (
            Quantity("n_done", "Trials", len(self.trials)),
            Quantity("n_trials", "Trials asked for", self.n_trials),
            Quantity("n_best", "Best", len(best)),
            *(q._replace(of=f"trial {t.number}") for t in best for q in t.quantities),
        )

    def _notes(self) -> tuple[str, ...]:
        unpriced = (*self._of_objectives(), *self._of_failures())
        if self.case is not None:
            unpriced = (*unpriced_words(self.objectives, self.case.profile), *unpriced)
        if self.best_trials or not self.reference or self.reference.state != "infeasible":
            return unpriced
        return (*unpriced, f"The network as trained does not fit: {self.reference.message}.")

    def _of_objectives(self) -> tuple[str, ...]:
        """What the objectives leave out, and which of them say the same."""
        if self.reference is None:
            return ()
        values = [t.values for t in self._finished if t.state == "done"]
        static = static_words(self.reference.report, self.objectives)
        return (*static, *alike_words(values, self.objectives))

    def _of_failures(self) -> tuple[str, ...]:
        failed = [t for t in self._finished if t.state == "failed"]
        if not failed:
            return ()
        return (f"{len(failed)} of {len(self._finished)} trials failed: {failed[0].message}",)

    def _frame(self) -> tuple[list, tuple[str, ...]]:
        """One row a trial: number, state, knobs and numbers."""
        rows = [
            {
                "number": t.number,
                "state": t.state,
                "chip": t.chip,
                **t.design.changes(),
                **t.numbers,
            }
            for t in self._finished
        ]
        columns = tuple(dict.fromkeys(name for row in rows for name in row))
        return [tuple(row.get(name) for name in columns) for row in rows], columns

    def _count_words(self) -> str:
        return f"{len(self.trials)} of {self.n_trials} trials"

    def _run(self) -> None:
        try:
            end = self._tried()
            self.ended_by = end.by
            by_itself = end.by in ("trials", "goal", "stagnation", "time", "exhausted")
            self.state = "finished" if by_itself else "stopped"
            self.end_words = end.words
            self.message = "; ".join(filter(None, (self._count_words(), end.words)))
        except Exception as error:  # for the card and wait(): a thread has nobody to raise to
            own = isinstance(error, SearchFailed | FileProblem)
            self.state, self.ended_by = "failed", "error"
            self.message = str(error) if own else f"{type(error).__name__}: {error}"
        finally:
            self._ended.set()
            self._tell_everyone()

    def _tried(self) -> End:
        """Make the trials, and say why they ended."""
        load_loop()
        # here, since Optuna and scikit-optimize take seconds to import
        from spikefit_nb.search.journal import Journal
        from spikefit_nb.search.loop import Loop
        from spikefit_nb.search.workers import Workers

        means: Means = self._means  # type: ignore[assignment]  # resume refuses a study without
        if self._journal is None:
            self._journal = Journal.begin(self.storage, self.terms)
        self._journal.change(self.terms)
        workers = Workers(means.executor) if means.executor else None
        began = time.perf_counter() - self._journal.seconds_spent
        ends: list[End] = []

        def goes_on() -> bool:
            self._refresh()
            found = end_of(self.terms, self._finished, time.perf_counter() - began)
            ends.extend([found] if found else [])
            return found is None and not self._stop.is_set()

        loop = Loop(
            self._journal,
            means.base,
            means.space,
            workers,
            own=means.own,
            stop=self._stop,
            goes_on=goes_on,
        )
        try:
            loop.begin(means.warm, means.sampler)
            loop.run()
        finally:
            loop.close()
        self._refresh()
        if ends:
            return ends[-1]
        return End("trials" if len(self.trials) >= self.n_trials else "stop")

    def _refresh(self) -> None:
        """Take over what the journal tells of: limits, and trials, also of other processes."""
        journal: Journal = self._journal  # type: ignore[assignment]
        self._terms = journal.terms
        told = journal.told()[len(self._finished) :]
        if not told:
            return
        notes = journal.notes()
        new = [self._trial(*each, note=notes.get(each.number, "")) for each in told]
        with self._changing:
            self._finished = tuple(sorted((*self._finished, *new), key=lambda t: t.number))
        self._told_at.append(time.perf_counter())
        self._tell_everyone()

    def _trial(
        self, number: int, params: Mapping[str, Any], told: Mapping[str, Any], *, note: str
    ) -> Trial:
        numbers, chip = told["numbers"], told["chip"]
        figures = {k.partition(":")[2]: v for k, v in params.items() if ":" in k and number}
        chip_code = f"study.chips[{chip!r}]" if len(self.chips) > 1 else "profile"
        changed = ", ".join(f"{name}={value!r}" for name, value in figures.items())
        design = Design(**{"partition": "layers", **told["design"]})  # as files had it left out
        return Trial(
            number,
            self._case_of(number, params),
            told["state"],
            {o: numbers[o] for o in self.objectives} if told["state"] == "done" else {},
            told["message"],
            numbers=numbers,
            design=design,
            chip=chip,
            note=note,
            dataset_code="study.dataset" if self.kept_back else "dataset",
            figures=figures,
            chip_code=f"{chip_code}.replace({changed})" if figures else chip_code,
            line=self.terms.deploy_line(design),
        )

    def _case_of(self, number: int, params: Mapping[str, Any]) -> Case | None:
        if self._means is None:
            return None
        base = self._means.base
        return self._means.space.case(params, base) if number else base

    def _tell_everyone(self) -> None:
        for callback in list(self._callbacks):
            try:
                callback()
            except Exception as error:  # a listener's trouble must not end the search
                self._callbacks.remove(callback)
                self.listener_error = error

    def _card(self) -> tuple[str, ...]:
        best = self.best_trials
        cells = [(*(q.text for q in t.quantities), repr(t.design)) for t in best]
        header = ("Trial", *(OBJECTIVES[o].words for o in self.objectives), "Design")
        align = "l" + "r" * len(self.objectives) + "l"
        shown = table(cells, header=header, align=align) if cells else ""
        return f"Study: {self.headline}", shown
