import ExponentialFamilies
import ModelLanguage
import PlanIR

/// Collects the terms of one space.
struct LatentBasisBuilder {
  private(set) var lowering: Lowering
  private let spaces: LatentSpaces
  private let space: [Int: LatentBasis.Side]
  private let dimension: Int
  private var variables: [LatentBasis.Variable] = []
  private var forms: [LatentBasis.Form] = []
  private var priors: [LatentBasis.MatrixPrior] = []
  private var moments: [Step] = []
  /// Global variables whose expectations are in moments: they stay what they are while the basis changes.
  private var fixed: Set<Int> = []

  /// The value of the label that chooses the space's members; nil for all members.
  private let given: (choice: LatentSpaces.Choice, value: Int)?

  private var graph: ModelGraph { lowering.graph }

  init(
    _ lowering: Lowering, _ spaces: LatentSpaces, _ space: [Int: LatentBasis.Side],
    given: (choice: LatentSpaces.Choice, value: Int)? = nil
  ) {
    self.given = given
    self.lowering = lowering
    self.spaces = spaces
    self.space = space
    dimension = space.keys.first.map { lowering.shapes[$0].dimension } ?? 0
  }

  mutating func basis() throws(ModelError) -> LatentBasis? {
    let names = space.keys.sorted()
    var counts: [LatentBasis.RowCount] = []
    for v in names {
      if let g = lowering.global(v) {
        let user = spaces.rowsOfMatrix(v, in: space)
        if let user, graph.variables[v].plates.count != 1 || space[user] == space[v] { return nil }
        variables.append(
          LatentBasis.Variable(
            position: g, side: space[v] ?? .vector, members: members(of: v), isMatrix: user != nil))
      } else if lowering.local(v) != nil {
        let count = given.flatMap { given in
          lowering.local(given.choice.label).map { (lowering.sum(rows: $0, hasFeatures: false), given.value) }
        }
        counts.append(
          LatentBasis.RowCount(
            slot: count?.0 ?? lowering.count, offset: count?.1 ?? 0, side: space[v] ?? .vector))
      }
    }
    if variables.isEmpty { return nil }
    for index in lowering.logJoint.priors where space[graph.factors[index].child] != nil {
      if try !addPrior(graph.factors[index]) { return nil }
    }
    for term in lowering.logJoint.terms where !term.isZero(in: graph) {
      if spaces.openLetters(of: term, in: space).isEmpty { continue }
      let term = term.shifted(in: graph)
      guard let found = lowering.contracted.first(where: { $0.parts.lowering.term == term }), add(found) else {
        return nil
      }
    }
    let name = names.map { graph.variables[$0].name }.joined(separator: ", ")
    let basis = LatentBasis(
      name: name + (given.map { " given \(graph.variables[$0.choice.label].name) \($0.value)" } ?? ""),
      dimension: dimension, variables: variables,
      rowCounts: counts, moments: moments, forms: forms, matrixPriors: priors)
    return areIndependent(basis.scales) ? basis : nil
  }

  /// Whether each scale's optimum depends on the basis and not on another scale.
  private func areIndependent(_ scales: [Int]) -> Bool {
    let variables = Set(scales.map { lowering.globals[$0].variable })
    return fixed.isDisjoint(with: variables) && space.keys.allSatisfy { !variables.contains($0) }
      && scales.allSatisfy { lowering.globals[$0].staleAfter.isEmpty }
      && lowering.logJoint.terms.allSatisfy { Set($0.variables).intersection(variables).count <= 1 }
  }

  // MARK: Members that a label chooses

  /// The axes of a global variable's members, with those that the label's value does not choose left out.
  private func memberAxes(of v: Int) -> (offset: Int, extents: [Int], strides: [Int]) {
    var (offset, extents, strides) = (0, [Int](), [Int]())
    var stride = 1
    for plate in graph.variables[v].plates.reversed() {
      let size = max(lowering.known.sizes.plates[plate], 1)
      if let given, given.choice.plates[v] == plate {
        offset += given.value * stride
      } else {
        extents.append(size)
        strides.append(stride)
      }
      stride *= size
    }
    return (offset, extents.reversed(), strides.reversed())
  }

  private func members(of v: Int) -> [Int] {
    let (offset, extents, strides) = memberAxes(of: v)
    return zip(extents, strides).reduce([offset]) { members, axis in
      members.flatMap { first in (0..<axis.0).map { first + $0 * axis.1 } }
    }
  }

