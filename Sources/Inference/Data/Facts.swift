import ExponentialFamilies
import ModelCompiler
import ModelLanguage
import PlanIR
import SpecialFunctions

extension DataFacts {
  /// Reads off bound data what the compiler needs: means and variances, covariances where a prior asks for them, levels,
  /// base measures.
  ///
  /// Moments are sums over rows, so the backend computes them, by a plan of three steps: first about the first row, then
  /// about the mean that this gives.
  public init(_ graph: ModelGraph, _ data: BoundData, backend: any Backend, threads: Int) throws(BackendError) {
    var observed: [Observed] = []
    for (i, variable) in graph.observed.enumerated() {
      let input = data.inputs[i]
      let needsCovariance = graph.factors.contains { factor in
        factor.arguments.contains {
          if case .moment(variable, .covariance, _) = $0.value { true } else { false }
        }
      }
      let weights = data.isWeighted ? data.inputs[graph.observed.count] : nil
      let base = meanLogBaseMeasure(graph, variable, input, data, weights: weights)
      if weights != nil || !data.missing[i].isEmpty {
        let moments = Moments(input, weights: weights, needsCovariance: needsCovariance)
        observed.append(
          Observed(
            columns: data.columns[i], levels: data.levels[i], mean: moments.mean, variance: moments.variance,
            covariance: moments.covariance, logBaseMeasure: base, missing: data.missing[i],
            completeRows: moments.completeRows))
        continue
      }
      let first = input.views.map { $0.base[0] }
      let rough = try sums(.value, input, centers: first, backend: backend, threads: threads)
      let n = Double(data.rowCount)
      let mean = zip(first, rough).map { $0 + $1 / n }
      let rest = try sums(.value, input, centers: mean, backend: backend, threads: threads).map { $0 / n }
      let exact = zip(mean, rest).map { $0 + $1 }
      let degrees = n > 1 ? n - 1 : Double.nan
      var covariance: [Double] = []
      let variance: [Double]
      if needsCovariance {
        covariance = try sums(.outerProduct, input, centers: exact, backend: backend, threads: threads).map {
          $0 / degrees
        }
        variance = SymmetricMatrix(order: input.views.count, packed: covariance).diagonal
      } else {
        variance = try sums(.square, input, centers: exact, backend: backend, threads: threads).map { $0 / degrees }
      }
      observed.append(
        Observed(
          columns: data.columns[i], levels: data.levels[i], mean: exact, variance: variance,
          covariance: covariance, logBaseMeasure: base))
    }
    self.init(rowCount: data.rowCount, observed: observed)
    isWeighted = data.isWeighted
  }
}

/// Sums of a statistic over all rows, about centres.
private func sums(
  _ kernel: StatisticKernel, _ input: InputColumns, centers: [Double], backend: any Backend, threads: Int
) throws(BackendError) -> [Double] {
  let columns = input.views.count
  let width = kernel == .outerProduct ? columns * (columns + 1) / 2 : columns
  let (values, features) = (TileSlot(0), TileSlot(1))
  let sum = ParameterSlot(0)
  let scratch = ParameterSlot(1)
  let plan = Plan(
    name: "moments",
    parameters: [
      Plan.ParameterBlock(name: "Σ features", count: width, isRowSum: true),
      Plan.ParameterBlock(name: "unused", count: 1),
    ],
    tiles: [Plan.TileBlock(name: "values", width: columns), Plan.TileBlock(name: "features", width: width)],
    inputs: [Plan.Input(name: "values", centers: centers)], globals: [], locals: [], messages: [],
    rows: [
      .load(input: 0, into: values), .statistic(kernel, from: values, into: TileRange(features, 0..<width)),
      .accumulate(rows: nil, features: TileRange(features, 0..<width), into: sum),
    ], entropy: [], bound: [], entropySlot: scratch, boundSlot: scratch, countSlot: scratch, constantPerRow: 0)
  let executor = try backend.executor(for: plan, inputs: [input], threads: threads)
  var memory = ParameterMemory(plan)
  executor.sweep(.range(0..<input.count), memory: &memory)
  return memory[sum]
}

/// The shape of one observed variable's rows.
func observedShape(_ family: Family, columns: Int, levels: [[String]]) -> FamilyShape {
  let counts = levels.map(\.count)
  return family.type.domain == .label
    ? FamilyShape(dimension: counts.reduce(0, +), groups: counts) : FamilyShape(dimension: columns)
}

/// Log base measures of some rows of an input, over the elements that are present.
func logBaseMeasures(
  _ family: Family, _ input: InputColumns, shape: FamilyShape, rows: some Sequence<Int>
) -> [Double] {
  rows.map { row in
    let value = input.views.map { $0.base[row * $0.stride] }
    if !value.contains(where: \.isNaN) { return family.type.logBaseMeasure(of: value, shape) }
    // Elements may be missing only where they are independent.
    let present = value.filter { !$0.isNaN }
    return family.type.logBaseMeasure(of: present, FamilyShape(dimension: present.count))
  }
}

