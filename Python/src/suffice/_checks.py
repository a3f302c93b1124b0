"""What scikit-learn checks of parameters and input, with its exception types and the texts that its users match."""
from __future__ import annotations

import numbers
import warnings

import numpy as np

from ._errors import invalid_parameter_error, not_fitted_error


# Parameters.

def interval(kind, low, *, open_low=False):
    """A check that a number of a kind is at least (or above) a bound, and finite."""
    name = "an int" if kind is numbers.Integral else "a float"
    bracket = "(" if open_low else "["
    text = f"{name} in the range {bracket}{float(low) if kind is numbers.Real else low}, inf)"

    def holds(value):
        if not isinstance(value, kind):
            return False
        return (value > low if open_low else value >= low) and value < float("inf")

    return text, holds


def options(names):
    """A check that a text is one of some."""
    listed = ", ".join(repr(name) for name in sorted(names))
    return f"a str among {{{listed}}}", lambda value: isinstance(value, str) and value in names


POSITIVE = interval(numbers.Real, 0, open_low=True)
NONE = ("None", lambda value: value is None)
INTEGER = ("an int", lambda value: isinstance(value, numbers.Integral))
BOOLEAN = ("an instance of 'bool'", lambda value: isinstance(value, (bool, np.bool_)))
ARRAY = ("an array-like", lambda value: hasattr(value, "__len__") and not isinstance(value, str))
FRACTION = (
    "a float in the range (0.0, 1.0)",
    lambda value: isinstance(value, numbers.Real) and not isinstance(value, (bool, np.bool_)) and 0 < float(value) < 1,
)
VERBOSE = interval(numbers.Integral, 0)
RANDOM_STATE = (
    "an int in the range [0, 4294967295], an instance of 'numpy.random.mtrand.RandomState' or None",
    lambda value: value is None or isinstance(value, np.random.RandomState)
    or isinstance(value, numbers.Integral) and 0 <= int(value) < 2**32,
)


def check_parameters(estimator, constraints):
    """Raises for the first parameter that breaks its constraints."""
    for name, allowed in constraints.items():
        value = getattr(estimator, name)
        if any(holds(value) for _, holds in allowed):
            continue
        texts = [text for text, _ in allowed]
        listed = texts[0] if len(texts) == 1 else ", ".join(texts[:-1]) + " or " + texts[-1]
        raise invalid_parameter_error()(
            f"The {name!r} parameter of {type(estimator).__name__} must be {listed}. Got {value!r} instead."
        )


def check_random_state(seed):
    """A RandomState for a seed, as scikit-learn makes it."""
    if seed is None or seed is np.random:
        return np.random.mtrand._rand
    if isinstance(seed, numbers.Integral):
        return np.random.RandomState(int(seed))
    if isinstance(seed, np.random.RandomState):
        return seed
    raise ValueError(f"{seed!r} cannot be used to seed a numpy.random.RandomState instance")


# Input.

def is_missing(value):
    """Whether a cell is None, NaN, or a table library's mark of a missing value."""
    if value is None or type(value).__name__ in ("NAType", "NaTType"):
        return True
    return isinstance(value, (float, np.floating)) and value != value


def objects_to_numbers(array):
    """An array of objects as doubles, missing cells as NaN; raises what ``float`` raises."""
    flat = [np.nan if is_missing(value) else float(value) for value in array.ravel().tolist()]
    return np.array(flat, dtype=np.float64).reshape(array.shape)


def _feature_names(X):
    columns = getattr(X, "column_names", getattr(X, "columns", None))
    if columns is None or not hasattr(X, "shape"):
        return None
    names = np.asarray([name for name in columns], dtype=object)
    if len(names) == 0:
        return None
    kinds = sorted({type(name).__name__ for name in names})
    if "str" in kinds and len(kinds) > 1:
        raise TypeError(
            "Feature names are only supported if all input features have string names, but your input has "
            f"{kinds} as feature name / column name types. If you want feature names to be stored and validated, you "
            "must convert them all to strings, by using X.columns = X.columns.astype(str) for example. Otherwise you "
            "can remove feature / column names from your input data, or convert them all to a non-string data type."
        )
    return names if kinds == ["str"] else None


def check_feature_names(estimator, X, reset):
    """Keeps the names of a table's columns, or compares them with those that were kept."""
    names = _feature_names(X)
    if reset:
        if names is not None:
            estimator.feature_names_in_ = names
        elif hasattr(estimator, "feature_names_in_"):
            del estimator.feature_names_in_
        return
    fitted = getattr(estimator, "feature_names_in_", None)
    own = type(estimator).__name__
    if fitted is None and names is None:
        return
    if names is None:
        warnings.warn(
            f"X does not have valid feature names, but {own} was fitted with feature names", UserWarning, stacklevel=4)
        return
    if fitted is None:
        warnings.warn(
            f"X has feature names, but {own} was fitted without feature names", UserWarning, stacklevel=4)
        return
    if len(fitted) != len(names) or np.any(fitted != names):
        unexpected, missing = sorted(set(names) - set(fitted)), sorted(set(fitted) - set(names))

        def listing(found):
            lines = "".join(f"- {name}\n" for name in found[:5])
            return lines + ("- ...\n" if len(found) > 5 else "")

        message = "The feature names should match those that were passed during fit.\n"
        if unexpected:
            message += "Feature names unseen at fit time:\n" + listing(unexpected)
        if missing:
            message += "Feature names seen at fit time, yet now missing:\n" + listing(missing)
        if not unexpected and not missing:
            message += "Feature names must be in the same order as they were in fit.\n"
        raise ValueError(message)


