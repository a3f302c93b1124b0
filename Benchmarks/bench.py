#!/usr/bin/env python3
"""Suffice and its peers side by side: Benchmarks/bench.py [--quick] [W1 ... topics chain]; see README.md.

Needs the release build of suffice-bench (built here if it is missing) and, for the first run, a network: scikit-learn
goes into a virtual environment of its own. Nothing else is needed, nothing outside the build folder is written.
"""
import argparse
import collections
import json
import os
import shutil
import statistics
import subprocess
import sys
import time
import venv

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(HERE)
BUILD = os.path.join(ROOT, ".build-bench")
PYTHON = os.path.join(BUILD, "venv", "bin", "python")
PACKAGES = ["numpy", "scikit-learn==1.9.*"]
# What the other workloads' peers come in; a package that does not install is left out, and said to be.
EXTRA = {**{f"W{i}": {"jax": ["jax"]} for i in range(1, 6)},
         "topics": {"gensim": ["gensim"]}, "chain": {"hmmlearn": ["hmmlearn"], "dynamax": ["dynamax"]}}
# How many times faster than each peer a pass over documents, or over a chain, is meant to be.
OTHER_TARGETS = {"topics": {"sklearn": 10, "gensim": 10}, "chain": {"hmmlearn": 10, "dynamax": 4}}
# How many times faster than scikit-learn a sweep is meant to be.
TARGETS = {"W1": 70, "W2": 20, "W3": 5, "W4": 4, "W5": 110}
# The same in single precision, and how many times faster than a jitted JAX sweep in both precisions.
SINGLE_TARGETS = {"W1": 180, "W2": 35, "W3": 9, "W4": 7, "W5": 280}
JAX_TARGETS = {"double": {"W1": 5.5, "W2": 3, "W3": 2.3, "W4": 1.5, "W5": 7.5},
               "single": {"W1": 9, "W2": 5.5, "W3": 2.3, "W4": 1.2, "W5": 18}}
# Rows of a block in JAX: the fastest of 2,048, 16,384 and 131,072 where these were tried (W1 and W5).
JAX_BLOCKS = {"W1": 16384, "W2": 2048, "W3": 2048, "W4": 2048, "W5": 2048}
# The first iteration of each run warms up and is not counted.
PEER_ITERATIONS = {"W1": 6, "W2": 3, "W3": 3, "W4": 11, "W5": 3}
Whole = collections.namedtuple("Whole", "kind model density slack target")
# Whole fits: the file, the command's model, the held-out mean log density of scikit-learn after 100 iterations (W1 from its
# KMeans start 0, W2 after 60 and W5 after 9 iterations, when it moved no more than in the fourth decimal), how far below
# it a fit may stay, and how many times faster than 100 iterations it should be.
WHOLE = {
    "W1": Whole("csv", ["dirichlet-process-column-mixture"], -11.8337, 0.002, 500),
    "W2": Whole("npy", ["dirichlet-process-gaussian-mixture", "--components", "32", "--concentration", "0.03125"],
                -26.0391, 0.002, 1000),
    "W5": Whole("npy", ["dirichlet-process-gaussian-mixture", "--components", "10", "--concentration", "0.1"],
                -4.3305, 0.002, 1000),
}


def run(command, **environment):
    """The lines of JSON that a command prints."""
    result = subprocess.run(command, stdout=subprocess.PIPE, text=True, env={**os.environ, **environment})
    if result.returncode != 0:
        sys.exit(f"{' '.join(command)} failed")
    return [json.loads(line) for line in result.stdout.splitlines() if line.startswith("{")]


def cpu():
    """The processor's name, and whether it has AVX-512."""
    try:
        with open("/proc/cpuinfo") as f:
            text = f.read()
    except OSError:
        return "unknown processor", False
    names = [line.split(":", 1)[1].strip() for line in text.splitlines() if line.startswith(("model name", "cpu family"))]
    return f"{names[-1]}, family {names[0]}" if len(names) > 1 else "unknown processor", "avx512f" in text


