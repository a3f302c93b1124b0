import Suffice

/// A variable of a family that belongs to no model: it stands where a distribution takes an argument, for checks of the
/// distribution alone.
public struct FreeArgument<F: ExponentialFamily>: VariableArgument, RealArgument, VectorArgument,
  PositiveArgument, UnitIntervalArgument, SimplexArgument, PositiveDefiniteArgument
{
  public typealias VariableFamily = F
  /// The variable as an argument.
  public let argument: Argument

  /// A new variable.
  public init(_ family: F.Type = F.self, file: String = #fileID, line: Int = #line) {
    argument = .variable(VariableUse(variable: VariableIdentity(file: file, line: line), family: Family(F.self)))
  }
}

/// Checks the terms of a distribution against its log density.
///
/// At random values of the child and of the arguments (sampled from moderate members of their families), the sum of the
/// terms plus the child's base measure equals `logDensity`. Besides, every variable occurs at most once in a term, and
/// every statistic is one that its family offers, or that a known number has.
///
/// - Parameters:
///   - distribution: The distribution, with a ``FreeArgument`` where a variable is to stand.
///   - shape: The child's shape.
///   - dimensions: Dimensions of arguments that differ from the child's, by the argument's name.
///   - points: How many random points.
///   - seed: The seed of the points.
///   - logDensity: The log density written without terms and statistics: of a child's value, and the arguments' values in
///     the order of the distribution's arguments. A variable's value is what its family samples; a known number is
///     repeated for all elements, and a known matrix given by its lower triangle.
/// - Throws: ``LawViolation`` with all points where they differ.
public func checkLikelihood(
  _ distribution: some Distribution, shape: FamilyShape, dimensions: [String: Int] = [:], points: Int = 20,
  seed: UInt64 = 1, logDensity: (_ child: [Double], _ arguments: [[Double]]) -> Double
) throws {
  let conditional = distribution.conditional
  let subject = "\(conditional.family) of \(conditional.arguments.map(\.name).joined(separator: ", "))"
  var failures = conditional.terms.enumerated().flatMap { index, term in
    term.malformations(in: conditional).map { LawViolation.Failure(law: "terms", detail: "term \(index): \($0)") }
  }
  if conditional.terms.isEmpty { failures.append(LawViolation.Failure(law: "terms", detail: "there are none")) }
  var random = RandomSource(seed: seed)
  for _ in 0..<(failures.isEmpty ? points : 0) {
    let child = ArgumentPoint(conditional.family, shape, using: &random)
    var arguments: [String: ArgumentPoint] = [:]
    for named in conditional.arguments {
      let argumentShape = dimensions[named.name].map { FamilyShape(dimension: $0) } ?? shape
      arguments[named.name] = ArgumentPoint(named, argumentShape, child: conditional.family.type, using: &random)
    }
    let sum = conditional.terms.map { evaluate($0, child: child, arguments: arguments, dimension: shape.dimension) }
    let base = conditional.family.type.logBaseMeasure(of: child.value, shape)
    let value = sum.reduce(base) { $0 + $1.value }
    let size = sum.reduce(abs(base)) { $0 + $1.size }
    let values = conditional.arguments.map { arguments[$0.name]?.value ?? [] }
    let expected = logDensity(child.value, values)
    let tolerance = Tolerance.absolute(
      1e-12 * (1 + size + abs(expected)), because: "rounding of sums of products, relative to their sizes")
    if !tolerance.allows(value, expected) {
      failures.append(
        LawViolation.Failure(
          law: "density",
          detail: "the terms add up to \(value), the log density is \(expected), at \(child.value) given \(values)"))
    }
  }
  if !failures.isEmpty { throw LawViolation(subject: subject, failures: failures) }
}

/// A value with its statistics by name: of the child, a variable or a known number.
struct ArgumentPoint {
  let value: [Double]
  /// The numbers of a statistic and their form; nil where the value does not have it.
  let statistic: @Sendable (StatisticName) -> (form: Statistic.Form, values: [Double])?

  /// A random value of a family, drawn from a random moderate member.
  init(_ family: Family, _ shape: FamilyShape, using random: inout RandomSource) {
    let type = family.type
    let member = FamilyMember.random(type, shape, .moderate, using: &random)
    let value = type.sample(type.natural(from: member.parameters, shape), shape, using: &random)
    let statistics = type.statistics(of: value, shape)
    self.value = value
    statistic = { name in
      guard let form = type.statistics(shape).first(where: { $0.name == name })?.form,
        let start = type.offset(of: name, shape)
      else { return nil }
      return (form, Array(statistics[start..<(start + form.count)]))
    }
  }

