import PlanIR

/// Hands out slots and collects steps.
struct PlanBuilder {
  private(set) var parameters: [Plan.ParameterBlock] = []
  private(set) var tiles: [Plan.TileBlock] = []

  mutating func parameter(
    _ name: String, _ count: Int, isRowSum: Bool = false, initial: [Double] = []
  ) -> ParameterSlot {
    parameters.append(Plan.ParameterBlock(name: name, count: count, isRowSum: isRowSum, initial: initial))
    return ParameterSlot(parameters.count - 1)
  }

  mutating func tile(_ name: String, _ width: Int) -> TileSlot {
    tiles.append(Plan.TileBlock(name: name, width: width))
    return TileSlot(tiles.count - 1)
  }

  func count(_ slot: ParameterSlot) -> Int { parameters[slot.index].count }
  func width(_ slot: TileSlot) -> Int { tiles[slot.index].width }

  /// `output += coefficient · Σ a · b` over all elements of two slots of one size.
  func innerProduct(_ coefficient: Double, _ a: ParameterSlot, _ b: ParameterSlot, into output: ParameterSlot) -> Step {
    let axis = [Contraction.Access.Axis.strided(index: 0, stride: 1)]
    return .contract(
      Contraction(
        coefficient, extents: [count(a)],
        operands: [Contraction.Access(a, axes: axis), Contraction.Access(b, axes: axis)],
        output: Contraction.Access(output)))
  }
}
