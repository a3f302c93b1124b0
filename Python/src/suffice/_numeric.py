"""Numeric columns of tables of any kind: integers, booleans and dates as doubles, with NaN for what is missing."""
from __future__ import annotations

import numpy as np

from . import _checks


def numbers_of(name, values):
    """A column as doubles with NaN for missing, and what it was."""
    if isinstance(values, np.ma.MaskedArray):
        is_real = values.dtype.kind == "f"
        return numbers_of(name, np.ma.filled(values if is_real else values.astype(object), np.nan if is_real else None))
    if getattr(getattr(values, "dtype", None), "tz", None) is not None:
        values = values.dt.tz_convert("UTC").dt.tz_localize(None)
    array = np.asarray(values)
    if array.dtype.kind in "mM":
        numbers = array.astype("datetime64[ns]" if array.dtype.kind == "M" else "timedelta64[ns]").astype(np.int64)
        result = numbers.astype(np.float64)
        result[np.isnat(array)] = np.nan
        return result, "date" if array.dtype.kind == "M" else "duration"
    if array.dtype.kind == "b":
        return array.astype(np.float64), "boolean"
    if array.dtype.kind in "iu":
        return array.astype(np.float64), "integer"
    if array.dtype.kind == "f":
        return array.astype(np.float64, copy=False), "number"
    if array.dtype.kind == "c":
        raise ValueError(
            f"Complex data not supported: column {name!r} has some; give their real and imaginary parts.")
    try:
        result = _checks.objects_to_numbers(array)
    except (TypeError, ValueError) as error:
        kind = TypeError if isinstance(error, TypeError) else ValueError
        raise kind(
            f"column {name!r} holds values that are no numbers ({error}); normalise numeric columns only, and encode "
            "labels one-hot.") from None
    return result, "integer" if hasattr(values, "dtype") and "nt" in str(values.dtype) else "number"


def columns_of(X):
    """Names and columns of a DataFrame, dictionary or array, and whether the names are its own."""
    _checks.check_not_lazy(X)
    _checks.check_not_sparse(X)
    if isinstance(X, dict):
        return [str(name) for name in X], list(X.values()), True
    if hasattr(X, "column_names"):
        return [str(name) for name in X.column_names], [X[name].to_numpy() for name in X.column_names], True
    if hasattr(X, "columns") and not isinstance(X, np.ndarray):
        names = [str(name) for name in X.columns]
        if len(set(names)) < len(names):
            raise ValueError(f"two columns have the same name; rename one of them: {', '.join(names)}.")
        return names, [X[name] for name in X.columns], True
    array = X if isinstance(X, np.ma.MaskedArray) else np.asarray(X)
    if array.ndim != 2:
        raise ValueError(
            f"Expected 2D array, got an array of {array.ndim} dimensions. Reshape your data: one column is "
            "X.reshape(-1, 1).")
    return [f"x{j}" for j in range(array.shape[1])], [array[:, j] for j in range(array.shape[1])], False
