/// A variable of ordered rows of which each row's value depends on the value of the row before.
///
/// ```swift
/// Chain {
///   state ~ MarkovChain(initial: Categorical(start), transition: Categorical(move[state.previous]))
///   x ~ Normal(level[state])
/// }
/// ```
/// A chain is one block: labels are solved exactly by forward and backward messages, Gaussian vectors by smoothing. The
/// transition may depend on what else the row holds: `dynamics[state] * z.previous`, `move[treatment][state.previous]`.
///
/// Source: Bishop, *Pattern Recognition and Machine Learning* (2006), sections 13.2 and 13.3.
public struct MarkovChain<Initial: Distribution, Transition: Distribution>: Distribution
where Initial.Child == Transition.Child {
  public typealias Child = Initial.Child
  public let conditional: Conditional

  /// A chain.
  ///
  /// - Parameters:
  ///   - initial: The distribution of the first row of each sequence.
  ///   - transition: The distribution of every later row, which uses the variable's `previous`.
  public init(initial: Initial, transition: Transition) {
    let parts = [("initial", Term.RowScope.first, initial.conditional), ("transition", .later, transition.conditional)]
    conditional = Conditional(
      family: initial.conditional.family,
      arguments: parts.flatMap { prefix, _, part in
        part.arguments.map {
          Conditional.NamedArgument(name: "\(prefix).\($0.name)", argument: $0.argument, isLocation: $0.isLocation)
        }
      },
      count: initial.conditional.count ?? transition.conditional.count,
      terms: parts.flatMap { prefix, rows, part in
        part.terms.map { term in
          Term(
            coefficient: term.coefficient,
            factors: term.factors.map {
              Term.Factor(
                argument: $0.argument.map { "\(prefix).\($0)" }, statistic: $0.statistic, indices: $0.indices)
            }, over: term.over, rows: rows)
        }
      })
  }
}
