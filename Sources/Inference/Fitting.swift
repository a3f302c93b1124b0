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
    var session = try FitSession(graph, to: table, bind: bind, settings: settings, backend: backend)
    try session.run(progress)
    self = session.fit
  }
}
