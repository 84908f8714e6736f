"""What a user of the panel does, without a browser: choosing, running and waiting."""

from __future__ import annotations

import threading

from tests.waiting import TIMEOUT_S


class Published(list):
    """Bundles, appended by any thread; another one can wait for a text to be among them."""

    def __init__(self):
        super().__init__()
        self._changed = threading.Condition()

    def append(self, bundle):
        """Add a bundle."""
        with self._changed:
            super().append(bundle)
            self._changed.notify_all()

    def wait_for(self, text):
        """Wait until a bundle contains a text."""
        with self._changed:
            assert self._changed.wait_for(
                lambda: any(text in bundle["text/plain"] for bundle in self), TIMEOUT_S
            ), text


def choose(controls, name, value):
    """Choose a value in a control's own widgets."""
    control = controls[name]
    control.input.write(value)
    control.send.value = True


def run(panel):
    """Run the panel and wait until the answer is in its history; return the job."""
    job = panel.run()
    finish(panel)
    return job


def finish(panel):
    """Wait until the running answer is in the history."""
    ended = threading.Event()
    panel.stop_button.observe(lambda _change: ended.set(), "disabled")
    assert panel.stop_button.disabled or ended.wait(TIMEOUT_S)
