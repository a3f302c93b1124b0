"""Runs a script or module with scikit-learn's BayesianGaussianMixture replaced: python -m suffice script.py ..."""
from __future__ import annotations

import os
import runpy
import sys

USAGE = """usage: python -m suffice script.py [arguments]
       python -m suffice -m module [arguments]

Runs a Python script with sklearn.mixture.BayesianGaussianMixture replaced by suffice's."""


def main() -> None:
    arguments = sys.argv[1:]
    if not arguments or arguments[0] in ("-h", "--help"):
        print(USAGE)
        sys.exit(0 if arguments else 2)
    try:
        from .patching import patch_sklearn

        patch_sklearn()
    except ImportError as error:
        sys.exit(f"error: {error}")
    if arguments[0] == "-m":
        if len(arguments) < 2:
            sys.exit(f"error: -m needs a module.\n{USAGE}")
        sys.argv = arguments[1:]
        sys.path[0] = os.getcwd()
        runpy.run_module(arguments[1], run_name="__main__", alter_sys=True)
        return
    if not os.path.isfile(arguments[0]):
        sys.exit(f"error: there is no script {arguments[0]!r}.")
    sys.argv = arguments
    sys.path[0] = os.path.dirname(os.path.abspath(arguments[0]))
    runpy.run_path(arguments[0], run_name="__main__")


if __name__ == "__main__":
    main()
