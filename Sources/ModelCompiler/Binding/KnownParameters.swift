import ExponentialFamilies
import ModelLanguage
import SpecialFunctions

/// Turns known arguments into numbers once data are bound, and checks that they lie in their domain.
struct KnownParameters {
  let graph: ModelGraph
  let facts: DataFacts
  let sizes: Sizes
  var shapes: [FamilyShape] { sizes.shapes }
  /// What variables are kept about.
  let frames: Frames

  /// Larger ones are rounded by more than a hundredth of a nat.
  private static let largestLogPartition = 1e14

  /// The same with variables that stand for others.
  ///
  /// - Parameter graph: The graph that has them at its end.
  func extended(_ pairs: [ScaledVector], _ joints: [JointLabel], in graph: ModelGraph) -> KnownParameters {
    if pairs.isEmpty && joints.isEmpty { return self }
    var sizes = sizes
    sizes.shapes = shapes.scaled(pairs).joined(joints)
    return KnownParameters(graph: graph, facts: facts, sizes: sizes, frames: frames)
  }

  /// The natural parameters of a latent variable's known prior, about its centre, one member after another; of one member
  /// where all are alike.
  func naturals(of factor: ModelGraph.Factor) throws(ModelError) -> [[Double]] {
    let plates = memberPlates(of: factor.arguments, in: factor)
    if plates.isEmpty { return [try natural(of: factor, at: [:])] }
    // Some plates' members differ; those of the others repeat them.
    var naturals: [[Double]] = []
    for place in places(in: graph.variables[factor.child].plates) {
      naturals.append(try natural(of: factor, at: place))
    }
    return naturals
  }

  /// The plates of a factor's child whose members have known arguments of their own: elements of data, in properties of
  /// these or in what a location is kept about.
  private func memberPlates(
    of arguments: [ModelGraph.Factor.NamedArgument], in factor: ModelGraph.Factor
  ) -> [Int] {
    var found: Set<Int> = []
    for argument in arguments {
      if case .moment(let moment) = argument.value { found.formUnion(graph.elementPlates(of: moment, in: factor)) }
      if isLocation(argument, of: factor) { found.formUnion(frames.memberPlates(of: factor.child, in: graph)) }
    }
    return graph.variables[factor.child].plates.filter(found.contains)
  }

  /// The members of some plates, the last plate running fastest, by the place in each plate.
  private func places(in plates: [Int]) -> [[Int: Int]] {
    plates.reduce([[:]]) { places, plate in
      places.flatMap { place in
        (0..<max(sizes.plates[plate], 1)).map { place.merging([plate: $0]) { $1 } }
      }
    }
  }

  /// Whether an argument moves along with what its child is kept about.
  private func isLocation(_ argument: ModelGraph.Factor.NamedArgument, of factor: ModelGraph.Factor) -> Bool {
    argument.isLocation || (frames.coefficients[factor.child] != nil && argument.name == "mean")
  }

  private func natural(of factor: ModelGraph.Factor, at place: [Int: Int]) throws(ModelError) -> [Double] {
    let variable = graph.variables[factor.child]
    let shape = shapes[factor.child]
    let parameters = variable.family.type.parameters(shape)
    var given: [[Double]] = []
    var values: [[Double]] = []
    for parameter in parameters {
      guard let argument = factor.arguments.first(where: { $0.name == parameter.name }) else {
        throw ModelError(
          "\"\(variable.name)\": \(variable.family) needs the parameter \(parameter.name).", at: variable.location)
      }
      var numbers = try resolve(
        argument, form: parameter.form, of: factor, at: place, isOfInputs: parameter.isOfInputs)
      try check(numbers, parameter, argument, of: factor)
      given.append(numbers)
      if isLocation(argument, of: factor), let center = center(of: factor.child, at: place) {
        for i in numbers.indices { numbers[i] -= center[i] }
      }
      values.append(numbers)
    }
    let natural = variable.family.type.natural(from: values, shape)
    let isProper = variable.family.type.isProper(natural, shape)
    if let center = center(of: factor.child, at: place),
      let location = parameters.firstIndex(where: { $0.isLocation || $0.name == "mean" })
    {
      // Seen from the data, a far and narrow prior is a difference of large numbers; the bound is their sum.
      if !isProper || abs(variable.family.type.logPartition(natural, shape)) > Self.largestLogPartition {
        let distances = values[location].map(abs)
        let farthest = distances.indices.max { distances[$0] < distances[$1] } ?? 0
        if isProper && distances.allSatisfy({ $0 == 0 }) {
          throw ModelError(
            "\"\(variable.name)\": \(variable.family) is too narrow for double precision with these parameters: "
              + "\(shown(parameters, given)). Give a wider prior.", at: variable.location)
        }
        throw ModelError(
          "\"\(variable.name)\": the \(parameters[location].name) of \(variable.family) is "
            + "\(numberText(given[location][farthest])), but the data lie near \(numberText(center[farthest])): with this prior, too "
            + "far for double precision. Give a value nearer to the data, or a wider prior.", at: variable.location)
      }
    }
    if !isProper {
      throw ModelError(
        "\"\(variable.name)\": \(variable.family) with these parameters is not a proper distribution: "
          + "\(shown(parameters, given)).", at: variable.location)
    }
    return natural
  }

