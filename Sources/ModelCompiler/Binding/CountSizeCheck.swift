import ExponentialFamilies
import ModelLanguage

/// Counts whose size is so far above their mean that an auxiliary Pólya–gamma variable holds nearly all that is known.
///
/// A factorised posterior counts the auxiliary variable as known: of the predictor ψ it has the information E[ω], where the counts have
/// E[ω] − ψ² Var[ω] (Louis 1982), less by the factor ψ / sinh ψ. Deviations are then as much too small as the root of that, and of the way
/// to the optimum each pass goes that part. At the mean of the counts, ψ is log(mean / size).
private let mostLoss = 100.0

/// The posterior of a predictor of counts has deviations of about the right size.
func checkCountAugmentations(_ graph: ModelGraph, _ facts: DataFacts) throws(ModelError) {
  for factor in graph.factors where graph.variables[factor.child].family == Family(PolyaGamma.self) {
    // The shape is a number plus the counts.
    guard case .variable(let use)? = factor.arguments.first(where: { $0.name == "counts" })?.value,
      let place = graph.observed.firstIndex(of: use.variable),
      let size = factor.terms.first(where: { $0.factors.count == 1 })?.coefficient, size > 0
    else { continue }
    for (column, mean) in zip(facts.observed[place].columns, facts.observed[place].mean) {
      // Where all counts are 0, one in all rows would not be told from it.
      let ratio = size / max(mean, 1 / Double(max(facts.rowCount, 1)))
      let tilt = abs(_log(ratio))
      let loss = tilt > 0 ? 0.5 * (_exp(tilt) - _exp(-tilt)) / tilt : 1
      if loss <= mostLoss { continue }
      throw ModelError(
        "the size \(size) is \(Int(min(ratio, 1e15).rounded())) times the mean of column \"\(column)\": deviations would be "
          + "\(Int(min(loss.squareRoot(), 1e15).rounded())) times too small, and a fit would take \(Int(min(loss, 1e15).rounded())) times as "
          + "many passes. Use a smaller size: at 30 times the mean, deviations are half of what they should be.",
        at: graph.variables[use.variable].location)
    }
  }
}
