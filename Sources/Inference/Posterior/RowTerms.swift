import ExponentialFamilies
import PlanIR

/// What a plan's contractions say of one row, label by label: read off the steps, not written again.
///
/// A contraction with a sum over rows among its operands is linear in what a row adds to that sum: its features, the
/// one-hot vector of its label, their products, or 1. Here it becomes a list of coefficients.
struct RowTerms {
  /// A coefficient of a feature, or of 1.
  struct Entry: Hashable {
    /// Which natural parameter it adds to; 0 for a density.
    let target: Int
    /// Which feature is multiplied; nil for 1.
    let feature: Int?
    /// The number in front.
    var coefficient: Double
  }

  /// What a row adds to the natural parameters of one member of a variable.
  struct Increment: Hashable {
    let variable: Int
    let member: Int
    var entries: [Entry]
  }

  /// For each label, the row's log density as far as no global variable is integrated over.
  private(set) var densities: [[Entry]]
  /// For each label, the increments whose densities are ratios of normalizers.
  private(set) var increments: [[Increment]]

  /// Reads the terms for exact integration; nil where a term of the rows touches two global variables.
  init?(exactly plan: Plan, _ memory: ParameterMemory) {
    let reader = Reader(plan: plan, memory: memory)
    densities = Array(repeating: [], count: reader.labels)
    increments = Array(repeating: [], count: reader.labels)
    for (v, variable) in plan.globals.enumerated() {
      let size = memory[variable.natural].count / variable.members
      for case .contract(let contraction) in variable.update {
        guard let entries = reader.entries(contraction) else { continue }
        if reader.touchesGlobal(contraction) { return nil }
        for (label, entry) in entries { add(entry, to: v, size: size, label: label) }
      }
    }
    for case .contract(let contraction) in plan.bound where !reader.touchesGlobal(contraction) {
      for (label, entry) in reader.entries(contraction) ?? [] { addDensity(entry, label: label) }
    }
  }

  /// Reads the terms at known values of the global variables: no integration is left.
  init(at memory: ParameterMemory, _ plan: Plan) {
    let reader = Reader(plan: plan, memory: memory)
    densities = Array(repeating: [], count: reader.labels)
    increments = Array(repeating: [], count: reader.labels)
    for case .contract(let contraction) in plan.bound {
      for (label, entry) in reader.entries(contraction) ?? [] { addDensity(entry, label: label) }
    }
  }

  /// Whether rows in which some features are missing still have a density: only joint means and precision matrices hear of these
  /// features, and elements that are missing can be integrated out of their increments.
  func integrates(over features: Set<Int>, _ plan: Plan) -> Bool {
    func isMissing(_ entry: Entry) -> Bool { entry.feature.map(features.contains) ?? false }
    return !densities.joined().contains(where: isMissing)
      && increments.joined().allSatisfy { increment in
        plan.globals[increment.variable].family == Family(NormalWishart.self)
          || !increment.entries.contains(where: isMissing)
      }
  }

  private mutating func add(_ entry: Entry, to variable: Int, size: Int, label: Int?) {
    let member = entry.target / size
    let local = Entry(target: entry.target % size, feature: entry.feature, coefficient: entry.coefficient)
    for k in label.map({ $0...$0 }) ?? 0...(increments.count - 1) {
      if let i = increments[k].firstIndex(where: { $0.variable == variable && $0.member == member }) {
        increments[k][i].entries.append(local)
      } else {
        increments[k].append(Increment(variable: variable, member: member, entries: [local]))
      }
    }
  }

  private mutating func addDensity(_ entry: Entry, label: Int?) {
    for k in label.map({ $0...$0 }) ?? 0...(densities.count - 1) { densities[k].append(entry) }
  }

  /// Log densities of rows, jointly with each label.
  ///
  /// - Parameter features: Row by row.
  func logJoints(
    _ features: [Double], width: Int, rows: Int, _ memory: ParameterMemory, _ plan: Plan
  ) -> [[Double]] {
    var joints = [[Double]](repeating: [Double](repeating: 0, count: densities.count), count: rows)
    // Labels often add the same numbers to members of their own: form them once.
    var formed: [[Entry]: [Double]] = [:]
    for k in densities.indices {
      for row in 0..<rows {
        joints[row][k] = densities[k].reduce(0) {
          $0 + $1.coefficient * ($1.feature.map { features[row * width + $0] } ?? 1)
        }
      }
      for increment in increments[k] {
        let variable = plan.globals[increment.variable]
        let size = memory[variable.natural].count / variable.members
        let natural = Array(memory[variable.natural][increment.member * size..<(increment.member + 1) * size])
        // Without a feature all rows add the same.
        let distinct = increment.entries.contains { $0.feature != nil } ? rows : 1
        let added: [Double]
        if let known = formed[increment.entries] {
          added = known
        } else {
          var values = [Double](repeating: 0, count: distinct * size)
          for entry in increment.entries {
            for row in 0..<distinct {
              values[row * size + entry.target] +=
                entry.coefficient * (entry.feature.map { features[row * width + $0] } ?? 1)
            }
          }
          formed[increment.entries] = values
          added = values
        }
        let ratios = variable.family.type.logPartitionIncrements(
          natural, adding: added, count: distinct, variable.shape)
        for row in 0..<rows { joints[row][k] += ratios[distinct == 1 ? 0 : row] }
      }
    }
    return joints
  }
}

/// Tells sums over rows from everything else.
private struct Reader {
  private struct RowSum {
    let labels: Int
    let width: Int
    let hasFeatures: Bool
  }

  let plan: Plan
  let memory: ParameterMemory
  let labels: Int
  private var sums: [ParameterSlot: RowSum] = [:]
  private let globals: Set<ParameterSlot>

  init(plan: Plan, memory: ParameterMemory) {
    self.plan = plan
    self.memory = memory
    labels = plan.joints.first.map { plan.tiles[$0.mean.index].width } ?? plan.locals.first?.shape.dimension ?? 1
    globals = Set(plan.globals.map(\.mean))
    let normalizers = Set(plan.locals.map(\.normalizer))
    for case .accumulate(let rows, let features, let into) in plan.rows
    where rows.map({ !normalizers.contains($0) }) ?? true {
      sums[into] = RowSum(
        labels: rows == nil ? 0 : labels, width: features?.features.count ?? 1, hasFeatures: features != nil)
    }
  }

  func touchesGlobal(_ contraction: Contraction) -> Bool { contraction.operands.contains { globals.contains($0.slot) } }

  /// The coefficients of a contraction in what a row adds; nil where no sum over rows is an operand.
  ///
  /// The label is nil
  /// where every label is meant.
  func entries(_ contraction: Contraction) -> [(label: Int?, entry: RowTerms.Entry)]? {
    guard let position = contraction.operands.firstIndex(where: { sums[$0.slot] != nil }),
      let sum = sums[contraction.operands[position].slot]
    else { return nil }
    var result: [(Int?, RowTerms.Entry)] = []
    contraction.forEachElement { addresses, output in
      var coefficient = contraction.coefficient
      for (i, operand) in contraction.operands.enumerated() where i != position {
        coefficient *= memory[operand.slot][addresses[i]]
      }
      if coefficient == 0 { return }
      let address = addresses[position]
      result.append(
        (
          sum.labels == 0 ? nil : address / sum.width,
          RowTerms.Entry(
            target: output, feature: sum.hasFeatures ? address % sum.width : nil, coefficient: coefficient)
        ))
    }
    return result
  }
}
