import ExponentialFamilies
import ModelCompiler
import ModelLanguage
import PlanIR
import SpecialFunctions

extension DataFacts {
  /// Reads off bound data what the compiler needs: means and variances, covariances where a prior asks for them, levels,
  /// base measures.
  ///
  /// Moments are sums over rows, so the backend computes them, by a plan of a few steps: about the mean of the first rows, so
  /// that no digits are lost far from the origin. What m of n rows have as their mean lies within √(n/m) deviations of the mean of
  /// all, so that what is subtracted from the squares is at most n/m times what is left.
  public init(_ graph: ModelGraph, _ data: BoundData, backend: any Backend, threads: Int) throws(BackendError) {
    var observed: [Observed] = []
    for (i, variable) in graph.observed.enumerated() {
      let input = data.inputs[i]
      let needsCovariance = graph.needs(.covariance, of: variable)
      let weights = data.isWeighted ? data.inputs[graph.observed.count] : nil
      let base = meanLogBaseMeasure(graph, variable, input, data, weights: weights)
      let steps = graph.needs(.stepVariance, of: variable) ? data.meanSquaredSteps(of: i, graph, weights: weights) : []
      if weights != nil || !data.missing[i].isEmpty {
        let moments = try Moments(input, weights: weights, needsCovariance: needsCovariance)
        observed.append(
          Observed(
            columns: data.columns[i], levels: data.levels[i], mean: moments.mean, variance: moments.variance,
            covariance: moments.covariance, logBaseMeasure: base, missing: data.missing[i],
            completeRows: moments.completeRows, stepVariance: steps))
        continue
      }
      let n = Double(data.rowCount)
      let few = min(data.rowCount, Self.firstRows)
      let origin = input.views.map { $0.base[0] }
      let start = try sums([.value], input, rows: few, centers: origin, backend: backend, threads: threads)
      let center = zip(origin, start).map { $0 + $1 / Double(few) }
      let columns = input.views.count
      // The covariance of no more rows than columns is singular, which is told without it.
      let hasCovariance = needsCovariance && data.rowCount > columns
      let isWide = columns > Self.mostProducts
      let kernels: [StatisticKernel] = [.value, hasCovariance && !isWide ? .outerProduct : .square]
      let all = try sums(kernels, input, rows: data.rowCount, centers: center, backend: backend, threads: threads)
      let rest = all.prefix(columns).map { $0 / n }
      let exact = zip(center, rest).map { $0 + $1 }
      let degrees = n > 1 ? n - 1 : Double.nan
      var covariance: [Double] = []
      let variance: [Double]
      if hasCovariance && isWide {
        covariance = try products(input, centers: center, backend: backend, threads: threads)
        for a in 0..<columns {
          for b in 0...a {
            let place = a * (a + 1) / 2 + b
            covariance[place] = (covariance[place] - n * rest[a] * rest[b]) / degrees
          }
        }
        variance = (0..<columns).map { covariance[$0 * ($0 + 3) / 2] }
      } else if hasCovariance {
        covariance = (0..<columns).flatMap { a in
          (0...a).map { b in (all[columns + a * (a + 1) / 2 + b] - n * rest[a] * rest[b]) / degrees }
        }
        variance = SymmetricMatrix(order: columns, packed: covariance).diagonal
      } else {
        variance = (0..<columns).map { (all[columns + $0] - n * rest[$0] * rest[$0]) / degrees }
      }
      observed.append(
        Observed(
          columns: data.columns[i], levels: data.levels[i], mean: exact, variance: variance,
          covariance: covariance, logBaseMeasure: base, stepVariance: steps))
    }
    self.init(rowCount: data.rowCount, observed: observed)
    isWeighted = data.isWeighted
  }

  /// Columns of which every thread holds all products for the rows of a tile.
  private static let mostProducts = 128
  /// Rows whose mean the moments of all are taken about.
  private static let firstRows = 1 << 16
}

extension InputColumns {
  /// Rows that are in memory at once while moments are added up.
  fileprivate var partSize: Int { min(1 << 20, rowsAtOnce(views.map(\.stride))) }
}

/// Sums of some statistics over the first rows, about centres.
private func sums(
  _ kernels: [StatisticKernel], _ input: InputColumns, rows count: Int, centers: [Double], backend: any Backend,
  threads: Int
) throws(BackendError) -> [Double] {
  let columns = input.views.count
  let (values, features) = (TileSlot(0), TileSlot(1))
  var width = 0
  let statistics = kernels.map { kernel -> Step in
    let own = width..<width + (kernel == .outerProduct ? columns * (columns + 1) / 2 : columns)
    width = own.upperBound
    return .statistic(kernel, from: values, into: TileRange(features, own))
  }
  return try rowSum(
    width, [input], centers: [centers], rows: count, backend: backend, threads: threads,
    tiles: [Plan.TileBlock(name: "values", width: columns), Plan.TileBlock(name: "features", width: width)],
    steps: { sum in
      [.load(input: 0, into: values)] + statistics + [
        .accumulate(rows: nil, features: TileRange(features, 0..<width), into: sum)
      ]
    })
}

