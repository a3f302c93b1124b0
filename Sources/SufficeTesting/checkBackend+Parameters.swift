import Suffice

extension BackendChecker {
  /// Every kind of step that touches no rows.
  mutating func checkParameterSteps() throws {
    for size in [1, 2, 10, 33] { try checkMoves(size) }
    for _ in 0..<120 { try checkContraction() }
    try checkFamilies()
  }

  /// Runs parameter steps on the reference and on the backend and compares all slots.
  private mutating func compare(
    _ step: StepCase, _ steps: [Step], rate: Double = 1, _ allowance: Allowance, _ what: @autoclosure () -> String
  ) throws {
    let plan = step.plan
    func run(_ backend: any Backend, _ initial: ParameterMemory) throws -> [[Double]] {
      var memory = initial
      try backend.executor(for: plan, inputs: [], threads: 1).run(steps, on: &memory, rate: rate)
      return memory.values
    }
    let memory = ParameterMemory(plan)
    var magnitudes = memory
    magnitudes.values = memory.values.map { $0.map(abs) }
    let expected = try run(ReferenceBackend(), memory)
    let found = try run(backend, memory)
    var magnitude = expected
    if case .terms = allowance {
      magnitude = try run(ReferenceBackend(), magnitudes)
    }
    for (slot, block) in plan.parameters.indices.map({ ($0, plan.parameters[$0]) }) {
      compare(.parameters, found[slot], expected[slot], magnitude[slot], rows: 0, allowance, "\(what()), \(block.name)")
    }
  }

  private mutating func checkMoves(_ size: Int) throws {
    for rate in [1, 0.25, 1e-3] {
      var step = StepCase()
      let a = step.parameter("a", numbers(size))
      let b = step.parameter("b", numbers(size))
      let steps: [Step] = [.blend(target: a, into: b), .clear(a)]
      // Each number is moved with three roundings.
      try compare(
        step, steps, rate: rate, .tolerance(.absolute(0x1p-50, because: "three roundings of numbers below 2")),
        "blend at rate \(rate), and clear of \(size)")
    }
  }

  /// A random contraction of up to three operands and three indices.
  private mutating func checkContraction() throws {
    func below(_ n: Int) -> Int { Int(random.next() % UInt64(n)) }
    let count = below(4)
    let isSymmetric = count >= 2 && below(3) == 0
    var extents = (0..<count).map { _ in [1, 2, 3, 5, 10, 0][below(20) == 0 ? 5 : below(5)] }
    if isSymmetric { extents[1] = extents[0] }
    var step = StepCase()
    func access(_ name: String) -> Contraction.Access {
      // Some of the indices, in some order, the last one running fastest; at times every other number is left out.
      var indices = (0..<count).filter { _ in below(3) > 0 }
      indices.shuffle(using: &random)
      let usesPair = isSymmetric && below(2) == 0
      if usesPair { indices.removeAll { $0 < 2 } }
      let offset = below(3)
      var stride = 1 + below(2)
      var axes: [Contraction.Access.Axis] = []
      for index in indices.reversed() {
        axes.append(.strided(index: index, stride: stride))
        stride *= max(extents[index], 1)
      }
      if usesPair {
        let pair = below(2) == 0 ? (0, 1) : (1, 0)
        axes.append(.symmetric(pair.0, pair.1, stride: stride))
        stride *= extents[0] * (extents[0] + 1) / 2
      }
      return Contraction.Access(step.parameter(name, numbers(offset + max(stride, 1))), offset: offset, axes: axes)
    }
    let operands = (0..<1 + below(3)).map { access("operand \($0)") }
    let contraction = Contraction(
      [1, -1, 0.5, 3][below(4)], extents: extents, operands: operands, output: access("output"))
    let terms = extents.reduce(1, *) + operands.count + 1
    let magnitudes = Contraction(
      abs(contraction.coefficient), extents: extents, operands: operands, output: contraction.output)
    // The sum of the magnitudes of all terms, which the coefficient's sign would hide.
    let plan = step.plan
    var sizes = ParameterMemory(plan)
    sizes.values = sizes.values.map { $0.map(abs) }
    try ReferenceBackend().executor(for: plan, inputs: [], threads: 1).run([.contract(magnitudes)], on: &sizes, rate: 1)
    var expected = ParameterMemory(plan)
    var found = expected
    try ReferenceBackend().executor(for: plan, inputs: [], threads: 1).run(
      [.contract(contraction)], on: &expected, rate: 1)
    try backend.executor(for: plan, inputs: [], threads: 1).run([.contract(contraction)], on: &found, rate: 1)
    for slot in plan.parameters.indices {
      compare(
        .parameters, found.values[slot], expected.values[slot], sizes.values[slot], rows: 0, .terms(terms),
        "\(contraction), slot \(slot)")
    }
  }

  /// Expectations and log partitions of several members of every family.
  private mutating func checkFamilies() throws {
    for type in FamilyCatalog.families {
      for dimension in [1, 3] {
        let shape = FamilyShape(dimension: dimension)
        let members = 4
        let natural = (0..<members).flatMap { _ in
          type.natural(from: FamilyMember.random(type, shape, .moderate, using: &random).parameters, shape)
        }
        var step = StepCase()
        let slot = step.parameter("natural", natural)
        let mean = step.parameter("mean", natural.map { _ in 0 })
        let sum = step.parameter("Σ A", [0.5])
        let family = Family(type)
        let steps: [Step] = [
          .expectations(family, shape, members: members, natural: slot, mean: mean),
          .logPartition(family, shape, members: members, natural: slot, coefficient: -2, into: sum),
        ]
        // The families compute, whichever backend asks them; one with functions of its own may round otherwise.
        let tolerance = Tolerance.relative(
          1e-12, because: "special functions within some thousand units in the last place")
        try compare(
          step, steps, .tolerance(tolerance), "expectations and log partitions of \(family), dimension \(dimension)")
      }
    }
    try checkManyMembers()
  }

  /// So many members that a backend may share them among threads, or compute them by functions of its own.
  private mutating func checkManyMembers() throws {
    for family in [Family(Dirichlet.self), Family(Gamma.self)] {
      let (members, shape) = (700, FamilyShape(dimension: 5))
      let natural = (0..<members).flatMap { _ in
        family.type.natural(from: FamilyMember.random(family.type, shape, .moderate, using: &random).parameters, shape)
      }
      var step = StepCase()
      let slot = step.parameter("natural", natural)
      let mean = step.parameter("mean", natural.map { _ in 0 })
      let sum = step.parameter("Σ A", [0.5])
      let steps: [Step] = [
        .expectations(family, shape, members: members, natural: slot, mean: mean),
        .logPartition(family, shape, members: members, natural: slot, coefficient: -2, into: sum),
      ]
      let tolerance = Tolerance.absolute(
        1e-8, because: "a sum of thousands of numbers below 100, and differences of special functions")
      try compare(step, steps, .tolerance(tolerance), "\(members) members of \(family)")
    }
    // A table copied with its rows and columns exchanged, one times as large.
    for (rows, columns) in [(3, 700), (700, 50)] {
      var step = StepCase()
      let from = step.parameter("from", numbers(rows * columns))
      let to = step.parameter("to", numbers(rows * columns))
      let contraction = Contraction(
        1, extents: [rows, columns],
        operands: [
          .init(from, axes: [.strided(index: 0, stride: columns), .strided(index: 1, stride: 1)])
        ], output: .init(to, axes: [.strided(index: 0, stride: 1), .strided(index: 1, stride: rows)]))
      try compare(step, [.contract(contraction)], .terms(2), "\(rows) × \(columns) exchanged")
    }
  }
}