/// The logarithm of n!/(n − x)! of one row of a variable x with numbers of trials n; 0 for one without.
func logArrangements(_ graph: ModelGraph, _ variable: Int, _ inputs: [InputColumns], row: Int) -> Double {
  guard case .variable(let use)? = graph.factors.first(where: { $0.child == variable })?.trials,
    let own = graph.observed.firstIndex(of: variable), let place = graph.observed.firstIndex(of: use.variable)
  else { return 0 }
  func value(_ input: Int) -> [Double] { inputs[input].views.map { $0.base[row * $0.stride] } }
  return logArrangements(value(own), trials: value(place))
}

/// The logarithm of n!/(n − x)!, summed over the elements that are present; one number of trials serves all.
func logArrangements(_ value: [Double], trials: [Double]) -> Double {
  value.indices.reduce(0) {
    let n = trials[trials.count == 1 ? 0 : $1]
    if value[$1].isNaN { return $0 }
    return $0 + (value[$1] > n ? -.infinity : logGamma(n + 1) - logGamma(n - value[$1] + 1))
  }
}

private func meanLogBaseMeasure(
  _ graph: ModelGraph, _ variable: Int, _ input: InputColumns, _ data: BoundData, weights: InputColumns?
) -> Double {
  let family = graph.variables[variable].family
  let levels = data.levels[graph.observed.firstIndex(of: variable) ?? 0]
  if family.type.hasConstantBaseMeasure { return family.type.domain == .label ? 0 : firstLogBaseMeasure(family, input) }
  let shape = observedShape(family, columns: input.views.count, levels: levels)
  let logs = zip(
    logBaseMeasures(family, input, shape: shape, rows: 0..<input.count),
    (0..<input.count).map { logArrangements(graph, variable, data.inputs, row: $0) }
  ).map { $0 + $1 }
  guard let weight = weights?.views.first else { return logs.reduce(0, +) / Double(max(input.count, 1)) }
  let each = (0..<input.count).map { weight.base[$0 * weight.stride] }
  return zip(logs, each).reduce(0) { $0 + $1.0 * $1.1 } / each.reduce(0, +)
}

private func firstLogBaseMeasure(_ family: Family, _ input: InputColumns) -> Double {
  input.count == 0
    ? 0 : family.type.logBaseMeasure(of: input.views.map { $0.base[0] }, FamilyShape(dimension: input.views.count))
}

/// Moments of columns with missing cells or weighted rows: of the cells that are present; covariances of the rows without
/// missing cells.
///
/// Weights count how often a row is there.
private struct Moments {
  private(set) var mean: [Double] = []
  private(set) var variance: [Double] = []
  private(set) var covariance: [Double] = []
  /// How many rows have a weight and no missing cell; nil where nobody asks.
  private(set) var completeRows: Int?

  init(_ input: InputColumns, weights: InputColumns?, needsCovariance: Bool) {
    func weight(_ row: Int) -> Double { weights.map { $0.views[0].base[row * $0.views[0].stride] } ?? 1 }
    for view in input.views {
      func value(_ row: Int) -> Double { view.base[row * view.stride] }
      let rows = (0..<input.count).filter { !value($0).isNaN }
      let total = rows.reduce(0) { $0 + weight($1) }
      // About the first value, and then about the mean that this gives: no digits are lost far from the origin.
      let origin = rows.first.map(value) ?? 0
      let center = origin + rows.reduce(0) { $0 + weight($1) * (value($1) - origin) } / total
      mean.append(center)
      let degrees = total > 1 ? total - 1 : Double.nan
      variance.append(rows.reduce(0) { $0 + weight($1) * (value($1) - center) * (value($1) - center) } / degrees)
    }
    if !needsCovariance { return }
    let d = input.views.count
    let complete = (0..<input.count).filter { row in !input.views.contains { $0.base[row * $0.stride].isNaN } }
    completeRows = complete.filter { weight($0) > 0 }.count
    let total = complete.reduce(0) { $0 + weight($1) }
    let centers = input.views.map { view in
      complete.reduce(0) { $0 + weight($1) * view.base[$1 * view.stride] } / total
    }
    var products = [Double](repeating: 0, count: d * (d + 1) / 2)
    for row in complete {
      let x = zip(input.views, centers).map { $0.base[row * $0.stride] - $1 }
      var place = 0
      for i in 0..<d {
        for j in 0...i { (products[place], place) = (products[place] + weight(row) * x[i] * x[j], place + 1) }
      }
    }
    // Correlations of the complete rows, deviations of all that is present.
    let spread = (0..<d).map {
      (variance[$0] / max(products[$0 * ($0 + 1) / 2 + $0] / (total - 1), 1e-300)).squareRoot()
    }
    covariance = (0..<d).flatMap { i in
      (0...i).map { j in products[i * (i + 1) / 2 + j] / (total - 1) * spread[i] * spread[j] }
    }
  }
}
