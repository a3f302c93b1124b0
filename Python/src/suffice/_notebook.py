"""How fits look in notebooks: tables and pictures of mixtures and of any model."""
from __future__ import annotations

import html
from collections.abc import Callable
from typing import Any

import numpy as np

from . import _pictures
from ._errors import SufficeError

# Components below this weight are not drawn, and so many components and columns are shown at most.
_LEAST_WEIGHT, _MOST = 0.001, 12


def _table(head, rows):
    cells = lambda row, tag: "".join(f"<{tag}>{html.escape(str(cell))}</{tag}>" for cell in row)  # noqa: E731
    body = "".join(f"<tr>{cells(row, 'td')}</tr>" for row in rows)
    return f"<table><thead><tr>{cells(head, 'th')}</tr></thead><tbody>{body}</tbody></table>"


def _page(title, facts, tables, picture):
    listed = " · ".join(html.escape(fact) for fact in facts)
    drawn = f"<div>{_pictures.svg(picture).text}</div>" if picture is not None else ""
    return f"<div><b>{html.escape(title)}</b><br>{listed}{''.join(tables)}{drawn}</div>"


def _trace(label, values, title="Bound"):
    values = np.asarray(values, dtype=float)
    return dict(kind="trace", title=title, series=[dict(label=label, values=values)], yLabel=label)


def _choose(kind, pictures):
    """The picture of a kind; by default the first that there is."""
    if kind is None:
        return next((picture for picture in (make() for make in pictures.values()) if picture is not None), None)
    if kind not in pictures:
        raise ValueError(f"there is no plot {kind!r}; there are {', '.join(map(repr, pictures))}.")
    picture = pictures[kind]()
    if picture is None:
        raise ValueError(f"this fit has no plot {kind!r}: densities are of one column, scatters of two.")
    return picture


