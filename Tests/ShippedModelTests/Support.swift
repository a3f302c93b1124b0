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

/// The path of one of the examples' tables.
func examplePath(_ name: String) -> String {
  var parts = #filePath.split(separator: "/").dropLast(3).map(String.init)
  parts += ["Examples", "Data", "\(name).csv"]
  return "/" + parts.joined(separator: "/")
}

/// Columns of all kinds, sixty rows.
func lawTable() throws -> DataTable {
  let rows = 60
  let (a, b, noise) = (draws(rows, seed: 1), draws(rows, seed: 2), draws(rows, seed: 3))
  let sum = a.indices.map { ($0 % 3 == 0 ? 4 : 1) + a[$0] - 0.5 * b[$0] + 0.5 * noise[$0] }
  var walk = [0.0]
  for step in noise.dropLast() { walk.append(walk[walk.count - 1] + step) }
  let chance = uniforms(rows, seed: 4)
  return try DataTable(
    columns: [
      Column(name: "a", values: a), Column(name: "b", values: b), Column(name: "sum", values: sum),
      Column(name: "other", values: a.indices.map { -a[$0] + noise[rows - 1 - $0] }),
      Column(name: "walk", values: walk),
      Column(name: "count", values: sum.map { max($0.rounded(), 0) }),
      Column(name: "years", values: b.map { 1 + abs($0) }),
      Column(name: "group", values: a.indices.map { Double($0 % 5) }),
      Column(name: "item", values: a.indices.map { Double($0 / 5 % 4) }),
      Column(name: "answer", values: a.indices.map { chance[$0] < (a[$0] > 0 ? 0.8 : 0.3) ? 1 : 0 }),
      Column(
        name: "kind", values: sum.map { $0 > 3 ? 0 : $0 > 1 ? 1 : 2 }, kind: .categorical(levels: ["u", "v", "w"])),
    ])
}