def stolen():
    """Processor time so far: all, and what the host gave to others."""
    try:
        with open("/proc/stat") as f:
            fields = [int(x) for x in f.readline().split()[1:]]
        return sum(fields), fields[7]
    except (OSError, IndexError):
        return 0, 0


def prepare(names, quick):
    if not os.path.exists(PYTHON):
        venv.create(os.path.dirname(os.path.dirname(PYTHON)), with_pip=True)
    if subprocess.run([PYTHON, "-c", "import sklearn"], stderr=subprocess.DEVNULL).returncode != 0:
        subprocess.run([PYTHON, "-m", "pip", "install", "--quiet", *PACKAGES], check=True)
    for name in names:
        for module, packages in EXTRA.get(name, {}).items():
            if not has(module):
                subprocess.run([PYTHON, "-m", "pip", "install", "--quiet", *packages])
    data = os.path.join(BUILD, "data")
    quickly = ["--quick"] if quick else []
    if "topics" in names:
        subprocess.run([PYTHON, os.path.join(HERE, "topics.py"), "corpus", data, *quickly], check=True)
    if "chain" in names:
        subprocess.run([PYTHON, os.path.join(HERE, "chain.py"), "rows", data, *quickly], check=True)
    names = [name for name in names if name in TARGETS]
    if not names:
        return data
    command = [PYTHON, os.path.join(HERE, "workloads.py"), data, *names]
    subprocess.run(command + quickly, check=True)
    return data


def has(module):
    return subprocess.run([PYTHON, "-c", f"import {module}"], stderr=subprocess.DEVNULL).returncode == 0


def alternating(rounds, sides):
    """The records of each side, which take turns: whoever comes second may find a slower or faster machine."""
    records = {name: [] for name in sides}
    for round_ in range(rounds):
        for name in list(sides)[::1 if round_ % 2 == 0 else -1]:
            records[name] += sides[name]()
    return records


def topics(data, given):
    """Passes over documents, and the held-out perplexity of the topics after them."""
    script, quickly = os.path.join(HERE, "topics.py"), ["--quick"] if given.quick else []
    file = os.path.join(data, f"topics{'-quick' if given.quick else ''}-train.npy")
    output = os.path.join(BUILD, "topics.npy")

    def ours():
        records = run([given.program, "topics", file, "--batch", str(given.batch), "--threads", str(given.threads),
                       "--passes", "3", "--output", output])
        return [{**records[0], **run([PYTHON, script, "judge", data, output, *quickly])[0]}]

    def peer(name, jobs):
        return lambda: run([PYTHON, script, "fit", name, data, "--batch", str(given.batch), "--jobs", str(jobs),
                            "--passes", "3", *quickly])

    names = [name for name in OTHER_TARGETS["topics"] if has(name)]
    sides = {"Suffice": ours, **{f"{name}, {jobs} jobs": peer(name, jobs) for name in names for jobs in (1, 2)}}
    records = alternating(given.rounds, sides)
    lines = [f"| topics, batches of {given.batch} | documents/s (slowest pass–fastest) | Suffice is faster | target | "
             "held-out perplexity | extra memory |", "|---|---|---|---|---|---|"]
    own = statistics.median(x for record in records["Suffice"] for x in record["seconds"])
    for name, list_ in records.items():
        seconds, count = [x for record in list_ for x in record["seconds"]], list_[0]["documents"]
        middle = statistics.median(seconds)
        lines.append(
            f"| {name} | {count / middle:,.0f} ({count / max(seconds):,.0f}–{count / min(seconds):,.0f}) | "
            f"{middle / own:.1f} | {OTHER_TARGETS['topics'].get(name.split(',')[0], '')} | "
            f"{statistics.median(record['perplexity'] for record in list_):.0f} | "
            f"{max(record['extraPeakBytes'] for record in list_) / 2**20:.0f} MiB |")
    return records, lines + missing("topics", names)


