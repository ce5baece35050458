"""A Bokeh figure as a widget that stays right while threads change it and pages reload."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import RLock
from typing import Any

from bokeh.core.json_encoder import serialize_json
from bokeh.document.events import ModelChangedEvent
from bokeh.models import LayoutDOM, Model
from bokeh.protocol import Protocol
from jupyter_bokeh import BokehModel


class LiveBokeh(BokehModel):
    """A Bokeh layout whose truth is in Python: a browser is heard only where asked for."""

    def __init__(self, model: LayoutDOM) -> None:
        self.lock = RLock()
        self._batched: list | None = None
        self._is_silent = False
        self._heard: dict[str, Callable[[list], None]] = {}
        self.before_picture: Callable[[], None] = lambda: None
        super().__init__(model)
        # one that is replaced would stay for ever
        self.observe(lambda change: change.old.close(), "layout")

    @contextmanager
    def batch(self) -> Iterator[None]:
        """Send the changes made inside as one message, which a browser applies before it paints."""
        with self.lock:
            if self._batched is not None:  # inside another batch, which will send it
                yield
                return
            self._batched = []
            try:
                yield
            finally:
                events, self._batched = self._batched, None
                if events:
                    self._send_patch(events)

    @contextmanager
    def silent(self) -> Iterator[None]:
        """Change the picture that later views will get, without telling those that are there."""
        with self.lock:
            before, self._is_silent = self._is_silent, True
            try:
                yield
            finally:
                self._is_silent = before

    def listen(self, model: Model, heard: Callable[[list], None]) -> None:
        """Call ``heard`` with the new ``tags`` of a model when a browser has changed them."""
        self._heard[model.id] = heard

    def resend(self, model: Model, attribute: str) -> None:
        """Send a value again that has not changed: a view may have missed it."""
        value = getattr(model, attribute)
        self._document_patched(ModelChangedEvent(self._document, model, attribute, value))

    def refresh_picture(self) -> None:
        """Rebuild what a browser needs to show this anew."""
        with self.lock:
            with self.silent():
                self.before_picture()
            self.set_trait("render_bundle", self._model_to_traits(self._model))

    def get_state(self, key: Any = None, drop_defaults: bool = False) -> dict:
        """Give the state for a view that is being made, with the picture as it is now."""
        with self.lock:
            state = super().get_state(key=key, drop_defaults=drop_defaults)
            # The base class asks during its construction, when the picture is still new.
            is_open = getattr(self, "comm", None) is not None
            if is_open and key is None and "render_bundle" in state:
                with self.silent():
                    self.before_picture()
                state["render_bundle"] = serialize_json(self._model_to_traits(self._model))
            return state

    def close(self) -> None:
        """Take it from every page; the base class could do that only once."""
        if self.comm is not None:
            super().close()

    def _document_patched(self, event: Any) -> None:
        with self.lock:
            if self._is_silent:
                return
            if self._batched is not None:
                self._batched.append(event)
            else:
                self._send_patch([event])

    def _send_patch(self, events: list) -> None:
        message = Protocol().create("PATCH-DOC", events)
        if message.buffers:
            raise TypeError(
                "The columns of a live figure are lists: arrays would travel as buffers, "
                "apart from the rest."
            )
        # A browser's receiver takes header, metadata and content in turn, and a view made between
        # two of them would be out of step for ever. The same text in all three places is understood
        # from any.
        for _ in range(3):
            self.send({"msg": "patch", "payload": message.content_json})

    def _sync_model(self, _widget: Any, content: dict, _buffers: list) -> None:
        told = content.get("event"), content.get("kind"), content.get("attr")
        of = content.get("model", {}).get("id")
        if told == ("jsevent", "ModelChanged", "tags") and of in self._heard:
            self._heard[of](list(content["new"]))
