"""Pictures: described once, drawn by matplotlib where it is installed, else by the core as SVG."""
from __future__ import annotations

import json

import numpy as np

from . import _native

# More points than this say nothing more.
_POINTS = 20_000


class SVG:
    """A picture as the text of an SVG element, which notebooks show."""

    def __init__(self, text):
        self.text = text

    def _repr_svg_(self):
        return self.text

    def __str__(self):
        return self.text

    def __repr__(self):
        return f"<SVG of {len(self.text)} characters; save it with .save(path)>"

    def save(self, path):
        """Writes the picture to a file."""
        with open(path, "w", encoding="utf-8") as file:
            file.write('<?xml version="1.0" encoding="UTF-8"?>\n' + self.text)


def thinned(values):
    """A column of numbers, of at most some thousands of rows evenly spread."""
    values = np.asarray(values, dtype=np.float64)
    return values[:: max(1, -(-len(values) // _POINTS))]


def svg(picture) -> SVG:
    """Draws a picture as ``suffice.h`` describes them."""
    request = json.dumps(_plain(picture)).encode()
    return SVG(_native.text_of(_native.library.suffice_picture, request))


def _plain(value):
    """Arrays as lists, what is no finite number as null."""
    if isinstance(value, dict):
        return {key: _plain(member) for key, member in value.items()}
    if isinstance(value, np.ndarray):
        return [x if np.isfinite(x) else None for x in value.astype(float).ravel().tolist()]
    if isinstance(value, (list, tuple)):
        return [_plain(member) for member in value]
    if isinstance(value, (float, np.floating)):
        return float(value) if np.isfinite(value) else None
    return value


def draw(picture, ax=None):
    """Draws into matplotlib's axes and returns them; without matplotlib, returns an SVG."""
    if picture is None:
        raise ValueError("there is nothing to draw: the fit has no bound, and its columns are neither one nor two.")
    try:
        import matplotlib.pyplot as plt
    except ImportError:
        if ax is not None:
            raise ImportError("ax is given, but matplotlib is not installed.") from None
        return svg(picture)
    ax = plt.gca() if ax is None else ax
    {"histogram": _histogram, "scatter": _scatter, "trace": _trace}[picture["kind"]](picture, ax)
    ax.set_title(picture.get("title", ""))
    ax.set_xlabel(picture.get("xLabel", ""))
    return ax


def _histogram(picture, ax):
    values = np.asarray(picture.get("values", ()), dtype=float)
    values = values[np.isfinite(values)]
    total, components = picture.get("total"), picture.get("components", [])
    if len(values):
        ax.hist(values, bins="auto", density=True, color="0.85")
    if total is not None:
        ax.plot(total["grid"], total["values"], color="0.2", lw=2.5, label=total["label"])
    for curve in components:
        ax.plot(curve["grid"], curve["weight"] * np.asarray(curve["values"]), lw=1, label=curve["label"])
    ax.set_ylabel("density")
    if components:
        ax.legend(fontsize="small")


def _scatter(picture, ax):
    from matplotlib.patches import Ellipse

    if len(picture.get("x", ())):
        ax.scatter(picture["x"], picture["y"], s=3, alpha=0.4, color="0.4")
    for ellipse in picture.get("ellipses", []):
        xx, xy, yy = ellipse["covariance"]
        values, vectors = np.linalg.eigh([[xx, xy], [xy, yy]])
        angle = np.degrees(np.arctan2(vectors[1, 1], vectors[0, 1]))
        # Two standard deviations to each side.
        width, height = 4 * np.sqrt(np.maximum(values[::-1], 0))
        ax.add_patch(Ellipse(ellipse["mean"], width, height, angle=angle, fill=False, lw=1.5))
        ax.annotate(ellipse["label"], ellipse["mean"])
    ax.autoscale_view()
    ax.set_ylabel(picture.get("yLabel", ""))


def _trace(picture, ax):
    for series in picture["series"]:
        ax.plot(np.arange(1, len(series["values"]) + 1), series["values"], marker=".", label=series["label"])
    ax.set_ylabel(picture.get("yLabel", ""))
