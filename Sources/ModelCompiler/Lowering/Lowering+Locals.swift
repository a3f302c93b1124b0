import ExponentialFamilies
import ModelLanguage
import PlanIR

/// Row variables as the model has them, where several labels are solved as one.
extension Lowering {
  /// The numbers of a row variable among those of what it is solved as: the extents of the indices, the one that runs over
  /// the variable's own numbers, and the axes of all.
  func rowPlace(
    of variable: Int
  ) -> (local: Int, extents: [Int], own: Int, axes: [Contraction.Access.Axis])? {
    if let l = local(variable) {
      let size = locals[l].size
      return (
        l, [locals[l].members, size], 1, [.strided(index: 0, stride: size), .strided(index: 1, stride: 1)]
      )
    }
    // The statistics of a factor are the first ones of what it is solved as.
    if let pair = logJoint.scaledVectors.first(where: { $0.factor == variable }), let l = local(pair.variable) {
      let own = graph.variables[variable].family.type.statisticCount(shapes[variable])
      return (
        l, [locals[l].members, own], 1, [.strided(index: 0, stride: locals[l].size), .strided(index: 1, stride: 1)]
      )
    }
    guard let joint = blocks.joints.first(where: { $0.members.contains(variable) }), let l = local(joint.variable),
      let own = joint.members.firstIndex(of: variable)
    else { return nil }
    let extents = joint.members.map { shapes[$0].dimension }
    return (l, extents, own, .rowMajor(extents))
  }

  /// Tells the plan of the row variables, in the order of declaration: of a joint label its members, each with the steps that
  /// sum over the others.
  mutating func tellLocals(in plan: inout Plan) {
    var told: [(variable: Int, slots: LocalSlots, mean: TileSlot, bias: ParameterSlot)] = []
    for slots in locals where slots.linkOf == nil {
      if let pair = logJoint.scaledVectors.first(where: { $0.variable == slots.variable }) {
        // The factor's statistics come first, those of the vector by itself last.
        for (member, isLast) in [(pair.factor, false), (pair.vector, true)] {
          let name = graph.variables[member].name
          let size = graph.variables[member].family.type.statisticCount(shapes[member])
          let extents = [slots.members, size]
          let mean = builder.tile("mean(\(name))", size * slots.members)
          told.append((member, slots, mean, builder.parameter("bias(\(name))", size * slots.members)))
          plan.marginals.append(
            .combine(
              RowContraction(
                1, extents: extents,
                operands: [
                  .init(
                    .tile(slots.mean), offset: isLast ? slots.size - size : 0,
                    axes: [.strided(index: 0, stride: slots.size), .strided(index: 1, stride: 1)])
                ], output: mean, axes: .rowMajor(extents)), adding: false))
        }
        continue
      }
      guard let joint = blocks.joints.first(where: { $0.variable == slots.variable }) else {
        told.append((slots.variable, slots, slots.mean, slots.bias))
        continue
      }
      let extents = joint.members.map { shapes[$0].dimension }
      for (place, member) in joint.members.enumerated() {
        let name = graph.variables[member].name
        let mean = builder.tile("mean(\(name))", extents[place])
        told.append((member, slots, mean, builder.parameter("bias(\(name))", extents[place])))
        plan.marginals.append(
          .combine(
            RowContraction(
              1, extents: extents, operands: [.init(.tile(slots.mean), axes: .rowMajor(extents))], output: mean,
              axes: [.strided(index: place, stride: 1)]), adding: false))
      }
    }
    told.sort { $0.variable < $1.variable }
    plan.locals = told.map { entry in
      let label = entry.slots.label.flatMap { l in told.firstIndex { $0.variable == locals[l].variable } }
      return Plan.LocalVariable(
        name: graph.variables[entry.variable].name, family: graph.variables[entry.variable].family,
        shape: shapes[entry.variable], mean: entry.mean, normalizer: entry.slots.normalizer,
        members: entry.slots.members, bias: entry.bias, label: label)
    }
    plan.joints = blocks.joints.compactMap { joint in
      local(joint.variable).map { l in
        let labels = joint.members.compactMap { member in told.firstIndex { $0.variable == member } }
        return Plan.JointLabel(labels: labels, mean: locals[l].mean)
      }
    }
  }
}
