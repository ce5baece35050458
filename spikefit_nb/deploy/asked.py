"""What more a report answers when it is asked: fewer steps, power at a rate, what else there is."""

from collections.abc import Iterable
from dataclasses import replace
from functools import cached_property

import numpy as np

from spikefit_nb.case import OfCase, Run
from spikefit_nb.deploy.alternatives import Alternatives
from spikefit_nb.deploy.checklist import Checklist, fill_in
from spikefit_nb.deploy.event_by_event import EventByEvent, event_by_event
from spikefit_nb.deploy.power_at import PowerAtRates, power_at_rates
from spikefit_nb.deploy.steps import BySteps, Stoppable, by_steps
from spikefit_nb.deploy.stopping import EarlyStop, stop_early
from spikefit_nb.errors import DoesNotFit
from spikefit_nb.fit import FitReport
from spikefit_nb.hardware import Sourced
from spikefit_nb.replay import (
    COIN_CELL,
    Battery,
    Counters,
    Operation,
    PowerBudget,
    Price,
    energy_by_core,
    energy_by_layer,
    layers_of,
    loads_by_step,
    power_budget,
)
from spikefit_nb.units import text

NOT_PRICED = "reading out, barriers, host processors"
ANN_MAC = Sourced(
    4.6, "pJ", "derived", "Horowitz 2014, ISSCC: float32 multiply 3.7 pJ + add 0.9 pJ, 45 nm, 0.9 V"
)


