import ExponentialFamilies
import ModelCompiler
import ModelLanguage
import PlanIR

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
          columns: data.binding.columns[i], levels: data.levels[i], mean: exact, variance: variance,
          covariance: covariance,
          logBaseMeasure: meanLogBaseMeasure(graph.variables[variable].family, input, levels: data.levels[i])))
    }
    self.init(rowCount: data.rowCount, observed: observed)
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

/// Log base measures of some rows of an input.
func logBaseMeasures(
  _ family: Family, _ input: InputColumns, shape: FamilyShape, rows: some Sequence<Int>
) -> [Double] {
  rows.map { row in family.type.logBaseMeasure(of: input.views.map { $0.base[row * $0.stride] }, shape) }
}

private func meanLogBaseMeasure(_ family: Family, _ input: InputColumns, levels: [[String]]) -> Double {
  let shape = observedShape(family, columns: input.views.count, levels: levels)
  let count = family.type.hasConstantBaseMeasure ? 1 : input.count
  return logBaseMeasures(family, input, shape: shape, rows: 0..<count).reduce(0, +) / Double(max(count, 1))
}
