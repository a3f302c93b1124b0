import ExponentialFamilies
import ModelLanguage

/// Finds variables that move together when data are moved by a constant.
///
/// A distribution moves along where its mean does: a known number, a variable, the same element by element (an identity matrix
/// times a vector), or a sum with one summand that does: a variable by itself, or the intercept among coefficients.
struct LocationSearch {
  private let graph: ModelGraph
  private let shapes: [FamilyShape]
  private let coefficients: CoefficientSearch
  private var parent: [Int]
  /// Variables that are used in a way that does not move along.
  private var fixed: Set<Int> = []
  /// The variable with which the intercept among coefficients moves, by the variable that holds these.
  private(set) var outputs: [Int: Int] = [:]

  init(_ graph: ModelGraph, shapes: [FamilyShape], coefficients: CoefficientSearch) {
    self.graph = graph
    self.shapes = shapes
    self.coefficients = coefficients
    parent = Array(graph.variables.indices)
  }

  /// The variables that move with one; none where it stays.
  func frame(of variable: Int) -> [Int] {
    let home = root(variable)
    return fixed.contains { root($0) == home } ? [] : graph.variables.indices.filter { root($0) == home }
  }

  mutating func run() {
    for factor in graph.factors {
      // The first row of a sequence and all later ones have distributions of their own.
      for part in factor.isChain ? ["initial.", "transition."] : [""] {
        let arguments = factor.arguments.filter { $0.name.hasPrefix(part) }
        if !moves(arguments, of: factor) { fixed.insert(factor.child) }
      }
    }
  }

  private func root(_ i: Int) -> Int { parent[i] == i ? i : root(parent[i]) }

  private mutating func join(_ a: Int, _ b: Int) { parent[root(a)] = root(b) }

  private func name(_ argument: ModelGraph.Factor.NamedArgument) -> Substring {
    argument.name.split(separator: ".").last ?? ""
  }

  /// Whether a distribution's mean moves along with its child; what else is among the arguments stays.
  private mutating func moves(_ arguments: [ModelGraph.Factor.NamedArgument], of factor: ModelGraph.Factor) -> Bool {
    let child = factor.child
    let absorbing = absorbing(arguments, of: factor)
    var moves = false
    for (i, argument) in arguments.enumerated() {
      guard case .variable(let use) = argument.value else {
        for gate in argument.value.variables { fixed.insert(gate) }
        if argument.isLocation { moves = true }
        continue
      }
      for gate in argument.value.variables.dropFirst() { fixed.insert(gate) }
      let other = use.variable
      if argument.isLocation ? shapes[other].dimension == shapes[child].dimension : absorbing == i {
        join(other, child)
        moves = true
        continue
      }
      fixed.insert(other)
      if argument.isLocation { fixed.insert(child) }
    }
    if moves || absorbing != nil || !hasLocation(child) { return moves }
    return interceptMoves(arguments, of: factor)
  }

  private func hasLocation(_ variable: Int) -> Bool {
    graph.variables[variable].family.type.parameters(FamilyShape(dimension: 1, inputs: 1)).contains(where: \.isLocation)
  }

  /// The argument of a sum that moves with the child by itself: the first that can.
  private func absorbing(_ arguments: [ModelGraph.Factor.NamedArgument], of factor: ModelGraph.Factor) -> Int? {
    if !hasLocation(factor.child) { return nil }
    return arguments.indices.first { i in
      guard case .variable(let use) = arguments[i].value, isSummand(i, arguments, of: factor) else { return false }
      return hasLocation(use.variable) && graph.variables[use.variable].role == .latent
        && movesWhereverUsed(use.variable)
    }
  }

  /// Whether an argument is a summand of its own, with as many elements as the child: a variable, or an identity matrix times
  /// one.
  private func isSummand(
    _ i: Int, _ arguments: [ModelGraph.Factor.NamedArgument], of factor: ModelGraph.Factor
  ) -> Bool {
    guard case .variable(let use) = arguments[i].value,
      shapes[use.variable].dimension == shapes[factor.child].dimension,
      i + 1 == arguments.count || !name(arguments[i + 1]).hasPrefix("multiplier")
    else { return false }
    if name(arguments[i]).hasPrefix("offset") { return true }
    guard name(arguments[i]).hasPrefix("inputs"), i > 0,
      case .table(let numbers, let gates, true) = arguments[i - 1].value
    else { return false }
    let n = shapes[factor.child].dimension
    return gates.isEmpty && numbers == (0..<n * n).map { $0 / n == $0 % n ? 1 : 0 }
  }

  /// Whether every distribution that uses a variable has it as its mean, or as a summand.
  private func movesWhereverUsed(_ variable: Int) -> Bool {
    graph.factors.allSatisfy { factor in
      factor.arguments.indices.allSatisfy { i in
        guard case .variable(let use) = factor.arguments[i].value, use.variable == variable else { return true }
        return factor.arguments[i].isLocation || isSummand(i, factor.arguments, of: factor)
      }
    }
  }

  /// Whether the intercept among coefficients moves with the child: these have this one use, and an intercept for each of its
  /// elements.
  private mutating func interceptMoves(
    _ arguments: [ModelGraph.Factor.NamedArgument], of factor: ModelGraph.Factor
  ) -> Bool {
    for argument in arguments {
      guard case .variable(let use) = argument.value, coefficients.inputs.contains(use.variable),
        let products = coefficients.products[use.variable],
        let own = products.first(where: { graph.factors[$0.factor].child == factor.child }), !own.isScaled
      else { continue }
      let all = coefficients.coefficients.filter { $0.value == use.variable }.map(\.key)
      let hasOwn = all.allSatisfy { variable in
        shapes[variable].inputs > 0 || shapes[factor.child].dimension == 1
          || graph.variables[variable].plates.contains { graph.plates[$0].extent == .elements(variable: factor.child) }
      }
      guard products.count == 1, hasOwn else { continue }
      for variable in all { outputs[variable] = factor.child }
      return true
    }
    return false
  }
}