/// Sums over all rows of the products of every two columns about their centres, as a lower triangle.
///
/// They are taken block by block: sums of their own, which every part of the rows has, are never more than those of a block.
///
/// - Throws: ``BackendError`` where there is no room for the triangle.
private func products(
  _ input: InputColumns, centers: [Double], backend: any Backend, threads: Int
) throws(BackendError) -> [Double] {
  let columns = input.views.count
  let count = columns * (columns + 1) / 2
  try Memory.require(Memory.bytes(count), for: "the covariance matrix of \(columns) columns")
  var triangle = [Double](repeating: 0, count: count)
  let size = 256
  let blocks = stride(from: 0, to: columns, by: size).map { $0..<min($0 + size, columns) }
  let (left, right, features) = (TileSlot(0), TileSlot(1), TileSlot(2))
  for (i, rows) in blocks.enumerated() {
    for across in blocks[...i] {
      let sums = try rowSum(
        rows.count * across.count,
        [rows, across].map { InputColumns(views: Array(input.views[$0]), count: input.count) },
        centers: [Array(centers[rows]), Array(centers[across])], rows: input.count, backend: backend, threads: threads,
        tiles: [
          Plan.TileBlock(name: "left", width: rows.count), Plan.TileBlock(name: "right", width: across.count),
          Plan.TileBlock(name: "features", width: across.count),
        ],
        steps: { sum in
          [
            .load(input: 0, into: left), .load(input: 1, into: right),
            .statistic(.value, from: right, into: TileRange(features, 0..<across.count)),
            .accumulate(rows: left, features: TileRange(features, 0..<across.count), into: sum),
          ]
        })
      for (k, a) in rows.enumerated() {
        for (f, b) in across.enumerated() where b <= a { triangle[a * (a + 1) / 2 + b] = sums[k * across.count + f] }
      }
    }
  }
  return triangle
}

/// Runs steps over the first rows that add up to one block of sums.
///
/// - Parameter steps: Makes the steps, which add to the slot of the sums.
private func rowSum(
  _ width: Int, _ inputs: [InputColumns], centers: [[Double]], rows count: Int, backend: any Backend, threads: Int,
  tiles: [Plan.TileBlock], steps: (ParameterSlot) -> [Step]
) throws(BackendError) -> [Double] {
  let sum = ParameterSlot(0)
  let scratch = ParameterSlot(1)
  let plan = Plan(
    name: "moments",
    parameters: [
      Plan.ParameterBlock(name: "Σ features", count: width, isRowSum: true),
      Plan.ParameterBlock(name: "unused", count: 1),
    ],
    tiles: tiles, inputs: centers.map { Plan.Input(name: "values", centers: $0) }, globals: [], locals: [],
    messages: [],
    rows: steps(sum), entropy: [], bound: [], entropySlot: scratch, boundSlot: scratch, countSlot: scratch,
    constantPerRow: 0)
  let executor = try backend.executor(for: plan, inputs: inputs, threads: threads)
  let memory = ParameterMemory(plan)
  // Part by part, so that the memory of mapped rows can be given back.
  var total = [Double](repeating: 0, count: width)
  let partSize = inputs.map(\.partSize).min() ?? 1
  for start in stride(from: 0, to: count, by: partSize) {
    let rows = start..<min(start + partSize, count)
    for (i, part) in (executor.sweep(.range(rows), at: memory)[sum] ?? []).enumerated() { total[i] += part }
    for input in inputs { input.releasePages(rows: rows) }
  }
  return total
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
  rows.map { row in logBaseMeasure(family, input.views.map { $0.base[row * $0.stride] }, shape) }
}

private func logBaseMeasure(_ family: Family, _ value: [Double], _ shape: FamilyShape) -> Double {
  if !value.contains(where: \.isNaN) { return family.type.logBaseMeasure(of: value, shape) }
  // Elements may be missing only where they are independent.
  let present = value.filter { !$0.isNaN }
  return family.type.logBaseMeasure(of: present, FamilyShape(dimension: present.count))
}