  /// The part of a term that belongs to the label's value.
  private func restricted(_ found: Lowering.ContractedTerm) -> Lowering.ContractedTerm {
    guard let given else { return found }
    let child = graph.factors[found.parts.lowering.term.source].child
    let indices = found.parts.lowering.indices.indices.filter { i in
      switch found.parts.lowering.indices[i] {
      case .label(let use): use == ModelGraph.Use(given.choice.label)
      case .plate(let plate): given.choice.plates[child] == plate
      case .element: false
      }
    }
    return found.fixing(indices, at: given.value)
  }

  // MARK: Known priors

  /// ⟨η₀, t(x)⟩ of a member with mean 0.
  private mutating func addPrior(_ factor: ModelGraph.Factor) throws(ModelError) -> Bool {
    let (v, k) = (factor.child, dimension)
    let naturals = try lowering.known.naturals(of: factor)
    if naturals.contains(where: { $0[..<k].contains { $0 != 0 } }) { return false }
    func weights(_ natural: [Double]) -> LatentBasis.Weights {
      let quadratic = SymmetricMatrix(order: k, natural: natural[k...])
      return LatentBasis.Weights(numbers: (0..<k * k).map { quadratic[$0 / k, $0 % k] }, scale: nil)
    }
    if naturals.count > 1 {
      // Members with priors of their own have a form each.
      guard let g = lowering.global(v), matrixPlace(v) == nil else { return false }
      for member in members(of: v) {
        let access = Contraction.Access(
          lowering.globals[g].mean, offset: k + member * lowering.globals[g].size, axes: [.symmetric(0, 1, stride: 1)])
        addForm(v, weights(naturals[member]), [k, k], [(1, [access])], at: (0, 1))
      }
      return true
    }
    let weights = weights(naturals[0])
    if let place = matrixPlace(v) {
      priors.append(LatentBasis.MatrixPrior(variable: place, weights: weights))
      return true
    }
    let slot: ParameterSlot, size: Int
    var (offset, extents, strides) = (0, [1], [0])
    if let g = lowering.global(v) {
      (slot, size) = (lowering.globals[g].mean, lowering.globals[g].size)
      (offset, extents, strides) = memberAxes(of: v)
    } else if let l = lowering.local(v) {
      (slot, size) = (lowering.sum(rows: l, hasFeatures: false), lowering.locals[l].size)
      (offset, extents, strides) = given.map { ($0.value, [], []) } ?? (0, [lowering.locals[l].members], [1])
    } else {
      return false
    }
    let n = extents.count
    let axes = strides.enumerated().map { Contraction.Access.Axis.strided(index: $0, stride: $1 * size) }
    let access = Contraction.Access(
      slot, offset: k + offset * size, axes: axes + [.symmetric(n, n + 1, stride: 1)])
    addForm(v, weights, extents + [k, k], [(1, [access])], at: (n, n + 1))
    return true
  }

  /// Adds a form whose moments are sums of products, with two indices that run over their rows and columns.
  private mutating func addForm(
    _ variable: Int, _ weights: LatentBasis.Weights, _ extents: [Int],
    _ products: [(coefficient: Double, operands: [Contraction.Access])], at indices: (Int, Int)
  ) {
    let slot = lowering.builder.parameter("moments of \(graph.variables[variable].name)", dimension * dimension)
    moments.append(.clear(slot))
    for product in products {
      moments.append(
        .contract(
          Contraction(
            product.coefficient, extents: extents,
            operands: product.operands,
            output: Contraction.Access(
              slot,
              axes: [.strided(index: indices.0, stride: dimension), .strided(index: indices.1, stride: 1)]))))
    }
    forms.append(LatentBasis.Form(moments: slot, side: space[variable] ?? .vector, weights: weights))
  }

  // MARK: Terms

