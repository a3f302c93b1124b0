"""What a fit says while it runs: one line on the standard error, a callback, and scikit-learn's ``verbose`` texts."""
from __future__ import annotations

import math
import sys
import time


class Line:
    """A progress line that overwrites itself, at most ten times a second."""

    def __init__(self, limit):
        self.limit, self.last, self.width = limit, -1.0, 0

    def __call__(self, state):
        if state["seconds"] - self.last < 0.1:
            return True
        self.last = state["seconds"]
        where = "pass" if state["start"] is None else f"start {state['start'] + 1}, pass"
        text = f"{where} {state['pass']} of at most {self.limit}"
        if state["bound"] == state["bound"]:
            text += f", bound {state['bound']:.6g}"
        if state["held_out"] == state["held_out"]:
            text += f", held-out {state['held_out']:.6g}"
        if "change" in state:
            text += f", change {state['change']:.1e}"
        elif math.isfinite(state["remaining_gain"]):
            text += f", about {state['remaining_gain']:.0e} nats a row left"
        text += f", {state['seconds']:.1f} s"
        print("\r" + text.ljust(self.width), end="", file=sys.stderr, flush=True)
        self.width = len(text)
        return True

    def end(self):
        """Leaves the line behind, where there is one."""
        if self.width:
            print(file=sys.stderr, flush=True)


def reporter(progress, limit):
    """What is called after each pass, or None: a line for True, else what was given."""
    if progress is True:
        return Line(limit)
    return progress or None


class Voice:
    """What an estimator says: scikit-learn's ``verbose`` on the standard output, and ``progress``."""

    def __init__(self, model):
        self.level, self.interval = int(model.verbose), model.verbose_interval
        self.report = reporter(model.progress, model.max_iter)
        self.start = 0
        self.began = self.born = self.last = time.perf_counter()

    def begin(self, start):
        if self.level >= 1:
            print(f"Initialization {start}")
        self.start = start
        self.began = self.last = time.perf_counter()

    def note(self, number, bound, change, held_out=float("nan"), start=None):
        """Tells ``progress`` of a pass."""
        if self.report is None:
            return
        answer = self.report({
            "start": start, "pass": number, "bound": bound, "held_out": held_out, "change": change,
            "seconds": time.perf_counter() - self.born})
        if answer is False:
            raise KeyboardInterrupt("the progress callback asked to stop.")

    def iteration(self, number, change):
        if self.level < 1 or number % self.interval != 0:
            return
        if self.level == 1:
            print(f"  Iteration {number}")
            return
        now = time.perf_counter()
        print(f"  Iteration {number}\t time lapse {now - self.last:.5f}s\t ll change {change:.5f}")
        self.last = now

    def end(self, bound, converged):
        word = "converged" if converged else "did not converge"
        if self.level == 1:
            print(f"Initialization {word}.")
        elif self.level >= 2:
            lapse = time.perf_counter() - self.began
            print(f"Initialization {word}. time lapse {lapse:.5f}s\t lower bound {bound:.5f}.")

    def close(self):
        """Ends the line."""
        if isinstance(self.report, Line):
            self.report.end()
