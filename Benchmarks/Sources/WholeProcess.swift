import Models
import Suffice

/// `suffice-bench whole W1 train.csv heldout.csv`: everything between a file of rows and a fit on disk, in one process.
///
/// The command line's own time is measured by `bench.py`; this is the library's part of it, split into phases.
func runWhole(_ arguments: Arguments) throws {
  let seeds = try arguments.integer("seeds", 1)
  let first = try arguments.integer("seed", 0)
  for seed in first..<first + seeds {
    try runWhole(
      Workload.named(arguments.positional(0, "a workload")), train: arguments.positional(1, "a training file"),
      heldOut: arguments.positional(2, "a held-out file"),
      output: arguments.text("output"), threads: arguments.integer("threads", 2), seed: seed,
      precision: arguments.precision())
  }
}

private func runWhole(
  _ workload: Workload, train: String, heldOut: String, output: String?, threads: Int, seed: Int,
  precision: Precision
) throws {
  let began = monotonicSeconds()
  let table = try DataFile.read(path: train)
  let read = monotonicSeconds()

  var settings = FitSettings()
  settings.threads = threads
  settings.seed = UInt64(seed)
  var driverBegan = Double.nan
  var restartsEnded = Double.nan
  var restartSweeps = 0
  let fit = try Fit(
    ModelGraph(workload.model(columns: table.columns.count)), to: table, settings: settings,
    backend: CPUBackend(precision: precision)
  ) { progress in
    let now = monotonicSeconds()
    if driverBegan.isNaN { driverBegan = now - progress.entry.seconds }
    if case .restart = progress.phase {
      restartsEnded = now
      restartSweeps += 1
    }
    return true
  }
  let fitted = monotonicSeconds()
  if let output { try FitFile.write(fit, to: output) }
  let written = monotonicSeconds()

  let density = try meanLogDensity(of: fit, on: DataFile.read(path: heldOut), threads: threads)
  printRecord([
    "seed": seed, "rows": table.rowCount, "wallSeconds": written - began, "readSeconds": read - began,
    "bindSeconds": driverBegan - read, "restartSeconds": restartsEnded - driverBegan,
    "passSeconds": fitted - restartsEnded, "writeSeconds": written - fitted,
    "scoreSeconds": monotonicSeconds() - written, "restartSweeps": restartSweeps, "passes": fit.trace.count,
    "converged": fit.converged, "bound": fit.bound, "restartBounds": fit.restartBounds,
    "heldOutMeanLogDensity": density,
  ])
}

/// The mean log predictive density of the rows of a table.
func meanLogDensity(of fit: Fit, on table: DataTable, threads: Int) throws(FitError) -> Double {
  let densities = try Application(fit, to: table, threads: threads).logDensities()
  return densities.reduce(0, +) / Double(max(densities.count, 1))
}