class MixtureDisplay:
    """Display of ``BayesianGaussianMixture``."""

    # What the estimator has.
    covariance_type: str
    weights_: np.ndarray
    means_: np.ndarray
    covariances_: np.ndarray
    lower_bound_: float
    lower_bounds_: list[float]
    held_out_scores_: list[float]
    converged_: bool
    n_iter_: int
    _rows: Callable[..., Any]

    def plot(self, X: Any = None, kind: str | None = None, ax: Any = None) -> Any:
        """Draws the fit: by matplotlib (returns the axes) where it is installed, else as SVG.

        Parameters
        ----------
        X : array-like, optional
            Rows to draw with it.
        kind : {'density', 'scatter', 'bound'}, optional
            By default the density of one column, the scatter of two, else the lower bound.
        """
        rows = None if X is None else self._rows(X).array
        return _pictures.draw(self._picture(rows, kind), ax)

    def _picture(self, rows, kind):
        from . import _checks

        _checks.check_is_fitted(self)
        names = list(getattr(self, "feature_names_in_", [f"x{j + 1}" for j in range(self.means_.shape[1])]))
        order = [k for k in np.argsort(-self.weights_) if self.weights_[k] >= _LEAST_WEIGHT]
        return _choose(kind, {
            "density": lambda: self._density(rows, names, order) if len(names) == 1 else None,
            "scatter": lambda: self._scatter(rows, names, order) if len(names) == 2 else None,
            "bound": lambda: _trace("lower bound", self.lower_bounds_)
            if np.isfinite(self.lower_bounds_).any() else None,
        })

    def _covariance(self, k):
        width = self.means_.shape[1]
        if self.covariance_type == "full":
            return self.covariances_[k]
        if self.covariance_type == "tied":
            return self.covariances_
        return np.eye(width) * self.covariances_[k]

    def _density(self, rows, names, order):
        means = self.means_[order, 0]
        deviations = np.sqrt([self._covariance(k)[0, 0] for k in order])
        low, high = (means - 4 * deviations).min(), (means + 4 * deviations).max()
        if rows is not None and len(rows):
            low, high = max(low, np.nanmin(rows)), min(high, np.nanmax(rows))
        # Narrow components need points of their own.
        grid = np.unique(np.concatenate(
            [np.linspace(low, high, 400)] + [m + d * np.linspace(-4, 4, 41) for m, d in zip(means, deviations)]))
        grid = grid[(grid >= low) & (grid <= high)]
        z = (grid - means[:, None]) / deviations[:, None]
        densities = np.exp(-0.5 * z**2) / (deviations[:, None] * np.sqrt(2 * np.pi))
        weights = self.weights_[order]
        return dict(
            kind="histogram", title=type(self).__name__, xLabel=str(names[0]), range=[low, high],
            values=_pictures.thinned([] if rows is None else rows[:, 0]),
            total=dict(label="mixture", weight=1.0, grid=grid, values=weights @ densities),
            components=[] if len(order) < 2 else [
                dict(label=str(k), weight=float(w), grid=grid, values=d)
                for k, w, d in zip(order, weights, densities)])

    def _scatter(self, rows, names, order):
        picture: dict[str, Any] = dict(
            kind="scatter", title=type(self).__name__, xLabel=str(names[0]), yLabel=str(names[1]), ellipses=[
                dict(label=str(k), weight=float(self.weights_[k]), mean=self.means_[k],
                     covariance=self._covariance(k)[np.tril_indices(2)]) for k in order])
        if rows is not None:
            points = _pictures.thinned(rows)
            picture.update(x=points[:, 0], y=points[:, 1])
        return picture

    def _repr_mimebundle_(self, **options):
        # Notebooks ask for this first, and scikit-learn's own shows parameters only.
        return {"text/plain": repr(self), "text/html": self._repr_html_()}

    def _repr_html_(self):
        if not hasattr(self, "means_"):
            return f"<code>{html.escape(repr(self))}</code> (not fitted)"
        names = list(getattr(self, "feature_names_in_", [f"x{j + 1}" for j in range(self.means_.shape[1])]))[:_MOST]
        order = np.argsort(-self.weights_)[:_MOST]
        rows = []
        for k in order:
            deviations = np.sqrt(np.diagonal(self._covariance(k)))
            rows.append([k, f"{self.weights_[k]:.4f}"] + [
                f"{m:.5g} ± {d:.3g}" for m, d in zip(self.means_[k][:_MOST], deviations)])
        facts = [
            f"{len(self.means_)} components, {int((self.weights_ >= _LEAST_WEIGHT).sum())} with a weight of 0.001 or more",
            f"lower bound {self.lower_bound_:.6g}",
            f"{'converged' if self.converged_ else 'not converged'} after {self.n_iter_} iterations"]
        if getattr(self, "held_out_scores_", None):
            facts.append(f"held-out log density {self.held_out_scores_[-1]:.5g}")
        return _page(repr(self), facts, [_table(["component", "weight"] + names, rows)], self._picture(None, None))