  /// A term as a quadratic form of second moments; false where it is none.
  private mutating func add(_ found: Lowering.ContractedTerm) -> Bool {
    let parts = found.parts
    let term = parts.lowering.term
    let open = spaces.openLetters(of: term, in: space)
    func carries(_ i: Int, where condition: (LatentSpaces.Carrier) -> Bool) -> Bool {
      open.contains { spaces.carriers(of: $0, in: term).contains { $0.factor == i && condition($0.carrier) } }
    }
    // The factors that hold vectors of the space, and those that an open index runs over besides: the weights.
    let own = term.factors.indices.filter { i in
      carries(i) { $0.vector.map { space[$0] != nil } ?? false }
        && term.factors[i].operand.variable.map { space[$0] != nil } ?? false
    }
    // A known number that is the same for all elements weighs moments, whatever index it was written with.
    let constants = term.factors.indices.compactMap { i in
      constantAccess(i, over: open, found).map { (factor: i, access: $0) }
    }
    let scales = term.factors.indices.filter { i in
      !own.contains(i) && carries(i) { _ in true } && !constants.contains { $0.factor == i }
    }
    guard let weights = weights(scales, over: open, found) else { return false }
    let others = parts.outer.filter { !scales.contains($0.factor) && !own.contains($0.factor) }.map { entry in
      constants.first { $0.factor == entry.factor } ?? entry
    }
    let isOfVectors = own.count == 1 && Set(term.factors[own[0]].indices) == Set(open)
    // Expectations of global variables that are in moments stay what they are while the basis changes.
    fixed.formUnion(
      others.compactMap { term.factors[$0.factor].operand.variable }.filter { space[$0] == nil })
    if isOfVectors { return addPrior(own[0], open, weights, found, others.map(\.access)) }
    return addInnovation(own, open, weights, found, others.map(\.access))
  }

  /// Where the known numbers of a factor are that do not depend on open indices; nil where they do, or are none.
  private func constantAccess(
    _ factor: Int, over open: [LogJoint.TermIndex], _ found: Lowering.ContractedTerm
  ) -> Contraction.Access? {
    let lowering = found.parts.lowering
    guard case .known = lowering.term.factors[factor].operand,
      let access = found.parts.outer.first(where: { $0.factor == factor })?.access
    else { return nil }
    let positions = Set(open.map(lowering.position))
    var (kept, strides) = ([(extent: Int, stride: Int)](), [(extent: Int, stride: Int)]())
    for axis in access.axes {
      guard case .strided(let index, let stride) = axis else { return nil }
      if positions.contains(index) {
        strides.append((lowering.extents[index], stride))
      } else {
        kept.append((lowering.extents[index], stride))
      }
    }
    func offsets(_ axes: [(extent: Int, stride: Int)]) -> [Int] {
      axes.reduce([0]) { all, axis in all.flatMap { first in (0..<axis.extent).map { first + $0 * axis.stride } } }
    }
    let values = self.lowering.builder.parameters[access.slot.index].initial
    let along = offsets(strides).map { access.offset + $0 }
    let isConstant = offsets(kept).allSatisfy { first in
      along.allSatisfy { values[first + $0] == values[first + along[0]] }
    }
    guard isConstant else { return nil }
    return Contraction.Access(
      access.slot, offset: access.offset,
      axes: access.axes.filter { if case .strided(let index, _) = $0 { !positions.contains(index) } else { false } })
  }

  /// What weighs the elements that open indices run over; nil where that depends on anything else.
  private func weights(
    _ scales: [Int], over open: [LogJoint.TermIndex], _ found: Lowering.ContractedTerm
  ) -> LatentBasis.Weights? {
    let (parts, k) = (found.parts, dimension)
    let lowering = parts.lowering
    guard open.count <= 2, let first = open.first.map(lowering.position), let last = open.last.map(lowering.position)
    else {
      return nil
    }
    var numbers = [Double](repeating: lowering.term.coefficient, count: k * k)
    var scale: LatentBasis.Weights.Scale?
    func addresses(_ access: Contraction.Access) -> [Int] {
      (0..<k * k).map { element in
        var counter = [Int](repeating: 0, count: lowering.extents.count)
        (counter[first], counter[last]) = (element / k, element % k)
        return access.address(counter)
      }
    }
    for i in scales {
      guard let access = parts.outer.first(where: { $0.factor == i })?.access,
        access.axes.indices.isSubset(of: [first, last])
      else { return nil }
      switch lowering.term.factors[i].operand {
      case .known:
        let values = self.lowering.builder.parameters[access.slot.index].initial
        for (element, address) in addresses(access).enumerated() { numbers[element] *= values[address] }
      case .variable(let v):
        guard scale == nil, let g = self.lowering.global(v) else { return nil }
        scale = LatentBasis.Weights.Scale(position: g, addresses: addresses(access))
      case .previous: return nil
      }
    }
    if open.count == 1 { for i in 0..<k { for j in 0..<k where i != j { numbers[i * k + j] = 0 } } }
    return LatentBasis.Weights(numbers: numbers, scale: scale)
  }