def check_not_lazy(data):
    """Raises for a query of polars, whose rows are not there yet."""
    if type(data).__name__ == "LazyFrame":
        raise TypeError("a LazyFrame has no rows yet: give the DataFrame that its collect() returns.")


def check_not_sparse(data):
    """Raises for sparse data."""
    if hasattr(data, "tocsr") and hasattr(data, "nnz") or type(data).__module__.startswith("scipy.sparse"):
        raise TypeError(
            "Sparse data was passed, but dense data is required. Use '.toarray()' to convert to a dense numpy array.")


def check_rows(estimator, X, *, reset, minimum_rows=1):
    """A numeric two-dimensional array of the input, without a copy where it is one already.

    Float64, float32, int64 and int32 arrays are returned as they are; others are converted to float64.
    """
    own = type(estimator).__name__
    check_not_lazy(X)
    check_feature_names(estimator, X, reset)
    check_not_sparse(X)
    array = X if type(X) is np.ndarray else np.asarray(X)
    if array.dtype.kind == "c":
        raise ValueError(f"Complex data not supported\n{array}\n")
    if array.dtype.kind == "O":
        if any(isinstance(value, complex) for value in array.ravel()[:1000]):
            raise ValueError(f"Complex data not supported\n{array}\n")
        try:
            array = objects_to_numbers(array)
        except (TypeError, ValueError) as error:
            texts = (v for v in array.ravel() if not isinstance(v, numbers.Number) and not is_missing(v))
            first = next(texts, None)
            kind = TypeError if isinstance(error, TypeError) else ValueError
            raise kind(
                f"{error}. X holds {first!r}, which is not a number: encode such columns, or leave them out."
            ) from None
    elif array.dtype.kind in "US":
        try:
            array = array.astype(np.float64)
        except ValueError as error:
            raise ValueError(
                "dtype='numeric' is not compatible with arrays of bytes/strings. Convert your data to numeric values "
                f"explicitly instead ({error})."
            ) from None
    elif array.dtype.kind in "Mm":
        # As scikit-learn reads dates: the count of their unit.
        array = np.where(np.isnat(array), np.nan, array.astype(np.int64))
    elif array.dtype.names is not None:
        raise TypeError("X is an array of records; give its fields as columns: numpy.lib.recfunctions does it.")
    if array.ndim == 0:
        raise ValueError(
            f"Expected 2D array, got scalar array instead:\narray={array}.\nReshape your data either using "
            "array.reshape(-1, 1) if your data has a single feature or array.reshape(1, -1) if it contains a single "
            "sample."
        )
    if array.ndim == 1:
        raise ValueError(
            f"Expected 2D array, got 1D array instead:\narray={array}.\nReshape your data either using "
            "array.reshape(-1, 1) if your data has a single feature or array.reshape(1, -1) if it contains a single "
            "sample."
        )
    if array.ndim > 2:
        raise ValueError(f"Found array with dim {array.ndim}, while dim <= 2 is required by {own}.")
    rows, columns = array.shape
    if rows < minimum_rows:
        raise ValueError(
            f"Found array with {rows} sample(s) (shape={array.shape}) while a minimum of {minimum_rows} is required "
            f"by {own}."
        )
    if columns < 1:
        raise ValueError(
            f"Found array with {columns} feature(s) (shape={array.shape}) while a minimum of 1 is required by {own}."
        )
    if reset:
        estimator.n_features_in_ = columns
    elif columns != estimator.n_features_in_:
        raise ValueError(
            f"X has {columns} features, but {own} is expecting {estimator.n_features_in_} features as input"
        )
    if array.dtype not in (np.float64, np.float32, np.int64, np.int32) or not array.dtype.isnative:
        array = array.astype(np.float64)
    return array


def raise_not_finite(estimator, array):
    """Raises for an array with NaN or infinity, as scikit-learn does; returns where all is finite."""
    if array.dtype.kind != "f" or np.isfinite(array).all():
        return
    own = type(estimator).__name__
    if np.isnan(array).any():
        raise ValueError(
            f"Input X contains NaN.\n{own} does not accept missing values encoded as NaN natively: drop the rows, or "
            "impute the values first."
        )
    raise ValueError(f"Input X contains infinity or a value too large for {array.dtype!r}.")


def check_weights(sample_weight, count):
    """The weights of rows as doubles; None for None."""
    if sample_weight is None:
        return None
    if isinstance(sample_weight, numbers.Number):
        sample_weight = np.full(count, sample_weight, dtype=np.float64)
    weights = np.asarray(sample_weight)
    if weights.dtype.kind == "c":
        raise ValueError("Sample weights must be real numbers.")
    weights = np.ascontiguousarray(weights, dtype=np.float64)
    if weights.ndim != 1:
        raise ValueError(f"Sample weights must be 1D array or scalar, got {weights.ndim}D array.")
    if len(weights) != count:
        raise ValueError(f"sample_weight.shape == {weights.shape}, expected {(count,)}!")
    if not np.isfinite(weights).all() or (weights < 0).any() or not weights.any():
        raise ValueError("Sample weights must be finite and at least zero, and not all of them zero.")
    return weights


def check_is_fitted(estimator):
    """Raises where an estimator was not fitted."""
    if not hasattr(estimator, "means_"):
        raise not_fitted_error()(
            f"This {type(estimator).__name__} instance is not fitted yet. Call 'fit' with appropriate arguments before "
            "using this estimator."
        )
