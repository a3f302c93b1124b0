"""Putting the estimator in scikit-learn's place, for libraries that are not to be changed."""
from __future__ import annotations

import sys

from . import mixture

__all__ = ["patch_sklearn", "unpatch_sklearn", "is_patched"]



class BayesianGaussianMixture(mixture.BayesianGaussianMixture):
    """``suffice.mixture.BayesianGaussianMixture`` where it stands in scikit-learn's place.

    A class of its own tells who asked for scikit-learn's from who asked for ours, when a patch is taken back.
    """

    # Pickled by this module's name, so that worker processes need no patch.


BayesianGaussianMixture.__doc__ = mixture.BayesianGaussianMixture.__doc__

_original = None
#: The places that were rebound: module, attribute.
_places: list = []


class _Patch:
    """What patch_sklearn returns; as a context manager it takes the patch back at the end."""

    def __init__(self, rebound):
        self.rebound = rebound

    def __repr__(self):
        return f"<scikit-learn's BayesianGaussianMixture replaced in {', '.join(self.rebound) or 'no new place'}>"

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        unpatch_sklearn()
        return False


def is_patched() -> bool:
    """Whether scikit-learn's class is replaced at present."""
    return _original is not None


def patch_sklearn():
    """Replaces scikit-learn's BayesianGaussianMixture everywhere: in scikit-learn, and in modules that imported it.

    Libraries imported before or after use this package's class from then on, without a change. Once again finds
    modules imported since. ``unpatch_sklearn`` takes it back; so does the end of ``with patch_sklearn():``.
    """
    global _original
    import sklearn.mixture

    ours = BayesianGaussianMixture
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


def unpatch_sklearn():
    """Puts scikit-learn's class back wherever ``patch_sklearn`` replaced it."""
    global _original
    if _original is None:
        return
    for module, attribute in _places:
        if getattr(module, attribute, None) is BayesianGaussianMixture:
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
            if value is BayesianGaussianMixture:
                setattr(module, attribute, _original)
    _places.clear()
    _original = None