extension InputColumns {
  /// Goes through all rows; the memory of mapped ones is given back on the way.
  fileprivate func forEachRow(_ body: (_ row: Int, _ value: [Double]) -> Void) {
    var value = [Double](repeating: 0, count: views.count)
    for start in stride(from: 0, to: count, by: partSize) {
      let rows = start..<Swift.min(start + partSize, count)
      for row in rows {
        for (i, view) in views.enumerated() { value[i] = view.base[row * view.stride] }
        body(row, value)
      }
      releasePages(rows: rows)
    }
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
  let hasTrials = graph.factors.contains { $0.child == variable && $0.trials != nil }
  let weight = weights?.views.first
  var (sum, total) = (0.0, 0.0)
  input.forEachRow { row, value in
    let each = weight.map { $0.base[row * $0.stride] } ?? 1
    sum += each * logBaseMeasure(family, value, shape)
    if hasTrials { sum += each * logArrangements(graph, variable, data.inputs, row: row) }
    total += each
  }
  return sum / (weight == nil ? max(total, 1) : total)
}

private func firstLogBaseMeasure(_ family: Family, _ input: InputColumns) -> Double {
  input.count == 0
    ? 0 : family.type.logBaseMeasure(of: input.views.map { $0.base[0] }, FamilyShape(dimension: input.views.count))
}

extension BoundData {
  /// The mean square of the change of each column from one row to the next in the same sequence, where both are present.
  fileprivate func meanSquaredSteps(of place: Int, _ graph: ModelGraph, weights: InputColumns?) -> [Double] {
    let weight = weights?.views.first
    let sequence = graph.order?.sequence.flatMap { graph.observed.firstIndex(of: $0) }.flatMap {
      inputs[$0].views.first
    }
    let d = inputs[place].views.count
    var (sums, totals) = ([Double](repeating: 0, count: d), [Double](repeating: 0, count: d))
    var before = [Double](repeating: .nan, count: d)
    inputs[place].forEachRow { row, value in
      let isNext = row > 0 && sequence.map { $0.base[row * $0.stride] == $0.base[(row - 1) * $0.stride] } ?? true
      let w = weight.map { $0.base[row * $0.stride] } ?? 1
      for i in 0..<d {
        let step = isNext ? value[i] - before[i] : .nan
        before[i] = value[i]
        if step.isNaN { continue }
        sums[i] += w * step * step
        totals[i] += w
      }
    }
    return zip(sums, totals).map { $0 / $1 }
  }
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

  init(_ input: InputColumns, weights: InputColumns?, needsCovariance: Bool) throws(BackendError) {
    let weights = weights?.views.first
    func weight(_ row: Int) -> Double { weights.map { $0.base[row * $0.stride] } ?? 1 }
    let d = input.views.count
    let zeros = [Double](repeating: 0, count: d)
    // About the first value, and then about the mean that this gives: no digits are lost far from the origin.
    var (origin, total, sums) = ([Double](repeating: .nan, count: d), zeros, zeros)
    // The same for the rows without missing cells.
    var (complete, completeTotal, completeSums) = (0, 0.0, zeros)
    input.forEachRow { row, value in
      let w = weight(row)
      var isComplete = true
      for i in 0..<d {
        if value[i].isNaN {
          isComplete = false
          continue
        }
        if origin[i].isNaN { origin[i] = value[i] }
        sums[i] += w * (value[i] - origin[i])
        total[i] += w
      }
      if !isComplete { return }
      complete += w > 0 ? 1 : 0
      completeTotal += w
      for i in 0..<d { completeSums[i] += w * (value[i] - origin[i]) }
    }
    mean = (0..<d).map { total[$0] == 0 && origin[$0].isNaN ? .nan : origin[$0] + sums[$0] / total[$0] }
    let centers = (0..<d).map { origin[$0] + completeSums[$0] / completeTotal }
    var squares = zeros
    if needsCovariance { completeRows = complete }
    // The covariance of no more rows than columns is singular, which is told without it.
    let hasCovariance = needsCovariance && complete > d
    let productCount = hasCovariance ? d * (d + 1) / 2 : 0
    try Memory.require(Memory.bytes(2, productCount), for: "the covariance matrix of \(d) columns")
    var products = [Double](repeating: 0, count: productCount)
    let mean = mean
    input.forEachRow { row, value in
      let w = weight(row)
      var isComplete = true
      for i in 0..<d {
        if value[i].isNaN { isComplete = false } else { squares[i] += w * (value[i] - mean[i]) * (value[i] - mean[i]) }
      }
      if !isComplete || !hasCovariance { return }
      var place = 0
      for i in 0..<d {
        for j in 0...i {
          products[place] += w * (value[i] - centers[i]) * (value[j] - centers[j])
          place += 1
        }
      }
    }
    variance = (0..<d).map { squares[$0] / (total[$0] > 1 ? total[$0] - 1 : .nan) }
    if !hasCovariance { return }
    // Correlations of the complete rows, deviations of all that is present.
    let spread = (0..<d).map {
      (variance[$0] / max(products[$0 * ($0 + 3) / 2] / (completeTotal - 1), 1e-300)).squareRoot()
    }
    covariance = (0..<d).flatMap { i in
      (0...i).map { j in products[i * (i + 1) / 2 + j] / (completeTotal - 1) * spread[i] * spread[j] }
    }
  }
}
