"""Tables of any kind as columns of doubles that the core reads in place."""
from __future__ import annotations

import ctypes
import json

import numpy as np

from . import _checks, _native


class Table:
    """Named columns; labels are stored as the index of their level."""

    def __init__(self, names, columns, levels):
        self.names, self.columns, self.levels = names, columns, levels
        self.count = len(columns[0]) if columns else 0
        for name, column in zip(names, columns):
            if len(column) != self.count:
                raise ValueError(
                    f"column {name!r} has {len(column)} rows, but {names[0]!r} has {self.count}.")

    def arguments(self):
        """Rows, columns, names, bases, strides and levels as an entry point takes them, and what keeps them alive."""
        count = len(self.columns)
        names = (ctypes.c_char_p * count)(*[name.encode("utf-8") for name in self.names])
        bases = (ctypes.c_void_p * count)(*[_native.address(column) for column in self.columns])
        strides = (ctypes.c_ssize_t * count)(*[
            column.strides[0] // 8 if len(column) > 1 else 1 for column in self.columns])
        levels = (ctypes.c_char_p * count)(*[
            None if level is None else json.dumps(level).encode("utf-8") for level in self.levels])
        return (self.count, count, names, bases, strides, levels)


def _column(name, values, known):
    """A column as doubles in place where it is that already, and its levels where it holds labels."""
    if "\0" in name:
        raise ValueError(f"the column name {name!r} has a null character in it; rename the column.")
    if isinstance(values, np.ma.MaskedArray):
        values = np.ma.filled(values.astype(np.float64), np.nan) if values.dtype.kind in "biuf" else values.filled(None)
    array = np.asarray(values)
    if array.ndim != 1:
        raise ValueError(f"column {name!r} has {array.ndim} dimensions; a column has one.")
    if array.dtype.kind == "c":
        raise ValueError(f"column {name!r} holds complex numbers; give their real and imaginary parts.")
    if array.dtype.kind in "Mm" or "datetime" in str(getattr(values, "dtype", "")):
        raise TypeError(f"column {name!r} holds dates; convert them to numbers first.")
    categories = getattr(getattr(values, "cat", None), "categories", None)
    if categories is None and array.dtype.kind in "biuf" and known is None:
        if array.dtype == np.float64 and array.dtype.isnative and array.strides[0] % 8 == 0:
            return array, None
        return array.astype(np.float64), None
    if categories is None and array.dtype.kind == "O" and known is None:
        try:
            return _checks.objects_to_numbers(array), None
        except (TypeError, ValueError):
            pass
    missing = np.array([_checks.is_missing(value) for value in array.tolist()], dtype=bool)
    texts = np.array([str(value) for value in array.tolist()], dtype=object)
    if known is not None:
        levels = known
    elif categories is not None:
        levels = [str(category) for category in categories]
    else:
        levels = sorted(set(texts[~missing]))
    index = {level: i for i, level in enumerate(levels)}
    unknown = sorted(set(texts[~missing]) - set(index))
    if unknown:
        raise ValueError(
            f"column {name!r} has the label {unknown[0]!r}, which the model was not fitted to; it knows "
            f"{', '.join(map(repr, levels[:8]))}{', …' if len(levels) > 8 else ''}.")
    codes = np.array([np.nan if gone else index[text] for text, gone in zip(texts, missing)], dtype=np.float64)
    return codes, list(levels)


def table_of(data, known_levels=None) -> Table:
    """A table of a NumPy array, a dictionary of columns, a DataFrame of pandas, polars or Arrow, or an Arrow stream."""
    known_levels = known_levels or {}
    _checks.check_not_lazy(data)
    fields = getattr(getattr(data, "dtype", None), "names", None)
    if isinstance(data, np.ndarray) and fields:
        pairs = [(field, data[field]) for field in fields]
    elif isinstance(data, (np.ndarray, list, tuple)):
        array = data if isinstance(data, np.ndarray) else np.asarray(data)
        if array.ndim == 1:
            array = array[:, None]
        if array.ndim != 2:
            raise ValueError(f"an array of {array.ndim} dimensions is no table; rows and columns were expected.")
        names = [f"x{j + 1}" for j in range(array.shape[1])]
        pairs = [(name, array[:, j]) for j, name in enumerate(names)]
    elif isinstance(data, dict):
        pairs = [(str(name), values) for name, values in data.items()]
    elif hasattr(data, "column_names"):
        pairs = [(str(name), data[name].to_numpy()) for name in data.column_names]
    elif hasattr(data, "columns"):
        pairs = [(str(name), data[name]) for name in data.columns]
    elif hasattr(data, "name") and hasattr(data, "__array__"):
        pairs = [(str(data.name), data)]
    elif hasattr(data, "__arrow_c_stream__"):
        try:
            import pyarrow
        except ImportError:
            raise TypeError(
                f"a {type(data).__name__} hands out Arrow data, which pyarrow reads: install it, or give a dictionary of "
                "columns.") from None
        try:
            data = pyarrow.table(data)
        except (TypeError, ValueError):
            raise TypeError(
                f"a {type(data).__name__} hands out Arrow data, but no table of columns: give a table.") from None
        return table_of(data, known_levels)
    else:
        raise TypeError(
            f"an object of type {type(data).__name__} is no table: give a NumPy array, a dictionary of columns, or a DataFrame.")
    if not pairs:
        raise ValueError("the table has no columns.")
    names = [name for name, _ in pairs]
    if len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"the table has two columns {twice!r}; rename one of them.")
    columns = [_column(name, values, known_levels.get(name)) for name, values in pairs]
    return Table(names, [column for column, _ in columns], [levels for _, levels in columns])


def labelled(values, levels):
    """A column of labels by their indices; numbers as they are."""
    if not levels:
        return values.copy()
    known = np.array(list(levels) + [None], dtype=object)
    return known[np.where(np.isnan(values), len(levels), values).astype(int)]


def like(data, columns):
    """Columns in the place of those of a table: an array for an array, a DataFrame of pandas for one, else as they are."""
    if isinstance(data, np.ndarray):
        filled = data.astype(np.float64 if data.dtype.kind != "O" else object)
        filled = filled[:, None] if filled.ndim == 1 else filled
        for name, values in columns.items():
            filled[:, int(name[1:]) - 1] = values
        return filled.reshape(data.shape)
    if hasattr(data, "assign") and hasattr(data, "columns"):
        return data.assign(**columns)
    return columns
