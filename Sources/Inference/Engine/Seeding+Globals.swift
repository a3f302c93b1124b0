import ExponentialFamilies
import PlanIR

// Where global variables are when rows are first read.
extension Seeding {
  /// Powers of ten by which the scale of a vague prior is moved, at most.
  private static let scaleRange = 8.0

  /// Gives global variables the expectations of single values: those that are to be drawn a draw from their prior, others
  /// their prior's mean.
  ///
  /// A prior that claims to know little has a large second moment. Rows that are solved with it learn that the prior is
  /// wide, and what they hand on may take any number of passes to forget: with E[ψ²] = 10⁶, a Pólya–gamma variable says
  /// that its observation tells next to nothing. A value, however far off, is corrected by the first update. Variables
  /// without a mean among their statistics keep their expectations, and so do labels.
  ///
  /// - Parameter rescaling: Whether positive variables that others depend on, such as the precision of loadings, begin at the
  ///   mean times a power of ten, between 1 and a draw from the prior. The mean of a vague prior says nothing of the data's
  ///   scale, and what begins far below it may never leave zero.
  func placeGlobals(drawing drawn: [Int], rescaling: Bool, random: inout RandomSource) {
    let parents = Set(globalParents.joined())
    for (position, variable) in engine.plan.globals.enumerated() {
      let (type, shape) = (variable.family.type, variable.shape)
      let mean = Self.mean(variable)
      let isDrawn = drawn.contains(position)
      if !isDrawn && mean == nil { continue }
      let natural = engine.memory[variable.natural]
      let size = natural.count / max(variable.members, 1)
      for first in stride(from: 0, to: natural.count, by: max(size, 1)) {
        let own = Array(natural[first..<first + size])
        guard type.isProper(own, shape) else { continue }
        var value: [Double]
        if isDrawn {
          value = type.sample(own, shape, using: &random)
        } else {
          value =
            mean.map { Array(engine.memory[variable.mean][(first + $0.lowerBound)..<(first + $0.upperBound)]) } ?? []
          if rescaling && type.domain == .positive && parents.contains(position) {
            let drawn = type.sample(own, shape, using: &random)
            let power = drawn[0] > 0 ? _log(drawn[0] / value[0]) / _log(10) : -Self.scaleRange
            let scale = _exp(random.uniform() * min(max(power, -Self.scaleRange), Self.scaleRange) * _log(10))
            value = value.map { $0 * scale }
          }
        }
        let statistics = type.statistics(of: value, shape)
        if statistics.allSatisfy(\.isFinite) {
          engine.memory[variable.mean].replaceSubrange(first..<first + size, with: statistics)
        }
      }
    }
  }

  /// Where a variable's mean stands among its expected statistics; nil where it is none of them.
  private static func mean(_ variable: Plan.GlobalVariable) -> Range<Int>? {
    let type = variable.family.type
    switch type.domain {
    case .real, .positive: break
    default: return nil
    }
    var first = 0
    for statistic in type.statistics(variable.shape) {
      if statistic.name == .value, statistic.count == type.valueCount(variable.shape) {
        return first..<first + statistic.count
      }
      first += statistic.count
    }
    return nil
  }

  /// The order of the first updates, by position in the plan: children before parents, means before precisions, and factors
  /// of products before those that were drawn.
  ///
  /// What a variable is about, the data say first; a parent that were updated before would learn from the single value that
  /// its children begin at that they do not vary at all.
  func firstUpdates(drawn: [Int]) -> [Int] {
    let parents = globalParents
    // How many generations of variables come first: parents were declared outside of their children, and never in a circle.
    var generation = [Int](repeating: 0, count: parents.count)
    func raise(_ position: Int, to least: Int) {
      if generation[position] >= least && least > 0 { return }
      generation[position] = max(generation[position], least)
      for parent in parents[position] { raise(parent, to: generation[position] + 1) }
    }
    for position in parents.indices { raise(position, to: generation[position]) }
    func rank(_ position: Int) -> (Int, Int, Int, Int) {
      let isPositive = engine.plan.globals[position].family.type.domain == .positive
      return (generation[position], isPositive ? 1 : 0, drawn.contains(position) ? 1 : 0, position)
    }
    return parents.indices.sorted { rank($0) < rank($1) }
  }

  /// For each global variable, by position in the plan, the global variables that its distribution depends on.
  private var globalParents: [[Int]] {
    let graph = engine.model.graph
    let place = Dictionary(uniqueKeysWithValues: graph.globals.enumerated().map { ($1, $0) })
    return graph.globals.map { graph.factor(of: $0).arguments.flatMap(\.value.variables).compactMap { place[$0] } }
  }
}