  /// Second moments of one variable, over the elements of whose vectors the open indices run.
  private mutating func addPrior(
    _ factor: Int, _ open: [LogJoint.TermIndex], _ weights: LatentBasis.Weights, _ found: Lowering.ContractedTerm,
    _ others: [Contraction.Access]
  ) -> Bool {
    let (parts, k) = (found.parts, dimension)
    let term = parts.lowering.term
    guard term.factors[factor].statistic == .outerProduct, let v = term.factors[factor].operand.variable else {
      return false
    }
    if let place = matrixPlace(v) {
      guard others.isEmpty, found.rows == nil else { return false }
      priors.append(LatentBasis.MatrixPrior(variable: place, weights: weights))
      return true
    }
    let isOfRows = parts.locals.contains { $0.factor == factor }
    guard let access = isOfRows ? found.rows : parts.outer.first(where: { $0.factor == factor })?.access else {
      return false
    }
    let positions = open.map(parts.lowering.position)
    let n = found.extents.count
    var extents = found.extents + [k, k]
    for position in positions { extents[position] = 1 }
    let own = Contraction.Access(
      access.slot, offset: access.offset,
      axes: access.axes.map { axis in
        guard case .symmetric(let i, let j, let stride) = axis, positions.contains(i), positions.contains(j) else {
          return axis
        }
        return .symmetric(n, n + 1, stride: stride)
      })
    let rows = isOfRows ? [] : found.rows.map { [$0] } ?? []
    addForm(v, weights, extents, [(1, [own] + others + rows)], at: (n, n + 1))
    return true
  }

  /// What the rows z of a chain are off by, z − A z', where z' is the row before: the products of z with A z', or those of
  /// A z' with itself.
  ///
  /// Of a matrix A with independent rows a, E[aᵢᵀ S aⱼ] = mᵢᵀ S mⱼ, and for i = j tr(Cᵢ S) more.
  private mutating func addInnovation(
    _ own: [Int], _ open: [LogJoint.TermIndex], _ weights: LatentBasis.Weights, _ found: Lowering.ContractedTerm,
    _ others: [Contraction.Access]
  ) -> Bool {
    let (parts, k) = (found.parts, dimension)
    let lowering = parts.lowering
    guard open.count == 1, let rows = found.rows,
      let factor = own.first(where: { lowering.term.factors[$0].operand.variable.flatMap(matrixPlace) != nil }),
      let v = lowering.term.factors[factor].operand.variable, let user = spaces.rowsOfMatrix(v, in: space),
      let access = parts.outer.first(where: { $0.factor == factor })?.access
    else { return false }
    let n = found.extents.count
    let row = lowering.position(open[0])
    var extents = found.extents + [k, k]
    extents[row] = 1
    func along(_ index: Int, _ access: Contraction.Access) -> Contraction.Access {
      Contraction.Access(
        access.slot, offset: access.offset, axes: access.axes.renumbered { $0 == row ? index : $0 })
    }
    if own.count == 2, lowering.term.factors[factor].statistic == .value,
      let pair = parts.pair, own.contains(pair.present), lowering.term.factors[pair.present].operand.variable == user
    {
      addForm(user, weights, extents, [(1, [along(n, rows), along(n + 1, access)] + others)], at: (n, n + 1))
      return true
    }
    guard own.count == 1, lowering.term.factors[factor].statistic == .outerProduct, parts.locals.count == 1,
      let pair = access.axes.compactMap({ axis -> (Int, Int)? in
        if case .symmetric(let i, let j, _) = axis { (i, j) } else { nil }
      }).first
    else { return false }
    // The means lie in front of the second moments.
    let size = self.lowering.globals[variables[matrixPlace(v) ?? 0].position].size
    func mean(_ index: Int, _ element: Int) -> Contraction.Access {
      Contraction.Access(
        access.slot, axes: [.strided(index: index, stride: size), .strided(index: element, stride: 1)])
    }
    let means = { (i: Int, j: Int) in [mean(i, pair.0), mean(j, pair.1), rows] + others }
    addForm(user, weights, extents, [(1, means(n, n + 1))], at: (n, n + 1))
    extents[n + 1] = 1
    addForm(user, weights, extents, [(1, [along(n, access), rows] + others), (-1, means(n, n))], at: (n, n))
    return true
  }

  /// The place of a variable that is a matrix among the space's variables.
  private func matrixPlace(_ v: Int) -> Int? {
    variables.firstIndex { $0.isMatrix && lowering.globals[$0.position].variable == v }
  }
}
