"""The compiled core: loading it, errors, threads, and thin wrappers that take NumPy arrays."""
from __future__ import annotations

import ctypes
import os
import pathlib
import sys
from typing import Any

import numpy as np

from ._errors import SufficeError

FORMS = {"linear": 0, "diagonal": 1, "full": 2, "whitened_diagonal": 3, "whitened_full": 4}
_ELEMENTS = {np.dtype(np.float64): 0, np.dtype(np.float32): 1, np.dtype(np.int64): 2, np.dtype(np.int32): 3}

_long: Any = ctypes.c_ssize_t
_int: Any = ctypes.c_int32
_address: Any = ctypes.c_void_p

#: Called after every pass with its phase, number, bound, held-out log density, change and seconds; 0 stops.
PROGRESS = ctypes.CFUNCTYPE(
    _int, _int, _long, ctypes.c_double, ctypes.c_double, ctypes.c_double, ctypes.c_double)


# Each has memory of its own, and more than processors bring nothing.
_MOST_THREADS = 1024


def _find() -> str:
    name = "libSufficeC.dylib" if sys.platform == "darwin" else "libSufficeC.so"
    own = os.environ.get("SUFFICE_LIBRARY")
    path = pathlib.Path(own) if own else pathlib.Path(__file__).with_name(name)
    if not path.is_file():
        raise ImportError(
            f"the compiled core of suffice is not at {path}. Install the package with pip, which builds it, or set "
            "SUFFICE_LIBRARY to the library that 'swift build -c release --product SufficeC' makes."
        )
    return str(path)


def _load():
    library = ctypes.CDLL(_find())
    library.suffice_last_error.restype = ctypes.c_char_p
    library.suffice_last_error.argtypes = []
    library.suffice_mixture_sweep.restype = _int
    library.suffice_mixture_sweep.argtypes = (
        [_address, _int, _long, _long, _long, _long, _address, _int, _long]
        + [_address] * 4 + [_int] + [_address] * 6 + [_int]
    )
    library.suffice_free_text.restype = None
    library.suffice_free_text.argtypes = [_address]
    library.suffice_fit_free.restype = None
    library.suffice_fit_free.argtypes = [_address]
    table = [_long, _long, _address, _address, _address, _address]
    entries = {
        "suffice_models": [_address],
        "suffice_model_about": [ctypes.c_char_p, _address],
        "suffice_fit": [ctypes.c_char_p, ctypes.c_char_p] + table + [_address, _address, _long, _address, PROGRESS, _address],
        "suffice_fit_update": [_address, ctypes.c_char_p] + table + [ctypes.c_double, PROGRESS, _address],
        "suffice_fit_statistics": [_address, ctypes.c_char_p] + table + [_int, _address, _long],
        "suffice_fit_updated": [_address, _address, _long, ctypes.c_double, _address],
        "suffice_fit_read": [ctypes.c_char_p, _address],
        "suffice_fit_write": [_address, ctypes.c_char_p],
        "suffice_fit_about": [_address, _address],
        "suffice_fit_model": [_address, _address],
        "suffice_fit_parameter": [_address, ctypes.c_char_p, ctypes.c_char_p, _address, _long],
        "suffice_fit_apply": [_address] + table + [_int, _address, _long, _address],
        "suffice_fit_impute": [_address] + table + [_int, _address, _address, _long],
        "suffice_picture": [ctypes.c_char_p, _address],
        "suffice_fit_sample": [_address, _long, ctypes.c_uint64, _address, _long],
        "suffice_fit_sample_given": [_address] + table + [ctypes.c_uint64, _address, _long],
    }
    for name, arguments in entries.items():
        function: Any = getattr(library, name)
        function.restype, function.argtypes = _int, arguments
    for name in ("suffice_digamma_values", "suffice_log_gamma_values"):
        function = getattr(library, name)
        function.restype = None
        function.argtypes = [_address, _long, _address]
    return library


library = _load()


def address(array):
    """The address of an array's first element; None for None."""
    return None if array is None else array.__array_interface__["data"][0]


def check(code: int) -> None:
    """Raises what an entry point reports."""
    if code != 0:
        message = library.suffice_last_error()
        text = (message or b"the core failed without a message").decode("utf-8", "replace")
        raise SufficeError.of(code, text)


def thread_count(n_jobs=None) -> int:
    """How many threads to use: ``n_jobs`` as joblib reads it, else the environment, else the processors at hand.

    ``SUFFICE_NUM_THREADS`` comes first, then ``OMP_NUM_THREADS``, which joblib's workers set as well.
    """
    try:
        available = len(os.sched_getaffinity(0))
    except AttributeError:
        available = os.cpu_count() or 1
    if n_jobs is not None:
        jobs = int(n_jobs)
        if jobs == 0:
            raise ValueError("n_jobs is 0; give a number of threads, or -1 for all processors.")
        return min(jobs, _MOST_THREADS) if jobs > 0 else max(1, available + 1 + jobs)
    for name in ("SUFFICE_NUM_THREADS", "OMP_NUM_THREADS"):
        text = os.environ.get(name, "").split(",")[0].strip()
        if text.isdigit() and int(text) > 0:
            return min(int(text), max(available, 1) if name == "OMP_NUM_THREADS" else _MOST_THREADS)
    return available


class Rows:
    """A two-dimensional array as the core reads it: in place, whatever its strides."""

    __slots__ = ("array", "element", "count", "width", "row_stride", "column_stride", "base")

    def __init__(self, array: np.ndarray):
        if array.dtype not in _ELEMENTS or not array.dtype.isnative:
            array = array.astype(np.float64)
        self.array = array
        self.element = _ELEMENTS[array.dtype]
        self.count, self.width = array.shape
        self.row_stride, self.column_stride = array.strides
        self.base = address(array)


def sweep(
    rows: Rows, form: str, labels: int, center, weights, shifts, bias, *, row_weights=None, hard=False, sums=None,
    counts=None, responsibilities=None, normalizers=None, best=None, threads=1,
) -> float:
    """One pass over rows; fills the arrays that are given and returns the sum of the log normalizers."""
    total = ctypes.c_double()
    check(
        library.suffice_mixture_sweep(
            rows.base, rows.element, rows.count, rows.width, rows.row_stride, rows.column_stride,
            address(row_weights), FORMS[form], labels, address(center), address(weights), address(shifts),
            address(bias), hard, address(counts), address(sums), ctypes.addressof(total), address(responsibilities),
            address(normalizers), address(best), threads,
        )
    )
    return total.value


def _elementwise(function, values):
    values = np.ascontiguousarray(values, dtype=np.float64)
    result = np.empty_like(values)
    function(values.__array_interface__["data"][0], values.size, result.__array_interface__["data"][0])
    return result


def digamma(values):
    """The digamma function of each element."""
    return _elementwise(library.suffice_digamma_values, values)


def log_gamma(values):
    """The logarithm of the gamma function of each element."""
    return _elementwise(library.suffice_log_gamma_values, values)


def text_of(function, *arguments) -> str:
    """The text that an entry point hands out."""
    pointer = ctypes.c_char_p()
    check(function(*arguments, ctypes.addressof(pointer)))
    try:
        return (pointer.value or b"").decode("utf-8")
    finally:
        library.suffice_free_text(ctypes.cast(pointer, _address))