  /// What the location of a variable's member is kept about; nil where that is 0.
  func center(of variable: Int, at place: [Int: Int]) -> [Double]? {
    if let center = frames.centers[variable] { return center }
    return frames.coefficients[variable].map { frame in
      let element = place.first { graph.plates[$0.key].extent == .elements(variable: frame.output ?? -1) }?.value
      return frame.offset(of: shapes[variable], element: element)
    }
  }

  private func shown(_ parameters: [Parameter], _ values: [[Double]]) -> String {
    zip(parameters, values).map { parameter, numbers in
      "\(parameter.name) \(numbers.prefix(6).map(numberText).joined(separator: " "))"
    }.joined(separator: ", ")
  }

  /// A statistic of a known argument of a factor.
  struct PointStatistic {
    /// The form of each member.
    let form: Statistic.Form
    /// The numbers, member by member.
    let values: [Double]
    /// The plates of the child whose members have numbers of their own, the last plate running fastest.
    var plates: [Int] = []
  }

  /// A statistic of a known argument of a factor: its numbers, member by member, and the form of each member.
  func pointStatistic(
    _ statistic: StatisticName, of name: String, in factor: ModelGraph.Factor
  ) throws(ModelError) -> PointStatistic {
    let variable = graph.variables[factor.child]
    guard let argument = factor.arguments.first(where: { $0.name == name }) else {
      throw ModelError("\"\(variable.name)\" has no argument \"\(name)\".", at: variable.location)
    }
    guard case .table(let numbers, let gates, let isMatrix) = argument.value else {
      let plates = memberPlates(of: [argument], in: factor)
      var form = Statistic.Form.scalar
      var values: [Double] = []
      for place in places(in: plates) {
        let member = try pointStatistic(statistic, of: argument, in: factor, at: place)
        form = member.form
        values += member.values
      }
      return PointStatistic(form: form, values: values, plates: plates)
    }
    // A matrix has one row for each element.
    let matrices = gates.reduce(1) { $0 * shapes[$1.variable].dimension }
    let rows = isMatrix ? factor.elements(shapes[factor.child]) : 1
    let members = matrices * rows
    let size = numbers.count / max(members, 1)
    if numbers.contains(where: { !$0.isFinite }) {
      throw ModelError(
        "\"\(variable.name)\": the \(isMatrix ? "matrix" : "table") of \(name) has rows of different lengths, or a number that is not "
          + "finite. Give each row equally many finite numbers.", at: variable.location)
    }
    if isMatrix {
      let inputs = inner(name, of: factor) ?? size
      if numbers.count != members * inputs || numbers.isEmpty {
        throw ModelError(
          "\"\(variable.name)\": the matrix of \(name) has \(numbers.count) numbers, but \(members * inputs) are needed: "
            + (gates.isEmpty
              ? ""
              : "\(matrices) matrices, one for each value of "
                + "\(gates.map { "\"\(graph.variables[$0.variable].name)\"" }.joined(separator: " and ")), of ")
            + "\(counted(rows, "row")), one for each element of \"\(variable.name)\", of \(counted(inputs, "number")).",
          at: variable.location)
      }
    }
    if size == 0 || size * members != numbers.count {
      throw ModelError(
        "\"\(variable.name)\": the table of \(name) has \(counted(numbers.count, "number")) for \(members) values of "
          + "\(gates.map { "\"\(graph.variables[$0.variable].name)\"" }.joined(separator: " and ")). "
          + "Give each value equally many.", at: variable.location)
    }
    if let inputs = inner(name, of: factor), inputs != size {
      throw ModelError(
        "\"\(variable.name)\": the table of \(name) has \(counted(size, "number")) for each value of "
          + "\(gates.map { "\"\(graph.variables[$0.variable].name)\"" }.joined(separator: " and ")), but \(inputs) are multiplied.",
        at: variable.location)
    }
    var form = Statistic.Form.scalar
    var values: [Double] = []
    for m in 0..<members {
      let member = ModelGraph.Factor.NamedArgument(
        name: name, value: .constant(Array(numbers[m * size..<(m + 1) * size])), isLocation: argument.isLocation)
      let point = try pointStatistic(statistic, of: member, in: factor, at: [:], length: size)
      form = point.form
      values += point.values
    }
    return PointStatistic(form: form, values: values)
  }

  private func counted(_ count: Int, _ word: String) -> String { "\(count) \(word)\(count == 1 ? "" : "s")" }

  /// The length of the vectors of an inner product that a known argument is a factor of; nil where it is none.
  private func inner(_ name: String, of factor: ModelGraph.Factor) -> Int? {
    for term in factor.terms {
      guard let index = term.factors.first(where: { $0.argument == name })?.indices.first, index == .j else { continue }
      for size in factor.sizes(along: index, in: term, graph) {
        return size.value(shapes[size.variable])
      }
    }
    return nil
  }

  private func pointStatistic(
    _ statistic: StatisticName, of argument: ModelGraph.Factor.NamedArgument, in factor: ModelGraph.Factor,
    at place: [Int: Int], length: Int? = nil
  ) throws(ModelError) -> (form: Statistic.Form, values: [Double]) {
    let variable = graph.variables[factor.child]
    // A chain's arguments have the names of its parts in front.
    let name = argument.name.split(separator: ".").last.map(String.init) ?? argument.name
    let dimension = shapes[factor.child].dimension
    // A child's own conventional parameter of the name says the form; an unknown name is a vector.
    let parameter = variable.family.type.parameters(shapes[factor.child]).first { $0.name == name }
    let form = parameter?.form ?? .vector(length ?? dimension)
    var x = try resolve(argument, form: form, of: factor, at: place)
    if let parameter { try check(x, parameter, argument, of: factor) }
    if variable.family.type.domain == .label, parameter != nil {
      // Known weights of labels need not sum to 1, just as in a prior.
      let natural = variable.family.type.natural(from: [x], shapes[factor.child])
      x = variable.family.type.parameters(from: natural, shapes[factor.child])[0]
    }
    if isLocation(argument, of: factor), let center = center(of: factor.child, at: place) {
      for i in x.indices { x[i] -= center[i] }
    }
    if statistic == .logarithm && parameter == nil && !x.allSatisfy({ $0 > 0 }) {
      throw ModelError(
        "\"\(variable.name)\": \(name) must be above 0, but is \(x.prefix(6).map(numberText).joined(separator: ", ")).",
        at: variable.location)
    }
    switch statistic {
    case .value: return (form, x)
    case .square: return (form, x.map { $0 * $0 })
    case .outerProduct: return (.symmetric(x.count), SymmetricMatrix(outer: x).packed)
    case .logarithm: return (form, x.map(_log))
    case .logComplement: return (form, x.map { _log(1 - $0) })
    case .logGamma: return (form, x.map { logGamma($0) })
    case .logDeterminant:
      guard let factor = SymmetricMatrix(order: dimension, packed: x).cholesky() else {
        throw ModelError("\"\(variable.name)\": \(name) must be positive definite.", at: variable.location)
      }
      return (.scalar, [factor.logDeterminant])
    default:
      throw ModelError(
        "\"\(variable.name)\": a known \(name) has no statistic \(rendered(statistic, name)); use a variable.",
        at: variable.location)
    }
  }

  private func resolve(
    _ argument: ModelGraph.Factor.NamedArgument, form: Statistic.Form, of factor: ModelGraph.Factor,
    at place: [Int: Int], isOfInputs: Bool = false
  ) throws(ModelError) -> [Double] {
    let variable = graph.variables[factor.child]
    let numbers: [Double]
    var isMatrix = false
    switch argument.value {
    case .constant(let x): numbers = x
    case .dimension(let f): numbers = [f * Double(shapes[factor.child].dimension)]
    case .moment(let moment):
      let found = try values(of: moment, in: factor, at: place)
      if moment.isOfIntercept {
        if let placed = atIntercept(found.values, form) { return placed }
        throw ModelError(
          "\"\(variable.name)\": \(argument.name) has \(found.values.count) numbers for the intercept, but "
            + "one for each output is needed. Use a property of the output.", at: variable.location)
      }
      (numbers, isMatrix) = found
    case .variable, .table:
      throw ModelError("\"\(variable.name)\": \(argument.name) is not known.", at: variable.location)
    }
    switch form {
    case .scalar:
      let values = isMatrix ? SymmetricMatrix(order: order(of: numbers.count), packed: numbers).diagonal : numbers
      if case .constant = argument.value, values.count != 1 { break }
      return [values.isEmpty ? 1 : values.reduce(0, +) / Double(values.count)]
    case .vector(let n):
      if n == 0 { return [] }
      let values = isMatrix ? SymmetricMatrix(order: order(of: numbers.count), packed: numbers).diagonal : numbers
      if values.count == 1 { return [Double](repeating: values[0], count: n) }
      if values.count == n { return values }
      if isOfInputs && values.count == 2 && n > 2 {
        return [values[0]] + [Double](repeating: values[1], count: n - 1)
      }
      // One element that serves several columns expects what they are on average.
      if n == 1, case .moment = argument.value { return [values.reduce(0, +) / Double(values.count)] }
    case .symmetric(let n):
      if isMatrix && numbers.count == form.count { return numbers }
      if numbers.count == 1 { return SymmetricMatrix(diagonal: Array(repeating: numbers[0], count: n)).packed }
      if numbers.count == n { return SymmetricMatrix(diagonal: numbers).packed }
      if isOfInputs && numbers.count == 2 && n > 2 {
        return SymmetricMatrix(diagonal: [numbers[0]] + Array(repeating: numbers[1], count: n - 1)).packed
      }
      if numbers.count == n * n {
        try checkSymmetry(numbers, order: n, argument, of: factor)
        return (0..<n).flatMap { i in (0...i).map { numbers[i * n + $0] } }
      }
    case .matrix:
      if numbers.count == form.count { return numbers }
      if numbers.count == 1 { return [Double](repeating: numbers[0], count: form.count) }
    }
    if case .moment(let moment) = argument.value, let source = moment.parts.first?.variable,
      form.count == 1
    {
      let name = graph.variables[source].name
      throw ModelError(
        "\"\(variable.name)\" is one number, but \"\(name)\" is bound to \(numbers.count) columns, and \(argument.name) has a number for "
          + "each. Bind one column to \"\(name)\".", at: variable.location)
    }
    throw ModelError(
      "\"\(variable.name)\": \(argument.name) has \(numbers.count) numbers, but \(expected(form, isOfInputs)).",
      at: variable.location)
  }

  private func order(of packedCount: Int) -> Int { (0...packedCount).first { $0 * ($0 + 1) / 2 == packedCount } ?? 0 }

  /// The two halves of a matrix row by row may differ by rounding only.
  private func checkSymmetry(
    _ numbers: [Double], order n: Int, _ argument: ModelGraph.Factor.NamedArgument, of factor: ModelGraph.Factor
  ) throws(ModelError) {
    let largest = numbers.reduce(0) { max($0, abs($1)) }
    for i in 0..<n {
      for j in 0..<i where abs(numbers[i * n + j] - numbers[j * n + i]) > 1e-8 * largest {
        let variable = graph.variables[factor.child]
        throw ModelError(
          "\"\(variable.name)\": \(argument.name) is not symmetric: \(numberText(numbers[i * n + j])) in row \(i + 1), column "
            + "\(j + 1), but \(numberText(numbers[j * n + i])) in row \(j + 1), column \(i + 1).", at: variable.location
        )
      }
    }
  }

  private func expected(_ form: Statistic.Form, _ isOfInputs: Bool) -> String {
    switch form {
    case .scalar: "one is needed"
    case .vector(let n): n == 1 ? "one is needed" : "one or \(n) are needed"
    case .symmetric(let n):
      "one, \(isOfInputs && n > 2 ? "two (the first and all others), " : "")\(n) (a diagonal) or \(n * n) (a matrix) are needed"
    case .matrix(let n, let m): "one or \(n * m) (a matrix row by row) are needed"
    }
  }

  private func check(
    _ numbers: [Double], _ parameter: Parameter, _ argument: ModelGraph.Factor.NamedArgument,
    of factor: ModelGraph.Factor
  ) throws(ModelError) {
    let variable = graph.variables[factor.child]
    let requirement: String
    let satisfied: Bool
    switch parameter.constraint {
    case .real:
      (requirement, satisfied) = ("finite", numbers.allSatisfy(\.isFinite))
    case .positive:
      (requirement, satisfied) = ("above 0", numbers.allSatisfy { $0 > 0 && $0.isFinite })
    case .above(let bound):
      (requirement, satisfied) = ("above \(numberText(bound))", numbers.allSatisfy { $0 > bound && $0.isFinite })
    case .positiveDefinite:
      let order = order(of: numbers.count)
      (requirement, satisfied) = ("positive definite", SymmetricMatrix(order: order, packed: numbers).cholesky() != nil)
    }
    let bound = parameter.upperBound
    if satisfied && numbers.allSatisfy({ $0 < bound ?? .infinity }) { return }
    let range = requirement + (bound.map { " and below \(numberText($0))" } ?? "")
    let shown = numbers.prefix(6).map(numberText).joined(separator: ", ") + (numbers.count > 6 ? ", …" : "")
    throw ModelError(
      "\"\(variable.name)\": the \(parameter.name) of \(variable.family) must be \(range), but is \(shown).",
      at: variable.location)
  }
}