class ModelDisplay:
    """Display of ``Model``."""

    # What the model has.
    name: str
    _about: Any
    _fitted: Callable[..., Any]
    _table: Callable[..., Any]
    score_samples: Callable[..., Any]
    predict_proba: Callable[..., Any]
    posterior: Any
    bound_: Any
    bounds_: Any
    converged_: Any
    schedule_: Any

    def plot(self, data: Any = None, kind: str | None = None, ax: Any = None) -> Any:
        """Draws the fit: by matplotlib (returns the axes) where it is installed, else as SVG.

        Parameters
        ----------
        data : table, optional
            Rows to draw with it.
        kind : {'density', 'scatter', 'bound'}, optional
            By default the density of one column of numbers, the scatter of two, else the bound by pass.
        """
        return _pictures.draw(self._picture(data, kind), ax)

    def _picture(self, data, kind):
        about = self._fitted()
        columns = [
            (name, mean, variance) for entry in about["observed"] if not entry["isGiven"]
            for name, levels, mean, variance in zip(
                entry["columns"], entry["levels"],
                entry["mean"] or [np.nan] * len(entry["columns"]),
                entry["variance"] or [np.nan] * len(entry["columns"]))
            if not levels]
        others = sum(len(entry["columns"]) for entry in about["observed"]) - len(columns)
        return _choose(kind, {
            "density": lambda: self._density(data, *columns[0]) if len(columns) == 1 and not others else None,
            "scatter": lambda: self._scatter(data, columns) if len(columns) == 2 else None,
            "bound": lambda: _trace("bound", self.bounds_) if np.isfinite(self.bounds_).any() else _trace(
                "held-out log density", about["heldOut"], "Held-out log density"),
        })

    def _values(self, data, name):
        if data is None:
            return np.empty(0)
        table = self._table(data)
        return _pictures.thinned(table.columns[table.names.index(name)])

    def _density(self, data, name, mean, variance):
        values = self._values(data, name)
        present = values[np.isfinite(values)]
        deviation = float(variance) ** 0.5
        low, high = float(mean) - 4 * deviation, float(mean) + 4 * deviation
        if len(present):
            low, high = np.quantile(present, [0.002, 0.998]) + np.array([-0.1, 0.1]) * deviation
        grid = np.linspace(low, high, 800)
        try:
            total = np.exp(self.score_samples({name: grid}))
            has_label = int(self._fitted()["labels"]) > 1
            parts = self.predict_proba({name: grid}) * total[:, None] if has_label else np.empty((len(grid), 0))
        except (SufficeError, ValueError):
            # Counts, or a model whose density is not known.
            return None
        weights = parts.sum(0) / max(parts.sum(), np.finfo(float).tiny)
        order = [k for k in np.argsort(-weights) if weights[k] >= _LEAST_WEIGHT]
        return dict(
            kind="histogram", title=self.name, xLabel=name, values=values, range=[low, high],
            total=dict(label="predictive", weight=1.0, grid=grid, values=total),
            components=[
                dict(label=str(k), weight=float(weights[k]), grid=grid, values=parts[:, k] / weights[k])
                for k in order] if len(order) > 1 else [])

    def _scatter(self, data, columns):
        posterior, ellipses = self.posterior, []
        for key, covariances in posterior.items():
            means = posterior.get(key.rsplit(".", 1)[0] + ".mean")
            if key.endswith(".covariance") and covariances.ndim == 3 and means is not None and means.shape[1:] == (2,):
                weights = posterior.get("weights.concentration", np.ones(len(means)))
                weights = weights / weights.sum() if len(weights) == len(means) else np.ones(len(means)) / len(means)
                ellipses = [
                    dict(label=str(k), weight=float(weights[k]), mean=means[k],
                         covariance=covariances[k][np.tril_indices(2)])
                    for k in range(len(means)) if weights[k] >= _LEAST_WEIGHT]
        if data is None and not ellipses:
            return None
        return dict(
            kind="scatter", title=self.name, xLabel=columns[0][0], yLabel=columns[1][0], ellipses=ellipses,
            x=self._values(data, columns[0][0]), y=self._values(data, columns[1][0]))

    def _repr_html_(self):
        if self._about is None:
            return f"<code>{html.escape(repr(self))}</code> (not fitted)"
        about = self._about
        facts = [
            f"{about['rows']:.0f} rows", f"bound {self.bound_:.6g}",
            f"{'converged' if self.converged_ else 'not converged'} after {len(self.bounds_)} passes ({self.schedule_})"]
        rows = []
        for name, values in self.posterior.items():
            flat = values.ravel()
            shown = ", ".join(f"{value:.4g}" for value in flat[:8]) + (", …" if len(flat) > 8 else "")
            rows.append([name, "×".join(map(str, values.shape)) or "1", shown])
        return _page(repr(self).split("  #")[0], facts, [_table(["parameter", "shape", "values"], rows)],
                     self._picture(None, None))
