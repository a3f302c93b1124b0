import ExponentialFamilies
import PlanIR

/// Runs one step that touches no rows.
///
/// Other backends use it for the steps that they do not speed up.
public func interpret(_ step: Step, on memory: inout ParameterMemory, rate: Double) {
  switch step {
  case .clear(let slot): memory[slot] = [Double](repeating: 0, count: memory[slot].count)
  case .contract(let contraction): contract(contraction, on: &memory)
  case .expectations(let family, let shape, let members, let natural, let mean):
    let size = memory[natural].count / max(members, 1)
    for m in 0..<members {
      let range = m * size..<(m + 1) * size
      memory[mean].replaceSubrange(range, with: family.type.meanStatistics(Array(memory[natural][range]), shape))
    }
  case .logPartition(let family, let shape, let members, let natural, let coefficient, let into):
    let size = memory[natural].count / max(members, 1)
    for m in 0..<members {
      memory[into][0] +=
        coefficient * family.type.logPartition(Array(memory[natural][m * size..<(m + 1) * size]), shape)
    }
  case .blend(let target, let into):
    if rate == 1 {
      memory[into] = memory[target]
    } else {
      for i in memory[into].indices { memory[into][i] += rate * (memory[target][i] - memory[into][i]) }
    }
  case .load, .statistic, .fillMissing, .gather, .scatter, .combine, .product, .affine, .meanMap, .chain, .accumulate,
    .resume, .sweeps:
    preconditionFailure("a step of rows between sweeps")
  }
}

/// Adds up a contraction, element by element.
private func contract(_ contraction: Contraction, on memory: inout ParameterMemory) {
  let operands = contraction.operands.map { memory[$0.slot] }
  var output = memory[contraction.output.slot]
  contraction.forEachElement { addresses, target in
    var product = contraction.coefficient
    for (operand, address) in zip(operands, addresses) { product *= operand[address] }
    output[target] += product
  }
  memory[contraction.output.slot] = output
}
