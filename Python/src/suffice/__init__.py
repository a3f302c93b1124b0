"""Conjugate-exponential models for tables, fitted fast; and a drop-in for scikit-learn's BayesianGaussianMixture.

- ``suffice.mixture.BayesianGaussianMixture``: scikit-learn's class, for millions of rows.
- ``suffice.patch_sklearn()``: libraries that use scikit-learn's class use this one, unchanged.
- ``suffice.tabular``: mode-specific normalisation of numeric columns, as tabular generative models need it.
- ``suffice.Model``: every shipped model.
"""
from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

from ._errors import PriorConflictWarning
from .model import Model, load, models
from .patching import is_patched, patch_sklearn, unpatch_sklearn

if TYPE_CHECKING:
    from . import mixture, tabular

__version__ = "0.1.0"
__all__ = ["Model", "PriorConflictWarning", "load", "models", "patch_sklearn", "unpatch_sklearn", "is_patched", "__version__"]


def __getattr__(name: str) -> object:
    # These import scikit-learn where it is installed, which takes longer than many a fit.
    if name in ("mixture", "tabular"):
        return importlib.import_module(f"{__name__}.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
