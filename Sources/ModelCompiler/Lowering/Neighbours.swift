import ModelLanguage

// Which row a term is seen from that takes something from the row before.

extension ModelGraph {
  /// The derived variable that holds a variable's data of the row after; nil where there is none.
  func nextRow(of variable: Int) -> Int? {
    variables.firstIndex { $0.role == .lagged(variable: variable, lags: [-1], intercept: false) }
  }
}

extension LogJoint.JointTerm {
  /// The chain whose row before occurs.
  var previous: Int? {
    factors.compactMap { if case .previous(let v) = $0.operand { v } else { nil } }.first
  }

  /// Whether what ties a row to the row before depends on what else the row holds: it is then the row's own.
  ///
  /// Of the row before alone, numbers that the model conditions on are known from there as well.
  func isLinked(in graph: ModelGraph) -> Bool {
    guard let chain = previous else { return false }
    let isPair = factors.contains { $0.operand == .variable(chain) }
    return factors.contains { factor in
      guard case .variable(let v) = factor.operand, v != chain, graph.isRowVariable(v) else { return false }
      if case .position = graph.variables[v].role { return false }
      return isPair || v != graph.order?.sequence && graph.nextRow(of: v) == nil
    }
  }

  /// The term with what it takes from the row before, and from nothing else of that variable, seen from that row: there
  /// it holds for all rows that another one follows.
  func shifted(in graph: ModelGraph) -> LogJoint.JointTerm {
    guard let chain = previous, !factors.contains(where: { $0.operand == .variable(chain) }), !isLinked(in: graph)
    else { return self }
    return LogJoint.JointTerm(
      source: source, coefficient: coefficient,
      factors: factors.map { factor in
        var operand = factor.operand
        if operand == .previous(chain) {
          operand = .variable(chain)
        } else if case .variable(let v) = operand, graph.variables[v].role == .position(.later),
          let followed = graph.variables.firstIndex(where: { $0.role == .position(.followed) })
        {
          operand = .variable(followed)
        } else if case .variable(let v) = operand, let next = graph.nextRow(of: v) {
          operand = .variable(next)
        }
        return LogJoint.Factor(
          operand: operand, statistic: factor.statistic, indices: factor.indices, members: factor.members)
      }, over: over)
  }
}
