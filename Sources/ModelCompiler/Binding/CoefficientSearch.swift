import ExponentialFamilies
import ModelLanguage

/// Finds inputs with an intercept that are multiplied with coefficients and nothing else, and coefficients that are multiplied
/// with these and nothing else: both may then be those of the inputs less their means.
///
/// The means of coefficients may be variables, whose means again may be: they are coefficients of the same inputs.
struct CoefficientSearch {
  /// An inner product of inputs with coefficients, in the distribution of a variable.
  struct Product: Hashable {
    let factor: Int
    let coefficients: Int
    /// Whether it is multiplied by something else.
    let isScaled: Bool
  }

  private let graph: ModelGraph
  private let shapes: [FamilyShape]
  /// The inputs.
  private(set) var inputs: Set<Int> = []
  /// The inputs of each variable that holds coefficients.
  private(set) var coefficients: [Int: Int] = [:]
  /// The products in which each of the inputs stands.
  private(set) var products: [Int: [Product]] = [:]

  init(_ graph: ModelGraph, shapes: [FamilyShape]) {
    self.graph = graph
    self.shapes = shapes
    for variable in graph.observed where graph.variables[variable].hasIntercept {
      guard let products = products(of: variable), let own = closure(Set(products.map(\.coefficients)), of: variable)
      else { continue }
      inputs.insert(variable)
      self.products[variable] = products
      for coefficient in own { coefficients[coefficient] = variable }
    }
  }

  /// The products of inputs; nil where they are used otherwise.
  private func products(of inputs: Int) -> [Product]? {
    var products: [Product] = []
    for (index, factor) in graph.factors.enumerated() {
      for argument in factor.arguments where argument.value.variables.contains(inputs) {
        guard case .variable(let use) = argument.value, use.variable == inputs,
          let (partner, isScaled) = factor.partner(of: argument), case .variable(let other) = partner.value,
          !other.isPrevious, factor.isInnerProduct(argument.name, partner.name)
        else { return nil }
        products.append(Product(factor: index, coefficients: other.variable, isScaled: isScaled))
      }
    }
    return products.isEmpty ? nil : products
  }

  /// Coefficients with the variables that are their means; nil where one of them is used otherwise, or cannot be mapped.
  private func closure(_ first: Set<Int>, of inputs: Int) -> Set<Int>? {
    var all = first
    var next = Array(first)
    while let variable = next.popLast() {
      let shape = shapes[variable]
      guard graph.variables[variable].role == .latent, !graph.isRowVariable(variable), coefficients[variable] == nil,
        let family = graph.variables[variable].family.type as? any LinearlyMappedFamily.Type,
        family.mappedCount(shape) == shapes[inputs].dimension,
        graph.factor(of: variable).arguments.contains(where: { $0.name == "mean" })
      else { return nil }
      for argument in graph.factor(of: variable).arguments {
        guard case .variable(let use) = argument.value else { continue }
        if argument.isLocation { if all.insert(use.variable).inserted { next.append(use.variable) } }
      }
    }
    for factor in graph.factors {
      for argument in factor.arguments {
        guard case .variable(let use) = argument.value, all.contains(use.variable) else { continue }
        if argument.isLocation && all.contains(factor.child) { continue }
        guard let (partner, _) = factor.partner(of: argument), case .variable(let other) = partner.value,
          other.variable == inputs
        else { return nil }
      }
    }
    return all
  }
}

extension ModelGraph.Factor {
  /// The other vector of the inner product that an argument is a vector of, and whether the product is multiplied by something;
  /// nil where it is none.
  func partner(of argument: NamedArgument) -> (argument: NamedArgument, isScaled: Bool)? {
    guard let place = arguments.firstIndex(of: argument) else { return nil }
    func has(_ place: Int, _ word: String) -> Bool {
      arguments.indices.contains(place) && arguments[place].name.split(separator: ".").last?.hasPrefix(word) == true
    }
    if has(place, "coefficients"), has(place + 1, "inputs") {
      return (arguments[place + 1], has(place + 2, "multiplier"))
    }
    if has(place, "inputs"), has(place - 1, "coefficients") {
      return (arguments[place - 1], has(place + 1, "multiplier"))
    }
    if has(place, "inputs"), has(place - 1, "map") { return (arguments[place - 1], false) }
    if has(place, "map"), has(place + 1, "inputs") { return (arguments[place + 1], false) }
    return nil
  }

  /// Whether two vectors occur in the terms as their inner product does: each index of the one is an index of the other.
  func isInnerProduct(_ a: String, _ b: String) -> Bool {
    let ofNoise: Set<StatisticName> = [.precision, .logPrecision]
    let known = ofNoise.union([.value, .outerProduct, .precisionTimesMean, .meanPrecisionMean])
    return terms.allSatisfy { term in
      func indices(_ name: String) -> [String] {
        term.factors.filter { $0.argument == name && !ofNoise.contains($0.statistic) }.flatMap(\.indices).filter {
          $0 != .i
        }.map(\.rawValue).sorted()
      }
      return indices(a) == indices(b)
        && term.factors.allSatisfy { ![a, b].contains($0.argument) || known.contains($0.statistic) }
    }
  }
}
