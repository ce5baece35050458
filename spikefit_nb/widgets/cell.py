"""What a cell keeps of a search: the live view while it runs, a still picture once it has ended."""

from typing import Any
from uuid import uuid4
from weakref import WeakKeyDictionary, finalize

from IPython.display import display, update_display

from spikefit_nb.widgets.embed import bokeh_js_html
from spikefit_nb.widgets.live_study import LiveStudy

NOTHING = {"text/html": "", "text/plain": ""}
_cards: Any = WeakKeyDictionary()


class StudyCell:
    """The outputs of one cell that shows a search: BokehJS, the last state, the live view."""

    # The live view lasts as long as the kernel: pages show the last state where it is not. Once the
    # search has ended, the still picture takes the place of the last state, and the rest is empty.

    def __init__(self, card: LiveStudy) -> None:
        self.card = card
        self._script, self._last, self._live = (uuid4().hex for _ in range(3))
        self._told = ""
        _put(self._script, {"text/html": bokeh_js_html(), "text/plain": ""})
        _put(self._last, card.last_bundle())
        _put(self._live, card.live_bundle())

    def keep(self) -> None:
        """Bring what is stored up to what the study says now."""
        has_ended = self.card.study.state != "running"
        bundle = self.card.still_bundle() if has_ended else self.card.last_bundle()
        if bundle["text/html"] == self._told:
            return
        self._told = bundle["text/html"]
        update_display(bundle, raw=True, display_id=self._last)
        if has_ended:
            for name in (self._script, self._live):
                update_display(NOTHING, raw=True, display_id=name)


def show_study(study: Any) -> None:
    """Show a study in the cell that runs: live, until it ends and a still picture is left."""
    card = _card_of(study)
    if study.state == "running":
        card.follow()
        card.keep_in(StudyCell(card))
    else:
        display(card.still_bundle(), raw=True)


def _card_of(study: Any) -> LiveStudy:
    """The one card of a study, which does not keep the study and goes with it."""
    card = _cards.get(study)
    if card is None or card.comm is None:  # none yet, or one that was closed
        card = _cards[study] = LiveStudy(study, keeps_study=False)
        finalize(study, card.close).atexit = False
    return card


def _put(name: str, bundle: dict) -> None:
    display(bundle, raw=True, display_id=name)