class Asked(OfCase):
    """Answers of a report that take a question, or are no part of its card.

    Examples
    --------
    >>> from spikefit_nb.datasets import load_dataset
    >>> from spikefit_nb.deploy import deploy
    >>> from spikefit_nb.hardware import load_profile
    >>> from spikefit_nb.nir_file import load_network
    >>> digits = load_network("digits"), load_profile("loihi1"), load_dataset("digits")
    >>> deploy(*digits).checklist()
    Checklist(11 of 14 entries stated; not stated: voltage, data split, seeds)
    """

    fit: FitReport
    accuracy_interval: tuple[float, float] | None
    price: Price | None
    n_macs: int
    figures: tuple[str, ...]
    run: Run | None

    @property
    def operation(self) -> Operation | None:
        """What it spends in the case's scenario, a report's own."""
        raise NotImplementedError

    @cached_property
    def energy_by_layer_j(self) -> dict[str, dict[str, float]]:
        """Which layer each part of the energy of events is spent for; parts that a chip spends as a
        whole are left out, and nothing is in it where the network does not fit.
        """
        if self.price is None or self.run is None:
            return {}
        return energy_by_layer(Counters(self.run.record, self.fit.mapping), self.price)

    @property
    def energy_by_core_j(self) -> np.ndarray | None:
        """Which core the energy of events is spent on, (n_cores,); None where it is not published,
        or the network does not fit.
        """
        return None if self.price is None else energy_by_core(self.fit.mapping, self.price)

    @cached_property
    def loads_by_step(self) -> np.ndarray | None:
        """Share of each step that each core works, (n_steps, n_cores); None where times are not
        published, or the network does not fit.
        """
        if self.price is None or self.run is None:
            return None
        return loads_by_step(self.run.record, self.fit.mapping, timing=self.price.timing)

    def power_budget(
        self, *, inferences_per_s: float, idle: str | None = None, battery: Battery = COIN_CELL
    ) -> PowerBudget:
        """Work out power, energy with idle time, and battery life at so many inferences a second.

        Parameters
        ----------
        inferences_per_s : float, above 0
        idle : str or None, the state between inferences, as of ``replay.power_budget``
        battery : Battery

        Returns
        -------
        PowerBudget

        Raises
        ------
        DoesNotFit
            There is no price, since it does not fit.
        DesignProblem
            The rate is not above 0, or there is no clock whose stop would save anything.
        UnknownName
            There is no such state.
        """
        if self.price is None:
            raise DoesNotFit(
                f"{self.fit.network.name} does not fit {self.profile.title}, so there is no power "
                "to tell."
            )
        return power_budget(
            self.price, self.profile, inferences_per_s=inferences_per_s, idle=idle, battery=battery
        )

    def steps(self, lengths: Iterable[int] | None = None) -> BySteps:
        """Tell accuracy, energy and time against the number of steps, all from the one simulation.

        Where no delay was added for the chip (``run.retimed.extra_steps`` is 0) each is what
        ``Design(n_steps=...)`` gives. Else so many steps follow the last one of input until all is
        heard: answers of a chain of layers are the same, and the input of these steps is counted,
        of which ``Design(n_steps=...)`` has none.

        Parameters
        ----------
        lengths : iterable of int, optional; None: a dozen evenly apart

        Returns
        -------
        BySteps

        Raises
        ------
        DoesNotFit
            The network does not fit, so that there is no run.
        DesignProblem
            There are no so many steps, or every step has a label.
        """
        return by_steps(self._stoppable, lengths)

    def stop_when(self, margin: float) -> EarlyStop:
        """Stop each sample once the first class leads the second by a margin: tell when that is,
        how many answers are right then, and what is spent until then.

        Parameters
        ----------
        margin : float, above 0
            In spikes, or potential summed over the steps, or steps since the first spike, by how
            the output is read.

        Returns
        -------
        EarlyStop

        Raises
        ------
        DoesNotFit
            The network does not fit, so that there is no run.
        DesignProblem
            The margin is not above 0, or every step has a label.
        """
        return stop_early(self._stoppable, margin)

    def event_by_event(self, *, n_draws: int = 5, seed: int = 0) -> EventByEvent:
        """Run it as a chip without steps does, each event alone, in several orders: tell between
        which ends accuracy and spikes lie.

        Parameters
        ----------
        n_draws : int, orders, 1 or more
        seed : int

        Returns
        -------
        EventByEvent

        Raises
        ------
        DoesNotFit
            The network does not fit, so that there is no run.
        DesignProblem
            There is no order to draw, or the network was not run in the numbers of such a chip.
        NetworkProblem
            The chip has steps, or the network has loops or delays.
        """
        return event_by_event(self._stoppable.run, n_draws, seed)

    def power_at(
        self,
        rates_hz: Iterable[float] | float,
        *,
        duty_cycle: float = 1.0,
        battery: Battery = COIN_CELL,
    ) -> PowerAtRates:
        """Tell power and battery life against the rate of live input events.

        ``power = idle + slope * rate * duty cycle``: the line through two live runs, replayed event
        by event, one of silence (idle updates, ticks, neurons that fire by themselves) and one of
        the report's recordings. A rate beyond theirs is extrapolated, and below theirs a chip draws
        somewhat more, since neurons stay active once they are charged.

        Parameters
        ----------
        rates_hz : float, or iterable of float; input events a second while there are any
        duty_cycle : float, share of the time in which there are events
        battery : Battery

        Returns
        -------
        PowerAtRates

        Raises
        ------
        DoesNotFit
            The network does not fit, so that there is no run.
        DesignProblem
            A rate is below 0, the duty cycle no share, or the recordings are silent.
        NotPublished
            Nobody has published what its power rests on.
        """
        run, mapping, whole = self._stoppable
        live = replace(whole, scenario="real_time")
        return power_at_rates(run, mapping, live, rates_hz, duty_cycle=duty_cycle, battery=battery)

    def alternatives(self) -> Alternatives:
        """Tell what the same layers cost as an ANN of the same bits on the same silicon, and on
        processors that people would use instead, in the scenario of the report.

        Returns
        -------
        Alternatives

        Raises
        ------
        DoesNotFit
            The network does not fit, so that there is no run.
        """
        if self.price is None or self.operation is None:
            raise DoesNotFit(f"{self.fit.headline}: there is nothing to compare.")
        network = self.fit.network
        n_passes = self.n_macs // self.case.network.n_synapses if self.n_macs else 1
        layers = layers_of(network, self.profile, self.price, n_passes=n_passes)
        return Alternatives(layers, self.operation, network, self.n_macs)

    def checklist(self, **stated: object) -> Checklist:
        """List what a reader has to know of these numbers, each filled in or "not stated".

        Parameters
        ----------
        **stated : str or number, what only you can know: "voltage", "data_split", "seeds", "batch"

        Returns
        -------
        Checklist

        Raises
        ------
        UnknownName
            There is no such entry, or it is not yours to state.
        """
        missing = (*self.price.not_published, *self.price.left_out) if self.price else ()
        ann_j = text(self.n_macs * ANN_MAC.si, "J")
        return fill_in(
            self.case,
            self.operation,
            figures=self.figures,
            left_out=(NOT_PRICED, *(name.replace("_", " ") for name in missing)),
            accuracy_interval=self.accuracy_interval,
            baseline=f"same ANN, arithmetic alone at 45 nm: {ann_j}",
            stated=stated,
        )

    @property
    def _stoppable(self) -> Stoppable:
        if self.run is None or self.operation is None:
            raise DoesNotFit(f"{self.fit.headline}: there is no run to look into.")
        return Stoppable(self.run, self.fit.mapping, self.operation)