  /// The value of an argument: of a variable, a random one; a known number, brought to the form of the child's parameter
  /// of that name (a vector, where the child has none).
  init(
    _ named: Conditional.NamedArgument, _ shape: FamilyShape, child: any ExponentialFamily.Type,
    using random: inout RandomSource
  ) {
    if let use = named.argument.use {
      self = ArgumentPoint(use.family, shape, using: &random)
      return
    }
    var numbers: [Double] = []
    if case .constant(let x) = named.argument { numbers = x }
    let form = child.parameters(shape).first { $0.name == named.name }?.form ?? .vector(shape.dimension)
    let n = form.extent
    let value: [Double]
    switch form {
    case .symmetric where numbers.count == n * n: value = (0..<n).flatMap { i in (0...i).map { numbers[i * n + $0] } }
    case .symmetric:
      value = SymmetricMatrix(diagonal: (0..<n).map { numbers.count == 1 ? numbers[0] : numbers[$0] }).packed
    case .matrix: value = (0..<form.count).map { numbers.count == 1 ? numbers[0] : numbers[$0] }
    case .scalar, .vector: value = (0..<n).map { numbers.count == 1 ? numbers[0] : numbers[$0] }
    }
    self.value = value
    statistic = { pointStatistic($0, of: value, form) }
  }
}

/// The statistics that a known number has; those of random variables without a family.
private func pointStatistic(
  _ name: StatisticName, of x: [Double], _ form: Statistic.Form
) -> (form: Statistic.Form, values: [Double])? {
  switch name {
  case .value: (form, x)
  case .square: (form, x.map { $0 * $0 })
  case .outerProduct: (.symmetric(x.count), SymmetricMatrix(outer: x).packed)
  case .logarithm: (form, x.map(_log))
  case .logComplement: (form, x.map { _log1p(-$0) })
  case .logGamma: (form, x.map { logGamma($0) })
  case .logDeterminant:
    SymmetricMatrix(order: form.extent, packed: x).cholesky().map { (.scalar, [$0.logDeterminant]) }
  default: nil
  }
}

/// A term's value, and the sum of the absolute values of its products.
private func evaluate(
  _ term: Term, child: ArgumentPoint, arguments: [String: ArgumentPoint], dimension: Int
) -> (value: Double, size: Double) {
  let factors = term.factors.map { factor in
    (factor.argument.map { arguments[$0] } ?? child)?.statistic(factor.statistic)
  }
  var extents: [Index: Int] = [:]
  for index in term.over { extents[index] = dimension }
  for (factor, statistic) in zip(term.factors, factors) {
    // A statistic with one element serves all elements of the others.
    for (index, extent) in zip(factor.indices, statistic?.form.extents ?? []) {
      extents[index] = max(extents[index] ?? 1, extent)
    }
  }
  var (value, size) = (0.0, 0.0)
  for i in 0..<(extents[.i] ?? 1) {
    for j in 0..<(extents[.j] ?? 1) {
      for k in 0..<(extents[.k] ?? 1) {
        var product = term.coefficient
        for (factor, statistic) in zip(term.factors, factors) {
          guard let statistic else { return (.nan, 0) }
          let at = factor.indices.map { $0 == .i ? i : $0 == .j ? j : k }
          switch statistic.form {
          case .scalar: product *= statistic.values[0]
          case .vector(let n): product *= statistic.values[n == 1 ? 0 : at[0]]
          case .symmetric(let n): product *= SymmetricMatrix(order: n, packed: statistic.values)[at[0], at[1]]
          case .matrix(_, let columns): product *= statistic.values[at[0] * columns + at[1]]
          }
        }
        value += product
        size += abs(product)
      }
    }
  }
  return (value, size)
}

extension Term {
  /// What is wrong with a term, before any number is looked at.
  fileprivate func malformations(in conditional: Conditional) -> [String] {
    var result: [String] = []
    let operands = factors.map { $0.argument ?? "the child" }
    // Two statistics of a known number are numbers; of a variable, their expected product is not the product.
    let known = Set(conditional.arguments.filter { $0.argument.use == nil }.map(\.name))
    for name in Set(operands) where !known.contains(name) && operands.filter({ $0 == name }).count > 1 {
      result.append("\(name) occurs twice")
    }
    for factor in factors {
      let statistics: [Statistic]
      if let name = factor.argument {
        guard let named = conditional.arguments.first(where: { $0.name == name }) else {
          result.append("there is no argument \(name)")
          continue
        }
        guard let use = named.argument.use else { continue }
        statistics = use.family.type.statistics(FamilyShape(dimension: 2))
      } else {
        statistics = conditional.family.type.statistics(FamilyShape(dimension: 2))
      }
      guard let statistic = statistics.first(where: { $0.name == factor.statistic }) else {
        result.append("\(factor.argument ?? "the child") has no statistic \(factor.statistic.key)")
        continue
      }
      if statistic.form.rank != factor.indices.count {
        result.append("\(factor.statistic.key) has \(statistic.form.rank) indices, not \(factor.indices.count)")
      }
    }
    return result
  }
}