def chain(data, given):
    """Iterations over one long sequence."""
    file = os.path.join(data, f"chain{'-quick' if given.quick else ''}-train.npy")

    def peer(name):
        return lambda: run([PYTHON, os.path.join(HERE, "chain.py"), "fit", name, file])

    names = [name for name in OTHER_TARGETS["chain"] if has(name)]
    ours = lambda: run([given.program, "chain", file, "--threads", str(given.threads), "--passes", "15"])
    records = alternating(given.rounds, {"Suffice": ours, **{name: peer(name) for name in names}})
    lines = ["| chain | s/iteration | Suffice is faster | target |", "|---|---|---|---|"]
    own = statistics.median(x for record in records["Suffice"] for x in record["seconds"])
    for name, list_ in records.items():
        seconds = [x for record in list_ for x in record["seconds"]]
        middle = statistics.median(seconds)
        lines.append(f"| {name} | {middle:.3g} ({min(seconds):.3g}–{max(seconds):.3g}) | {middle / own:.1f} | "
                     f"{OTHER_TARGETS['chain'].get(name, '')} |")
    return records, lines + missing("chain", names)


def missing(work, names):
    absent = [name for name in OTHER_TARGETS[work] if name not in names]
    return ["", f"Not installed, and left out: {', '.join(absent)}."] if absent else []


def sweeps(names, data, given, peer_environment, our_environment):
    """Sweeps and iterations, taking turns; the records of each side by workload."""
    records = {}
    for name in names:
        file = os.path.join(data, f"{name}{'-quick' if given.quick else ''}-train.npy")

        def peer():
            return run([PYTHON, os.path.join(HERE, "peer.py"), name, file, "--iterations", str(PEER_ITERATIONS[name])],
                       **peer_environment)

        def ours(precision):
            return lambda: run([given.program, "sweep", name, file, "--threads", str(given.threads), "--passes", "15",
                                "--precision", precision], **our_environment)

        def jax(precision):
            return lambda: run([PYTHON, os.path.join(HERE, "jax_peer.py"), name, file, "--precision", precision,
                                "--block", str(JAX_BLOCKS[name])])

        sides = {"scikit-learn": peer, "double": ours("double"), "single": ours("single")}
        if has("jax"):
            sides |= {f"JAX {precision}": jax(precision) for precision in ("double", "single")}
        records[name] = alternating(given.rounds, sides)
        print(f"{name} measured", file=sys.stderr, flush=True)
    return records


def seconds(records):
    """All times of a side; a peer's first iteration warms up."""
    return [x for record in records for x in record["seconds"][0 if "bound" in record else 1:]]


def limits_of(records, side):
    return {key: max(r[key] for sides in records.values() for r in sides[side])
            for key in ("gemmFlops", "readBytes", "exponentials")}


def floor_of(record, limits):
    return max(record["leastBytes"] / limits["readBytes"],
               record["leastFlops"] / limits["gemmFlops"] + record["leastExponentials"] / limits["exponentials"])


def precision_table(records):
    """Single precision beside double, scikit-learn, and JAX in both."""
    def spread(values):
        return f"{statistics.median(values):.3g} ({min(values):.3g}–{max(values):.3g})" if values else "–"

    def ratio(peer, own, target):
        return f"{statistics.median(peer) / statistics.median(own):.1f} ({target})" if peer else "–"

    lines = ["| work | double s/sweep | single s/sweep | single is faster | than scikit-learn (target) | floor s | "
             "times the floor | JAX single s | single is faster (target) | JAX double s | double is faster (target) |",
             "|---|---|---|---|---|---|---|---|---|---|---|"]
    limits = limits_of(records, "single")
    for name, sides in records.items():
        times = {side: seconds(sides.get(side, [])) for side in ("scikit-learn", "double", "single", "JAX single", "JAX double")}
        floor = floor_of(sides["single"][0], limits)
        lines.append(
            f"| {name} | {spread(times['double'])} | {spread(times['single'])} | "
            f"{statistics.median(times['double']) / statistics.median(times['single']):.2f} | "
            f"{ratio(times['scikit-learn'], times['single'], SINGLE_TARGETS[name])} | {floor:.3g} | "
            f"{statistics.median(times['single']) / floor:.2f} | {spread(times['JAX single'])} | "
            f"{ratio(times['JAX single'], times['single'], JAX_TARGETS['single'][name])} | {spread(times['JAX double'])} | "
            f"{ratio(times['JAX double'], times['double'], JAX_TARGETS['double'][name])} |")
    return lines + ["", f"Limits in single precision: {limits['gemmFlops'] / 1e9:.0f} GFLOP/s, "
                    f"{limits['exponentials'] / 1e9:.1f} G exponentials/s."]


