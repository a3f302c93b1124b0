import ExponentialFamilies
import Inference
import ModelCompiler
import ModelLanguage
import PlanIR

/// Makes a fit of what its file holds.
struct FitReader {
  let file: SafeTensors
  /// What messages call the file.
  let name: String

  func damaged(_ finding: String) -> DataError {
    DataError("\(name): the fit file is damaged: \(finding). Copy it again, or fit again.")
  }

  /// Compiles the model again and checks that the numbers are those of a fit of it.
  func fit(_ families: [Family]) throws(DataError) -> Fit {
    guard let checksum = file.metadata["checksum"], checksum == Checksum.text(of: file, except: "checksum") else {
      throw damaged("its content does not agree with its checksum")
    }
    let graph = try read("graph") { (field) throws(DataError) in try ModelGraph(field, families: families) }
    let facts = try read("facts") { (field) throws(DataError) in try DataFacts(field) }
    let settings = try read("settings", as: Self.settings)
    try check(facts, graph)
    let naturals = try readNaturals(graph)
    let model: CompiledModel
    do throws(ModelError) {
      model = try CompiledModel(graph, facts: facts)
    } catch {
      throw damaged("its model does not compile: \(error)")
    }
    if let finding = FitFile.mismatch(naturals, model.plan) { throw damaged(finding) }
    try checkCenters(model)
    guard let bound = exactNumber(try text("bound")) else { throw damaged("its bound is no number") }
    guard let converged = Bool(try text("converged")) else {
      throw damaged("whether it converged is neither true nor false")
    }
    // Files of earlier programs do not tell.
    guard let gain = exactNumber(file.metadata["expectedRemainingGain"] ?? "inf") else {
      throw damaged("its expected remaining gain is no number")
    }
    guard let rounding = exactNumber(file.metadata["boundRounding"] ?? "0") else {
      throw damaged("its bound's rounding is no number")
    }
    return Fit(
      model: model, naturals: naturals, bound: bound, trace: try readTrace(),
      restartBounds: try vector("restartBounds"),
      converged: converged, settings: settings, expectedRemainingGain: gain, boundRounding: rounding,
      statistics: try statistics("sum", model.plan))
  }

  // MARK: Texts

  func text(_ key: String) throws(DataError) -> String {
    guard let text = file.metadata[key] else { throw damaged("it has no \(key)") }
    return text
  }

  /// Reads one of the texts that are JSON.
  func read<Value>(
    _ key: String, as value: (JSONField) throws(DataError) -> Value
  ) throws(DataError) -> Value {
    let text = try text(key)
    do throws(DataError) {
      return try value(JSONField(JSON(parsing: text, name: key), path: key))
    } catch {
      throw DataError("\(name): \(error)")
    }
  }

  private static func settings(_ field: JSONField) throws(DataError) -> [String: String] {
    guard case .object(let members) = field.value else { throw field.error("settings are no object.") }
    var settings: [String: String] = [:]
    for member in members { settings[member.key] = try field.member(member.key).text() }
    return settings
  }

  /// What the compiler takes for granted of facts, since they come from bound data.
  private func check(_ facts: DataFacts, _ graph: ModelGraph) throws(DataError) {
    let observed = graph.observed
    guard facts.observed.count == observed.count else {
      throw damaged(
        "it has facts of \(counted(facts.observed.count, "observed variable")), but its model has \(observed.count)")
    }
    for (index, facts) in zip(observed, facts.observed) {
      let variable = graph.variables[index]
      if variable.family.type.domain == .label, facts.levels.contains(where: \.isEmpty) {
        throw damaged("a column of \"\(variable.name)\" has no levels")
      }
      if graph.needs(.stepVariance, of: index) && facts.stepVariance.count != facts.columns.count {
        throw damaged("it has no variance of the steps of \"\(variable.name)\", on which its model depends")
      }
      if graph.needs(.covariance, of: index) && facts.covariance.isEmpty && !facts.columns.isEmpty {
        throw damaged("it has no covariance matrix of \"\(variable.name)\", on which its model depends")
      }
    }
  }

  // MARK: Numbers

  private func tensor(_ name: String) throws(DataError) -> SafeTensors.Tensor {
    guard let tensor = file[name] else { throw damaged("it has no array \"\(shown(name))\"") }
    return tensor
  }

  func vector(_ name: String) throws(DataError) -> [Double] {
    let tensor = try tensor(name)
    guard tensor.shape.count == 1 else { throw damaged("\"\(shown(name))\" is no vector") }
    return tensor.values
  }

  /// The natural parameters, of as many members as the plates say: a plate out of a damaged file may be of any size, and
  /// must not be compiled.
  private func readNaturals(_ graph: ModelGraph) throws(DataError) -> [[Double]] {
    var naturals: [[Double]] = []
    for index in graph.globals {
      let variable = graph.variables[index]
      let tensor = try tensor("natural/\(variable.name)")
      var members = 1
      for plate in variable.plates {
        let (product, overflows) = members.multipliedReportingOverflow(by: graph.plates[plate].size ?? 1)
        members = overflows ? .max : product
      }
      // Plates that follow the data are as large as the compiled model says, which is checked there.
      let isKnown = variable.plates.allSatisfy { graph.plates[$0].size != nil }
      guard tensor.shape.count == 2, !isKnown || tensor.shape[0] == members else {
        throw damaged("the parameters of \"\(variable.name)\" are not those of \(counted(members, "member"))")
      }
      naturals.append(tensor.values)
    }
    return naturals
  }

  /// Natural parameters mean nothing about another centre than theirs.
  private func checkCenters(_ model: CompiledModel) throws(DataError) {
    for (index, variable) in model.graph.variables.enumerated() {
      let stored = file["center/\(variable.name)"]?.values
      if stored?.map(\.bitPattern) != model.centers[index]?.map(\.bitPattern) {
        throw damaged("the centre of \"\(variable.name)\" is not the one that its model has")
      }
    }
  }

  private func readTrace() throws(DataError) -> [TraceEntry] {
    var columns: [[Double]] = []
    for name in ["pass", "rows", "bound", "heldOut", "heldOutError", "seconds"] {
      columns.append(try vector("trace/\(name)"))
    }
    guard Set(columns.map(\.count)).count == 1 else { throw damaged("the columns of its history differ in length") }
    var trace: [TraceEntry] = []
    for row in columns[0].indices {
      guard let pass = Int(exactly: columns[0][row]), let rows = Int(exactly: columns[1][row]) else {
        throw damaged("a pass of its history is no whole number")
      }
      trace.append(
        TraceEntry(
          pass: pass, rows: rows, bound: columns[2][row], heldOut: columns[3][row], heldOutError: columns[4][row],
          seconds: columns[5][row]))
    }
    return trace
  }

  /// What rows add up to, by slot of the plan's totals; nil where the first of its arrays is missing.
  ///
  /// - Parameter prefix: What the names of the arrays begin with.
  func statistics(_ prefix: String, _ plan: Plan) throws(DataError) -> RowStatistics? {
    guard file["\(prefix)/0"] != nil else { return nil }
    var sums: [[Double]] = []
    for (i, slot) in plan.rowTotals.enumerated() {
      sums.append(try vector("\(prefix)/\(i)"))
      guard sums[i].count == plan.parameters[slot.index].count else {
        throw damaged("\"\(prefix)/\(i)\" is not as long as its model asks")
      }
    }
    return RowStatistics(slots: plan.rowTotals, sums: sums)
  }
}
