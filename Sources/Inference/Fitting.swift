import CPUBackend
import ExponentialFamilies
import ModelCompiler
import ModelLanguage
import PlanIR

extension Fit {
  /// Fits a model to a table.
  ///
  /// - Parameters:
  ///   - model: The model.
  ///   - table: The data.
  ///   - bind: Column names by variable name; see ``ColumnBinding``.
  ///   - settings: How.
  ///   - backend: What runs the plan.
  ///   - progress: Called after every pass; return false to stop.
  /// - Throws: ``FitError`` with what is wrong and where.
  public init(
    _ model: some Model, to table: DataTable, bind: [String: [String]] = [:], settings: FitSettings = FitSettings(),
    backend: any Backend = CPUBackend(), progress: (FitProgress) -> Bool = { _ in true }
  ) throws(FitError) {
    let graph = try raising(FitError.model) { () throws(ModelError) in try ModelGraph(model) }
    try self.init(graph, to: table, bind: bind, settings: settings, backend: backend, progress: progress)
  }

  /// Fits a model graph to a table.
  ///
  /// - Throws: ``FitError`` with what is wrong and where.
  public init(
    _ graph: ModelGraph, to table: DataTable, bind: [String: [String]] = [:], settings: FitSettings = FitSettings(),
    backend: any Backend = CPUBackend(), progress: (FitProgress) -> Bool = { _ in true }
  ) throws(FitError) {
    // The model's own mistakes come before those of the data.
    let logJoint = try raising(FitError.model) { () throws(ModelError) in try LogJoint(graph) }
    let data = try raising(FitError.data) { () throws(DataError) in
      let binding = try ColumnBinding(
        graph, table: table, explicit: bind, reserved: settings.weights.map { [$0] } ?? [])
      return try BoundData(graph, table: table, binding: binding, weights: settings.weights, dropsEmptyRows: true)
    }
    let facts = try raising(FitError.backend) { () throws(BackendError) in
      try DataFacts(graph, data, backend: backend, threads: settings.threads)
    }
    let compiled = try raising(FitError.model) { () throws(ModelError) in try CompiledModel(logJoint, facts: facts) }
    let engine = try raising(FitError.backend) { () throws(BackendError) in
      try Engine(compiled, data: data, backend: backend, threads: settings.threads)
    }
    var driver = Driver(engine: engine, settings: settings)
    self = try driver.run(progress)
  }
}
