"""Putting the estimator in scikit-learn's place, for libraries that are not to be changed."""
from __future__ import annotations

import sys
from typing import Any

__all__ = ["patch_sklearn", "unpatch_sklearn", "is_patched"]

_original = None
#: The places that were rebound: module, attribute.
_places: list[tuple[Any, str]] = []


class _Patch:
    """What patch_sklearn returns; as a context manager it takes the patch back at the end."""

    def __init__(self, rebound):
        self.rebound = rebound

    def __repr__(self):
        return f"<scikit-learn's BayesianGaussianMixture replaced in {', '.join(self.rebound) or 'no new place'}>"

    def __enter__(self) -> _Patch:
        return self

    def __exit__(self, *exception: object) -> None:
        unpatch_sklearn()


def is_patched() -> bool:
    """Whether scikit-learn's class is replaced at present."""
    return _original is not None


def patch_sklearn() -> _Patch:
    """Replaces scikit-learn's BayesianGaussianMixture everywhere: in scikit-learn, and in modules that imported it.

    Libraries imported before or after use this package's class from then on, without a change. Once again finds
    modules imported since. ``unpatch_sklearn`` takes it back; so does the end of ``with patch_sklearn():``.
    """
    global _original
    try:
        import sklearn.mixture
    except ImportError as error:
        raise ImportError(f"patch_sklearn has nothing to replace: {error}. Install scikit-learn.") from None

    from ._replacement import BayesianGaussianMixture as ours

    if _original is None:
        _original = sklearn.mixture.BayesianGaussianMixture
    theirs = _original
    rebound = []
    for name, module in list(sys.modules.items()):
        # scikit-learn's own modules keep theirs, so that the class itself goes on working.
        if module is None or name.startswith("sklearn.mixture._") or name.split(".")[0] == "suffice":
            continue
        try:
            attributes = list(vars(module).items())
        except TypeError:
            continue
        for attribute, value in attributes:
            if value is theirs:
                setattr(module, attribute, ours)
                _places.append((module, attribute))
                rebound.append(f"{name}.{attribute}")
    return _Patch(rebound)


def unpatch_sklearn() -> None:
    """Puts scikit-learn's class back wherever ``patch_sklearn`` replaced it."""
    global _original
    if _original is None:
        return
    from ._replacement import BayesianGaussianMixture as ours

    for module, attribute in _places:
        if getattr(module, attribute, None) is ours:
            setattr(module, attribute, _original)
    # Modules imported in the meantime got ours in place of theirs.
    for name, module in list(sys.modules.items()):
        if module is None or name.split(".")[0] == "suffice":
            continue
        try:
            attributes = list(vars(module).items())
        except TypeError:
            continue
        for attribute, value in attributes:
            if value is ours:
                setattr(module, attribute, _original)
    _places.clear()
    _original = None
