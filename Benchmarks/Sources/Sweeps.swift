import Suffice

/// Timed passes of coordinate ascent.
struct Sweeps {
  /// Seconds of each pass.
  let seconds: [Double]
  /// The bound after each pass.
  let bounds: [Double]
  /// The engine after the last pass.
  let engine: Engine

  /// Seeds a model as a fit does, then runs full passes as a fit does: messages, rows, updates, bound.
  init(
    _ model: any Model, on table: DataTable, threads: Int, passes: Int, seed: UInt64, precision: Precision = .double
  ) throws {
    let start = try Self.start(of: model, on: table, threads: threads, seed: seed)
    let graph = try ModelGraph(model)
    let backend = CPUBackend(precision: precision)
    let data = try BoundData(graph, table: table, binding: ColumnBinding(graph, table: table, explicit: [:]))
    let facts = try DataFacts(graph, data, backend: backend, threads: threads)
    engine = try Engine(CompiledModel(graph, facts: facts), data: data, backend: backend, threads: threads)
    engine.set(start.naturals)
    let rows = RowSelection.range(0..<engine.rowCount)
    var seconds: [Double] = []
    var bounds: [Double] = []
    for _ in 0..<passes {
      let began = monotonicSeconds()
      engine.sweep(rows)
      engine.updateAll()
      bounds.append(engine.bound())
      seconds.append(monotonicSeconds() - began)
    }
    self.seconds = seconds
    self.bounds = bounds
  }

  /// A seeded fit of one pass, which also warms up caches and threads.
  private static func start(
    of model: any Model, on table: DataTable, threads: Int, seed: UInt64
  ) throws(FitError) -> Fit {
    var settings = FitSettings()
    settings.threads = threads
    settings.seed = seed
    settings.restarts = 1
    settings.maximumPasses = 1
    return try Fit(model, to: table, settings: settings)
  }
}

/// `suffice-bench sweep W2 rows.npy`: times passes over a file and compares them with the machine's limits.
func runSweeps(_ arguments: Arguments) throws {
  let workload = try Workload.named(arguments.positional(0, "a workload"))
  let threads = try arguments.integer("threads", 2)
  let precision = try arguments.precision()
  let before = peakMemory()
  let table = try DataFile.read(path: arguments.positional(1, "a file"))
  let columns = table.columns.count
  let sweeps = try Sweeps(
    workload.model(columns: columns), on: table, threads: threads, passes: arguments.integer("passes", 7),
    seed: UInt64(arguments.integer("seed", 0)), precision: precision)
  // Before the limits are measured, which takes memory of its own.
  let extra = peakMemory() - before - table.rowCount * columns * 8
  let limits = MachineLimits.measure(threads: threads, precision: precision)
  let seconds = median(sweeps.seconds)
  let work = workload.leastWork(rows: table.rowCount, columns: columns)
  let least = work.seconds(on: limits)
  printRecord([
    "work": workload.name, "rows": table.rowCount, "columns": columns, "components": workload.components,
    "threads": threads, "precision": precision.rawValue, "secondsPerSweep": seconds, "seconds": sweeps.seconds,
    "extraPeakBytes": max(extra, 0), "floorSeconds": least, "timesFloor": seconds / least,
    "leastFlops": work.flops, "leastExponentials": work.exponentials, "leastBytes": work.bytes,
    "gemmFlops": limits.flopsPerSecond, "readBytes": limits.bytesPerSecond,
    "exponentials": limits.exponentialsPerSecond, "bound": sweeps.bounds.last ?? .nan,
  ])
}
