import Suffice

/// `suffice-bench smoke FOLDER`: small fits of each kind, checked for being right and not for being fast.
///
/// The judge is the mixture that the rows were drawn from, so that no other program is needed: on rows that a fit has not
/// seen, it must come close to the true density.
func runSmoke(_ arguments: Arguments) throws {
  let folder = try arguments.positional(0, "a folder")
  var failures = 0
  for (name, columns, components) in [("W1", 1, 3), ("W2", 4, 4), ("W4", 6, 4), ("W5", 2, 3)] {
    let workload = try Workload.named(name)
    let truth = KnownMixture(columns: columns, components: components, seed: 1)
    for complaint in try complaints(of: workload, truth, folder: folder) {
      failures += 1
      print("\(name): \(complaint)")
    }
  }
  for complaint in try topicComplaints(folder: folder) {
    failures += 1
    print("topics: \(complaint)")
  }
  guard failures == 0 else { throw BenchError("\(counted(failures)) failed.") }
  print("all checks passed")
}

private func counted(_ failures: Int) -> String { failures == 1 ? "1 check" : "\(failures) checks" }

/// What is wrong with a workload's fit; empty where nothing is.
private func complaints(of workload: Workload, _ truth: KnownMixture, folder: String) throws -> [String] {
  let columns = truth.columns
  let rows = truth.draw(20_000, seed: 2)
  let heldOut = truth.draw(5000, seed: 3)
  let array = "\(folder)/\(workload.name)-train.npy"
  try NPYFile.write(rows, columnCount: columns, to: array)
  let table = try DataFile.read(path: array)
  let text = try (train: rewritten(table, "train"), heldOut: rewritten(heldOut, "heldout"))

  func rewritten(_ values: [Double], _ part: String) throws -> DataTable {
    let path = "\(folder)/\(workload.name)-\(part).npy"
    try NPYFile.write(values, columnCount: columns, to: path)
    return try rewritten(DataFile.read(path: path), part)
  }
  func rewritten(_ table: DataTable, _ part: String) throws -> DataTable {
    let path = "\(folder)/\(workload.name)-\(part).csv"
    try CSVWriter().write(table, to: path)
    return try CSVFile(path: path).read()
  }

  var found: [String] = []
  func check(_ condition: Bool, _ complaint: @autoclosure () -> String) { if !condition { found.append(complaint()) } }

  check(isEqual(table, text.train), "the rows read from CSV are not those read from NPY")
  let model = workload.model(columns: columns)
  var settings = FitSettings()
  settings.threads = 2
  let fit = try Fit(model, to: table, settings: settings)
  settings.threads = 1
  let again = try Fit(model, to: text.train, settings: settings)
  check(fit.naturals == again.naturals, "one thread and two, or CSV and NPY, give different parameters")
  check(fit.converged, "the fit did not converge")
  let fall = largestFall(fit.trace.map(\.bound))
  check(fall <= roundingOfBounds, "the bound fell by \(fall) of its size")

  let (expected, actual) = try (
    truth.meanLogDensity(heldOut), meanLogDensity(of: fit, on: text.heldOut, threads: 2)
  )
  // A fit of 20,000 rows misses the truth by about half a parameter's worth a row: parameters / 40,000, which is below 0.004
  // here. Components more than the truth needs cost some more.
  check(abs(actual - expected) < 0.02, "the held-out density is \(actual); the true one is \(expected)")

  let file = "\(folder)/\(workload.name).fit"
  try FitFile.write(fit, to: file)
  check(try FitFile.read(file).naturals == fit.naturals, "the fit read back from its file is another one")

  let sweeps = try Sweeps(model, on: table, threads: 2, passes: 10, seed: 0)
  check(sweeps.bounds.allSatisfy(\.isFinite), "a sweep's bound is not finite")
  check(largestFall(sweeps.bounds) <= roundingOfBounds, "the bound fell in a timed sweep")
  return found
}

/// A bound is a sum over all rows and components, of terms of either sign: relative to its size, that many roundings.
private let roundingOfBounds = 1e-11

/// By how much of its size a bound falls from one pass to the next, at most; infinite where one is no number.
private func largestFall(_ bounds: [Double]) -> Double {
  guard bounds.allSatisfy(\.isFinite) else { return .infinity }
  return zip(bounds, bounds.dropFirst()).map { ($0 - $1) / abs($0) }.max() ?? 0
}

private func isEqual(_ a: DataTable, _ b: DataTable) -> Bool {
  a.rowCount == b.rowCount && a.columns.count == b.columns.count
    && zip(a.columns, b.columns).allSatisfy { one, other in (0..<a.rowCount).allSatisfy { one[$0] == other[$0] } }
}