def sweep_table(records):
    limits = limits_of(records, "double")
    lines = [
        "| work | rows × columns, components | scikit-learn s/iteration | Suffice s/sweep | times faster | target | "
        "floor s | times the floor | extra memory, scikit-learn | Suffice |",
        "|---|---|---|---|---|---|---|---|---|---|"]
    for name, sides in records.items():
        ours, theirs = sides["double"], sides["scikit-learn"]
        mine, peers = seconds(ours), seconds(theirs)
        a, b, one = statistics.median(mine), statistics.median(peers), ours[0]
        floor = floor_of(one, limits)
        memory = [max(record["extraPeakBytes"] for record in side) / 2**20 for side in (theirs, ours)]
        lines.append(
            f"| {name} | {one['rows']:,} × {one['columns']}, {one['components']} | "
            f"{b:.3g} ({min(peers):.3g}–{max(peers):.3g}) | {a:.3g} ({min(mine):.3g}–{max(mine):.3g}) | {b / a:.1f} | "
            f"{TARGETS[name]} | {floor:.3g} | {a / floor:.2f} | {memory[0]:.0f} MiB | {memory[1]:.0f} MiB |")
    lines += ["", f"Limits: {limits['gemmFlops'] / 1e9:.0f} GFLOP/s in square matrix products, "
              f"{limits['readBytes'] / 1e9:.0f} GB/s read, {limits['exponentials'] / 1e9:.1f} G exponentials/s."]
    return lines


def whole(name, data, given, seconds_per_iteration):
    """Whole fits with the default schedule: the library's phases, and the command line's wall time where there is one."""
    stem = os.path.join(data, f"{name}{'-quick' if given.quick else ''}-train.{WHOLE[name].kind}")
    held = os.path.join(data, f"{name}-heldout.{WHOLE[name].kind}")
    fit = os.path.join(BUILD, f"{name.lower()}.safetensors")
    records = []
    for seed in range(given.seeds):
        # A process for each seed: memory that an earlier fit left behind would flatter the next.
        records += run([given.program, "whole", name, stem, held, "--seed", str(seed), "--threads", str(given.threads),
                        "--output", fit])
    lines = [f"{name}, from {WHOLE[name].kind.upper()} to a saved fit:", "",
             "| seed | wall s | read | bind | restarts | passes | write | passes, number | held-out mean log density |",
             "|---|---|---|---|---|---|---|---|---|"]
    for r in records:
        phases = " | ".join(f"{r[key + 'Seconds']:.3f}" for key in ("read", "bind", "restart", "pass", "write"))
        lines.append(f"| {r['seed']} | {r['wallSeconds']:.2f} | {phases} | {r['passes']} | "
                     f"{r['heldOutMeanLogDensity']:.4f} |")
    peer, slack = WHOLE[name].density, WHOLE[name].slack
    densities = [r["heldOutMeanLogDensity"] for r in records]
    lines += ["", f"At least {peer} − {slack}: {sum(x >= peer - slack for x in densities)} of {len(densities)}. "
              f"Median wall time {statistics.median(r['wallSeconds'] for r in records):.2f} s."]
    return lines + ["", *command_line(name, given.tool, stem, held, fit, given, seconds_per_iteration)]


