import ExponentialFamilies
import ModelLanguage

/// An augmentation is exact for one distribution of its auxiliary variable, of which each observation has its own.
func checkAugmentation(_ factor: ModelGraph.Factor, in graph: ModelGraph) throws(ModelError) {
  let child = graph.variables[factor.child]
  for argument in factor.arguments where argument.name == "auxiliary" {
    guard case .variable(let use) = argument.value else { continue }
    let auxiliary = graph.variables[use.variable]
    if graph.isRowVariable(factor.child) && !graph.isRowVariable(use.variable) {
      throw ModelError(
        "\"\(child.name)\" has the auxiliary variable \"\(auxiliary.name)\", which stands outside the rows: each row needs its own. Move "
          + "\"\(auxiliary.name)\" into Plate.rows { … }.", at: child.location)
    }
    let isShared = graph.factors.contains { other in
      other.child != factor.child && other.arguments.contains { $0.value.variables.contains(use.variable) }
    }
    if isShared {
      throw ModelError(
        "\"\(auxiliary.name)\" is the auxiliary variable of \"\(child.name)\" and of another variable. Declare one for each.",
        at: child.location)
    }
    let size = factor.terms.flatMap(\.factors).compactMap(\.statistic.logGammaArgument).first { $0.sign > 0 }?.number
    let given = graph.factor(of: use.variable)
    let needed: String?
    switch auxiliary.family {
    case Family(PolyaGamma.self):
      if let size {
        needed =
          isPolyaGamma(given, size: size, plus: factor.child)
          ? nil : "PolyaGamma(shape: \(numberText(size)), plus: \(child.name))"
      } else {
        needed = isKnown("shape", as: 1, of: given) ? nil : "PolyaGamma(shape: 1)"
      }
    case Family(TruncatedNormal.self):
      let isStandard = isKnown("mean", as: 0, of: given) && isKnown("precision", as: 1, of: given)
      needed = isStandard ? nil : "TruncatedNormal(mean: 0.0, precision: 1.0)"
    default: needed = nil
    }
    if let needed {
      throw ModelError(
        "\"\(auxiliary.name)\" is the auxiliary variable of \"\(child.name)\", which holds for one distribution of it alone: write "
          + "'\(auxiliary.name) ~ \(needed)'.", at: auxiliary.location)
    }
  }
}

extension ModelGraph {
  /// The auxiliary variables of a variable's distribution.
  public func auxiliaries(of variable: Int) -> [Int] {
    factor(of: variable).arguments.filter { $0.name == "auxiliary" }.compactMap(\.value.variables.first)
  }
}

private func isKnown(_ name: String, as value: Double, of factor: ModelGraph.Factor) -> Bool {
  guard case .constant(let numbers)? = factor.arguments.first(where: { $0.name == name })?.value else { return false }
  return numbers.allSatisfy { $0 == value }
}

private func isPolyaGamma(_ factor: ModelGraph.Factor, size: Double, plus counts: Int) -> Bool {
  guard case .variable(let use)? = factor.arguments.first(where: { $0.name == "counts" })?.value else { return false }
  return use.variable == counts && factor.terms.contains { $0.factors.count == 1 && $0.coefficient == size }
}
