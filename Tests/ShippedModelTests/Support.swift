import Foundation
import Models
import Suffice
import Testing

/// A table of columns x1, x2 … from rows.
func table(_ rows: [[Double]], prefix: String = "x") throws -> DataTable {
  try DataTable(
    columns: (rows.first ?? []).indices.map { j in Column(name: "\(prefix)\(j + 1)", values: rows.map { $0[j] }) })
}

/// Standard normal numbers.
func draws(_ count: Int, seed: UInt64) -> [Double] {
  var random = RandomSource(seed: seed)
  return (0..<count).map { _ in random.normal() }
}

/// Numbers between 0 and 1.
func uniforms(_ count: Int, seed: UInt64) -> [Double] {
  var random = RandomSource(seed: seed)
  return (0..<count).map { _ in random.uniform() }
}

/// Fits on both backends: the bound never falls, and both agree; the fit of the CPU.
func checkedFit(
  _ model: some Model, to data: DataTable, bind: [String: [String]], passes: Int = 40, restarts: Int = 2,
  location: SourceLocation = #_sourceLocation
) throws -> Fit {
  var settings = FitSettings()
  settings.restarts = restarts
  settings.restartSweeps = 10
  settings.maximumPasses = passes
  settings.tolerance = 1e-8
  // Compared pass by pass: whether an extrapolated pass is kept may hang on the last bit, which differs.
  (settings.accelerates, settings.rotates) = (false, false)
  let fits = try [ReferenceBackend(), CPUBackend()].map { (backend: any Backend) in
    try Fit(model, to: data, bind: bind, settings: settings, backend: backend)
  }
  for fit in fits {
    for (before, after) in zip(fit.trace, fit.trace.dropFirst()) {
      #expect(after.bound > before.bound - 1e-9 * abs(before.bound), sourceLocation: location)
    }
  }
  #expect(
    abs(fits[0].bound - fits[1].bound) < 1e-7 * max(1, abs(fits[0].bound)),
    "reference \(fits[0].bound), CPU \(fits[1].bound)", sourceLocation: location)
  return fits[1]
}

/// A table of `Data`.
func dataTable(_ name: String) throws -> DataTable {
  let url = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("Data/\(name).csv")
  return try DataFile.read(path: url.path)
}