def command_line(name, tool, train, held, fit, given, seconds_per_iteration):
    """Wall times of the command itself, where it has been built and knows `fit`."""
    help_text = subprocess.run([tool, "--help"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True).stdout \
        if os.path.exists(tool) else ""
    if "fit" not in help_text or "score" not in help_text:
        return ["The `suffice` command was not there to be measured."]
    walls, densities = [], []
    for seed in range(given.seeds):
        began = time.perf_counter()
        subprocess.run([tool, "fit", *WHOLE[name].model, "--data", train, "--quiet", "--threads",
                        str(given.threads), "--seed", str(seed), "--output", fit], check=True, stdout=subprocess.DEVNULL)
        walls.append(time.perf_counter() - began)
        scored = subprocess.run([tool, "score", fit, "--data", held, "--json"], check=True, text=True,
                                stdout=subprocess.PIPE)
        densities.append(json.loads(scored.stdout)["meanLogDensity"])
    peer, slack, wall = WHOLE[name].density, WHOLE[name].slack, statistics.median(walls)
    return [f"`suffice fit` on {name}: median {wall:.2f} s "
            f"({min(walls):.2f}–{max(walls):.2f}) over {len(walls)} seeds; held-out density of at least "
            f"{peer} − {slack}: {sum(x >= peer - slack for x in densities)} of {len(densities)}; 100 iterations of "
            f"scikit-learn, at {seconds_per_iteration:.3g} s each in this run, would take "
            f"{100 * seconds_per_iteration / wall:.0f} times as long (target {WHOLE[name].target})."]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="W1 ... W5 topics chain")
    parser.add_argument("--quick", action="store_true", help="twenty times fewer rows")
    parser.add_argument("--rounds", type=int, default=2, help="how often each pair is measured")
    parser.add_argument("--seeds", type=int, default=10, help="fits of the whole-process benchmark")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--batch", type=int, default=256, help="documents of a batch")
    parser.add_argument("--program", default=os.path.join(ROOT, ".build", "release", "suffice-bench"))
    parser.add_argument("--tool", help="the command line (default: suffice beside the program)")
    given = parser.parse_args()
    given.tool = given.tool or os.path.join(os.path.dirname(given.program), "suffice")
    if unknown := set(given.names) - set(TARGETS) - set(OTHER_TARGETS):
        sys.exit(f"no such workload: {', '.join(sorted(unknown))}")
    if not os.path.exists(given.program):
        if not shutil.which("swift"):
            sys.exit("swift is not in the path, and there is no build of suffice-bench")
        subprocess.run(["swift", "build", "-c", "release", "--product", "suffice-bench"], cwd=ROOT, check=True)
    wanted = given.names or [*TARGETS, *OTHER_TARGETS]
    data = prepare(wanted, given.quick)
    names = [name for name in wanted if name in TARGETS]

    processor, has_wide_vectors = cpu()
    count = str(given.threads)
    peer = {"OMP_NUM_THREADS": count, "OPENBLAS_NUM_THREADS": count, "MKL_NUM_THREADS": count}
    # Older builds of OpenBLAS take AVX2 on processors that they do not know, and measure half the limit with it. This
    # concerns the limit only: no sweep of ours goes through OpenBLAS, and scikit-learn's own copy chooses for itself.
    ours = {"OPENBLAS_CORETYPE": os.environ.get("OPENBLAS_CORETYPE", "SkylakeX")} if has_wide_vectors else {}
    before = stolen()
    records = sweeps(names, data, given, peer, ours)
    lines = [*sweep_table(records), "", *precision_table(records)] if names else []
    for name in names:
        if name in WHOLE and given.seeds > 0:
            peers = seconds(records[name]["scikit-learn"])
            lines += ["", *whole(name, data, given, statistics.median(peers))]
    for name, measure in {"topics": topics, "chain": chain}.items():
        if name in wanted:
            records[name], more = measure(data, given)
            lines += ["", *more]
    after = stolen()
    versions = run([PYTHON, "-c", "import json, numpy, sklearn\n"
                    "print(json.dumps({'version': sklearn.__version__, 'numpy': numpy.__version__}))"])[0]
    lines += ["", f"{time.strftime('%Y-%m-%d')}, {processor}, {given.threads} threads of {os.cpu_count()}; scikit-learn "
              f"{versions['version']}, numpy {versions['numpy']}; processor time taken by the host meanwhile: "
              f"{100 * (after[1] - before[1]) / max(after[0] - before[0], 1):.1f} %."]
    text = "\n".join(lines)
    print(text)
    with open(os.path.join(BUILD, "results.json"), "w") as f:
        json.dump(records, f, indent=1)


if __name__ == "__main__":
    main()
