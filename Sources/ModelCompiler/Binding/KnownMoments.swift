import ExponentialFamilies
import ModelLanguage

/// What properties of data are, once these are bound.
extension KnownParameters {
  /// The numbers of a property, element by element, and whether they are the lower triangle of a matrix.
  ///
  /// - Parameter place: The member of the factor's child, by plate: of a variable whose elements are a plate, the property of
  ///   the member's own element.
  func values(
    of moment: ModelGraph.Moment, in factor: ModelGraph.Factor, at place: [Int: Int]
  ) throws(ModelError) -> (values: [Double], isMatrix: Bool) {
    var product: [Double] = [1]
    for part in moment.parts {
      let variable = graph.variables[part.variable]
      let known = facts.observed[graph.observed.firstIndex(of: part.variable) ?? 0]
      let kind = part.kind
      try checkMoment(
        kind, of: variable.name, variable.hasIntercept ? known.withoutIntercept : known,
        isReciprocal: part.isReciprocal,
        rows: facts.rowCount)
      if kind == .covariance {
        if moment.parts.count > 1 || moment.isOfIntercept || moment.factor.count > 1 {
          throw ModelError(
            "\"\(graph.variables[factor.child].name)\" multiplies the covariance matrix of \"\(variable.name)\": properties are "
              + "multiplied element by element. Use the variance.", at: graph.variables[factor.child].location)
        }
        let scale = moment.factor[0]
        if part.isAverage {
          return ([scale * known.variance.reduce(0, +) / Double(known.variance.count)], false)
        }
        guard let element = element(of: part.variable, at: place) else {
          return (known.values(of: kind, hasIntercept: variable.hasIntercept).map { scale * $0 }, true)
        }
        return ([scale * known.variance[element]], false)
      }
      var values = known.values(of: kind, hasIntercept: variable.hasIntercept)
      if part.isAverage {
        values = [values.reduce(0, +) / Double(max(values.count, 1))]
      } else if let element = element(of: part.variable, at: place) {
        values = [values[element]]
      }
      if part.isReciprocal { values = values.map { 1 / $0 } }
      guard let next = elementwise(product, values) else {
        throw ModelError(
          "\"\(graph.variables[factor.child].name)\" depends on a product of properties of "
            + "\(moment.parts.map { "\"\(graph.variables[$0.variable].name)\"" }.joined(separator: " and ")), of which one has "
            + "\(product.count) columns and one \(values.count): element by element, both must have equally many, or one of them one.",
          at: graph.variables[factor.child].location)
      }
      product = next
    }
    if let scaled = elementwise(product, moment.factor) { return (scaled, false) }
    if moment.factor.count == 2 {
      return (product.indices.map { product[$0] * moment.factor[$0 == 0 ? 0 : 1] }, false)
    }
    throw ModelError(
      "\"\(graph.variables[factor.child].name)\" multiplies \(product.count) numbers of the data by \(moment.factor.count). Give one "
        + "number, two (the first and all others), or \(product.count).", at: graph.variables[factor.child].location)
  }

  /// The products of elements; one number stands for all.
  private func elementwise(_ a: [Double], _ b: [Double]) -> [Double]? {
    if a.count == 1 { return b.map { a[0] * $0 } }
    if b.count == 1 { return a.map { $0 * b[0] } }
    return a.count == b.count ? zip(a, b).map { $0 * $1 } : nil
  }

  private func element(of variable: Int, at place: [Int: Int]) -> Int? {
    place.first { graph.plates[$0.key].extent == .elements(variable: variable) }?.value
  }

  /// Numbers for the first element, or the first column, and 0 for all others; nil where they are not as many as asked for.
  func atIntercept(_ values: [Double], _ form: Statistic.Form) -> [Double]? {
    switch form {
    case .vector(let n):
      if n == 0 { return [] }
      return [values.reduce(0, +) / Double(values.count)] + [Double](repeating: 0, count: n - 1)
    case .matrix(let rows, let columns):
      guard values.count == rows || values.count == 1 else { return nil }
      return (0..<rows).flatMap { row in
        (0..<columns).map { $0 == 0 ? values[values.count == 1 ? 0 : row] : 0 }
      }
    case .scalar, .symmetric: return nil
    }
  }
}

extension DataFacts.Observed {
  /// A property of each column; an intercept's variance counts as 1, as if the intercept were a column in units of its
  /// deviation.
  func values(of kind: DataMoment.Kind, hasIntercept: Bool) -> [Double] {
    let own: [Double]
    switch kind {
    case .mean: return mean
    case .reciprocalMean: return mean.map { 1 / $0 }
    case .levels: return levels.map { Double($0.count) }
    case .variance: own = variance
    case .precision: own = variance.map { 1 / $0 }
    case .stepVariance: own = stepVariance
    case .covariance: own = covariance
    }
    // The lower triangle of the matrix begins with the intercept's variance too; its covariances are 0.
    return hasIntercept ? [1] + own.dropFirst() : own
  }

  /// The facts of the columns after an intercept.
  fileprivate var withoutIntercept: DataFacts.Observed {
    var rest = self
    rest.columns.removeFirst()
    rest.mean.removeFirst()
    rest.variance.removeFirst()
    if !stepVariance.isEmpty { rest.stepVariance.removeFirst() }
    if !missing.isEmpty { rest.missing.removeFirst() }
    if !covariance.isEmpty {
      let whole = SymmetricMatrix(order: columns.count, packed: covariance)
      rest.covariance = (1..<columns.count).flatMap { i in (1...i).map { whole[i, $0] } }
    }
    return rest
  }
}

extension ModelGraph.Variable {
  /// Whether its first column is a column of ones.
  public var hasIntercept: Bool {
    switch role {
    case .given(let intercept), .lagged(_, _, let intercept): intercept
    case .latent, .observed, .position: false
    }
  }
}
