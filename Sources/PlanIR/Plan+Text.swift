import ExponentialFamilies

/// A plan in readable notation: its steps in the order in which a sweep runs them, with what each costs.
public struct PlanListing: Hashable, Sendable {
  /// Steps that run together.
  public struct Phase: Hashable, Sendable {
    /// When they run.
    public let title: String
    /// Whether they run, and cost, once for each row.
    public let isPerRow: Bool
    /// The steps.
    public let lines: [Line]
  }

  /// One step.
  public struct Line: Hashable, Sendable {
    /// Its number; steps within a repetition have the repetition's number in front.
    public let number: String
    /// What it does, as a formula over slots.
    public let formula: String
    /// The values that the formula's indices take; empty where it has none.
    public let ranges: String
    /// What it costs.
    public let cost: StepCost
  }

  /// Messages, rows, entropy, updates, bound.
  public let phases: [Phase]

  /// Lists a plan's steps.
  public init(_ plan: Plan) {
    let notation = StepNotation(plan)
    var count = 0
    func phase(_ title: String, _ steps: [Step], isPerRow: Bool = false) -> Phase {
      var lines: [Line] = []
      func add(_ steps: [Step], prefix: String?) {
        for (i, step) in steps.enumerated() {
          if prefix == nil { count += 1 }
          let number = prefix.map { "\($0).\(i + 1)" } ?? "\(count)"
          let (formula, ranges) = notation.formula(step)
          lines.append(Line(number: number, formula: formula, ranges: ranges, cost: plan.cost(of: step)))
          if case .sweeps(_, let inner) = step { add(inner, prefix: number) }
        }
      }
      add(steps, prefix: nil)
      return Phase(title: title, isPerRow: isPerRow, lines: lines)
    }
    var phases = [
      phase("Messages, before a sweep", plan.messages), phase("Rows", plan.rows, isPerRow: true),
      phase("Entropy, after a sweep", plan.entropy),
    ]
    for variable in plan.globals { phases.append(phase("Update of \(variable.name)", variable.update)) }
    phases.append(phase("Bound", plan.bound))
    self.phases = phases.filter { !$0.lines.isEmpty }
  }
}

extension Plan {
  /// The plan as text: slots with their sizes, all steps, and what a sweep costs.
  ///
  /// - Parameter count: Number of rows.
  public func text(rows count: Int) -> String {
    let notation = StepNotation(self)
    var text = ["Parameters: numbers of 8 bytes that outlive a tile of rows"]
    text += aligned(
      parameters.enumerated().map { i, block in
        [notation.name(ParameterSlot(i)), grouped(block.count), block.isRowSum ? "sum over rows" : ""]
      })
    text += ["", "Tiles: numbers of 8 bytes, for each row of a tile"]
    text += aligned(tiles.enumerated().map { i, block in [notation.name(TileSlot(i)), grouped(block.width), ""] })
    text.append("")
    let listing = PlanListing(self)
    let lines = listing.phases.flatMap(\.lines)
    let numbers = lines.map(\.number.count).max() ?? 0
    let width = max(lines.map(\.formula.count).max() ?? 0, 44)
    for phase in listing.phases {
      let title = phase.title + (phase.isPerRow ? ", for each row" : "")
      text.append(filled(title, numbers + width + 4) + right("flops", 12) + right("bytes", 12))
      for line in phase.lines {
        let cost = line.cost
        let functions =
          (cost.exponentials > 0 ? "  \(grouped(cost.exponentials)) exp" : "")
          + (cost.evaluations > 0 ? "  \(grouped(cost.evaluations)) × A" : "")
        text.append(
          "  " + right(line.number, numbers) + "  " + filled(line.formula, width) + right(grouped(cost.flops), 12)
            + right(grouped(cost.bytes), 12) + functions)
        if !line.ranges.isEmpty { text.append(String(repeating: " ", count: numbers + 8) + line.ranges) }
      }
      text.append("")
    }
    return (text + totals(rows: count)).joined(separator: "\n")
  }

  /// What a sweep costs, as lines of text.
  func totals(rows count: Int) -> [String] {
    let cost = cost(rows: count)
    var rows = [
      [
        "flops of contractions in rows", grouped(count * cost.contractionFlops),
        "\(grouped(cost.contractionFlops)) a row",
      ],
      ["flops in rows", grouped(count * cost.row.flops), "\(grouped(cost.row.flops)) a row"],
      ["exponentials in rows", grouped(count * cost.row.exponentials), "\(grouped(cost.row.exponentials)) a row"],
    ]
    if cost.row.evaluations > 0 {
      rows.append([
        "mean maps in rows", grouped(count * cost.row.evaluations), "\(grouped(cost.row.evaluations)) a row",
      ])
    }
    rows += [
      ["bytes of data read", grouped(count * cost.dataBytes), "\(grouped(cost.dataBytes)) a row"],
      ["bytes of tiles touched", grouped(count * cost.row.bytes), "\(grouped(cost.row.bytes)) a row, in the cache"],
      ["flops between sweeps", grouped(cost.between.flops), "all updates and the bound once"],
    ]
    return ["One sweep over \(grouped(count)) rows"] + aligned(rows)
  }
}

/// Steps as formulas over the names of slots.
private struct StepNotation {
  let plan: Plan
  private let parameterNames: [String]
  private let tileNames: [String]

  init(_ plan: Plan) {
    self.plan = plan
    let all = plan.parameters.map(\.name) + plan.tiles.map(\.name)
    // A name that several slots have is told apart by a number.
    var seen: [String: Int] = [:]
    let unique = all.map { name in
      if all.filter({ $0 == name }).count == 1 { return name }
      seen[name, default: 0] += 1
      return "\(name) #\(seen[name] ?? 0)"
    }
    parameterNames = Array(unique.prefix(plan.parameters.count))
    tileNames = Array(unique.dropFirst(plan.parameters.count))
  }

  func name(_ slot: ParameterSlot) -> String { parameterNames[slot.index] }
  func name(_ slot: TileSlot) -> String { tileNames[slot.index] }

  private func name(_ range: TileRange) -> String {
    let all = range.features == 0..<plan.tiles[range.slot.index].width
    let places =
      range.features.count == 1
      ? "\(range.features.lowerBound)" : "\(range.features.lowerBound)..<\(range.features.upperBound)"
    return name(range.slot) + (all ? "" : "[\(places)]")
  }

  func formula(_ step: Step) -> (formula: String, ranges: String) {
    if case .contract(let contraction) = step { return formula(contraction) }
    if case .combine(let contraction, let adding) = step { return formula(contraction, adding: adding) }
    if case .chain(let block) = step { return formula(block) }
    return (simple(step), "")
  }

  /// What a chain reads and adds stands below, like the indices of other steps.
  private func formula(_ block: ChainBlock) -> (formula: String, ranges: String) {
    let method = block.family.type.domain == .label ? "forward and backward messages" : "smoothing"
    let own = ([block.mean] + (block.link.map { [$0] } ?? [])).map(name)
    return (
      (own + [name(block.normalizer)]).joined(separator: ", ") + " ← \(method) at " + own.joined(separator: ", "),
      "with \(name(block.cross)), anew where \(name(block.first)) is 1; \(name(block.pairs)) += neighbours"
        + (block.weight.map { ", \(name($0)) times" } ?? "")
    )
  }

  private func simple(_ step: Step) -> String {
    switch step {
    case .load(let input, let into):
      return "\(name(into)) ← columns of \(plan.inputs[input].name)"
        + (plan.inputs[input].centers.allSatisfy { $0 == 0 } ? "" : " − centres")
    case .statistic(let kernel, let from, let into): return "\(name(into)) ← \(statistic(kernel, name(from)))"
    case .product(let ranges, let into): return "\(name(into)) ← " + ranges.map(name).joined(separator: " ⊗ ")
    case .affine(let weights, let bias, let features, let into, let adding):
      let product = weights.map { "\(name($0)) × \(features.map(name) ?? "1")" }
      return "\(name(into)) \(adding ? "+=" : "←") "
        + [bias.map(name), product].compactMap { $0 }.joined(separator: " + ")
    case .fillMissing(let range): return "\(name(range)) ← 0 where missing"
    case .gather(let table, let index, let into): return "\(name(into)) ← \(name(table))[\(name(index))]"
    case .scatter(let from, let index, let into): return "\(name(into))[\(name(index))] += \(name(from))"
    case .combine: return ""
    case .meanMap(let family, let shape, let slot, let members, let observed, let normalizer):
      let count = members == 1 ? "" : "\(members) "
      return "\(name(slot)), \(name(normalizer)) ← ∇A, A of \(count)\(family)(\(shape)) at \(name(slot))"
        + (observed.map { " given \(name($0))" } ?? "")
    case .chain: return ""
    case .accumulate(let rows, let features, let into):
      let product = [rows.map(name), features.map(name)].compactMap { $0 }
      return "\(name(into)) += " + (product.isEmpty ? "1" : product.joined(separator: " ⊗ "))
    case .resume(let slot): return "\(name(slot)) ← as the last sweep left it, if any did"
    case .sweeps(let count, _): return "\(count) times:"
    case .clear(let slot): return "\(name(slot)) ← 0"
    case .contract: return ""
    case .expectations(let family, let shape, let members, let natural, let mean):
      return "\(name(mean)) ← ∇A of \(members == 1 ? "" : "\(members) ")\(family)(\(shape)) at \(name(natural))"
    case .logPartition(let family, let shape, let members, let natural, let coefficient, let into):
      return
        "\(name(into)) \(assigned(coefficient))\(members == 1 ? "" : "Σ ")A of \(members == 1 ? "" : "\(members) ")\(family)(\(shape)) at \(name(natural))"
    case .blend(let target, let into): return "\(name(into)) ← (1 − ρ) \(name(into)) + ρ \(name(target))"
    }
  }

  private func statistic(_ kernel: StatisticKernel, _ x: String) -> String {
    switch kernel {
    case .value: x
    case .observed: "[\(x) present]"
    case .seen: "[any of \(x) present]"
    case .logarithm: "log \(x)"
    case .power(let exponent): "\(x)^\(exponent)"
    case .logGamma(let number, let sign): "log Γ(\(number) \(sign < 0 ? "−" : "+") \(x))"
    case .square: "\(x)²"
    case .outerProduct: "\(x) \(x)ᵀ"
    case .indicator(let shape): "one-hot(\(x)), \(shape) values"
    case .split(let shape): "[\(x) = k], k < \(shape)"
    case .reached(let shape): "[\(x) ≥ k], k < \(shape)"
    case .family(let family, _, let offset): "t(\(x)) of \(family)\(offset == 0 ? "" : ", from number \(offset) on")"
    }
  }

  /// `+= `, `−= ½ · ` and the like.
  private func assigned(_ coefficient: Double) -> String {
    let magnitude = abs(coefficient)
    let isWhole = magnitude == magnitude.rounded() && magnitude < 1e15
    // Six digits tell numbers apart; the plan has them all.
    let short = magnitude > 1e-3 && magnitude < 1e6 ? (magnitude * 1e6).rounded() / 1e6 : magnitude
    let number = magnitude == 1 ? "" : magnitude == 0.5 ? "½ · " : isWhole ? "\(Int(magnitude)) · " : "\(short) · "
    return (coefficient < 0 ? "−= " : "+= ") + number
  }

  /// `← ½ · ` for `+= ½ · `.
  private func plain(_ assignment: String) -> String {
    (assignment.hasPrefix("−") ? "← −" : "← ") + assignment.dropFirst(3)
  }

  // MARK: Contractions

  private func formula(_ contraction: RowContraction, adding: Bool) -> (formula: String, ranges: String) {
    let shown = contraction.extents.indices.filter { contraction.extents[$0] != 1 }
    if let whole = wholeFormula(contraction, shown, adding: adding) { return (whole, "") }
    let operands = contraction.operands.map { operand in
      switch operand.place {
      case .tile(let slot):
        address(name(slot), plan.tiles[slot.index].width, operand.offset, operand.axes, shown)
      case .parameter(let slot):
        address(name(slot), plan.parameters[slot.index].count, operand.offset, operand.axes, shown)
      }
    }
    let width = plan.tiles[contraction.output.index].width
    let output = address(name(contraction.output), width, contraction.offset, contraction.axes, shown)
    let sign = assigned(contraction.coefficient)
    let ranges = shown.map { "\(letter($0, shown)) < \(contraction.extents[$0])" }.joined(separator: ", ")
    return (
      "\(output) \(adding ? sign : plain(sign))"
        + (operands.isEmpty ? "1" : operands.joined(separator: " · ")), ranges.isEmpty ? "" : "for \(ranges)"
    )
  }

  /// A step on whole slots, or an inner product of two: their names need no indices.
  private func wholeFormula(_ contraction: RowContraction, _ shown: [Int], adding: Bool) -> String? {
    guard shown.count == 1, let index = shown.first, !contraction.operands.isEmpty else { return nil }
    func isWhole(_ count: Int, _ offset: Int, _ axes: [Contraction.Access.Axis]) -> Bool {
      offset == 0 && count == contraction.extents[index]
        && axes.filter { $0.indices.contains(index) } == [.strided(index: index, stride: 1)]
    }
    var names: [String] = []
    for operand in contraction.operands {
      let (name, count) =
        switch operand.place {
        case .tile(let slot): (name(slot), plan.tiles[slot.index].width)
        case .parameter(let slot): (name(slot), plan.parameters[slot.index].count)
        }
      guard isWhole(count, operand.offset, operand.axes) else { return nil }
      names.append(name)
    }
    let width = plan.tiles[contraction.output.index].width
    let assignment = assigned(contraction.coefficient)
    let head = "\(name(contraction.output)) " + (adding ? assignment : plain(assignment))
    if isWhole(width, contraction.offset, contraction.axes) { return head + names.joined(separator: " · ") }
    return width == 1 && names.count == 2 ? head + "⟨\(names.joined(separator: ", "))⟩" : nil
  }

  private func formula(_ contraction: Contraction) -> (formula: String, ranges: String) {
    let accesses = contraction.operands + [contraction.output]
    let used = Set(accesses.flatMap(\.axes).flatMap(\.indices))
    // An index that nothing carries only repeats; one with a single value says nothing.
    let unused = contraction.extents.indices.filter { !used.contains($0) }
    let coefficient = unused.reduce(contraction.coefficient) { $0 * Double(contraction.extents[$1]) }
    let shown = used.filter { contraction.extents[$0] != 1 }.sorted()
    let whole = accesses.filter { isWhole($0, contraction, shown) }.count
    let scalars = accesses.filter { plan.parameters[$0.slot.index].count == 1 }.count
    // Whole slots side by side need no indices.
    if whole + scalars == accesses.count {
      let operands = contraction.operands.map { name($0.slot) }
      let isInner = whole == 2 && contraction.operands.count == 2 && !isWhole(contraction.output, contraction, shown)
      let product = isInner ? "⟨\(operands.joined(separator: ", "))⟩" : operands.joined(separator: " · ")
      return ("\(name(contraction.output.slot)) \(assigned(coefficient))\(product.isEmpty ? "1" : product)", "")
    }
    let product = contraction.operands.map { address($0, shown) }.joined(separator: " · ")
    let ranges = shown.map { "\(letter($0, shown)) < \(contraction.extents[$0])" }.joined(separator: ", ")
    return (
      "\(address(contraction.output, shown)) \(assigned(coefficient))\(product.isEmpty ? "1" : product)",
      ranges.isEmpty ? "" : "for \(ranges)"
    )
  }

  /// Whether one index runs over all of a slot, which has more than one number.
  private func isWhole(_ access: Contraction.Access, _ contraction: Contraction, _ shown: [Int]) -> Bool {
    guard shown.count == 1, let index = shown.first else { return false }
    let axes = access.axes.filter { $0.indices.contains(index) }
    return access.offset == 0 && axes == [.strided(index: index, stride: 1)]
      && contraction.extents[index] == plan.parameters[access.slot.index].count
  }

  private func address(_ access: Contraction.Access, _ shown: [Int]) -> String {
    address(name(access.slot), plan.parameters[access.slot.index].count, access.offset, access.axes, shown)
  }

  private func address(
    _ name: String, _ count: Int, _ offset: Int, _ axes: [Contraction.Access.Axis], _ shown: [Int]
  ) -> String {
    if count == 1 { return name }
    var parts = axes.filter { $0.indices.contains { shown.contains($0) } }.map { axis -> String in
      switch axis {
      case .strided(let index, let stride): (stride == 1 ? "" : "\(stride)") + letter(index, shown)
      case .symmetric(let i, let j, let stride):
        (stride == 1 ? "" : "\(stride) ") + "△(\(letter(i, shown)),\(letter(j, shown)))"
      }
    }
    if offset != 0 || parts.isEmpty { parts.append("\(offset)") }
    return "\(name)[\(parts.joined(separator: " + "))]"
  }

  private func letter(_ index: Int, _ shown: [Int]) -> String {
    let letters = Array("abcdefghijklmnopqrstuvwxyz")
    let place = shown.firstIndex(of: index) ?? 0
    return place < letters.count ? String(letters[place]) : "a\(place)"
  }
}

extension Contraction.Access.Axis {
  /// The indices that move along the axis.
  fileprivate var indices: [Int] {
    switch self {
    case .strided(let index, _): [index]
    case .symmetric(let i, let j, _): [i, j]
    }
  }
}

// MARK: Columns of text

/// A whole number with commas between thousands.
private func grouped(_ number: Int) -> String {
  let digits = Array(String(abs(number)))
  let groups = digits.enumerated().map { i, c in (i > 0 && (digits.count - i) % 3 == 0 ? "," : "") + String(c) }
  return (number < 0 ? "−" : "") + groups.joined()
}

private func filled(_ text: String, _ width: Int) -> String {
  text + String(repeating: " ", count: max(0, width - text.count))
}
private func right(_ text: String, _ width: Int) -> String {
  String(repeating: " ", count: max(0, width - text.count)) + text
}

/// Name, number, remark: the number to the right.
private func aligned(_ rows: [[String]]) -> [String] {
  let names = rows.map(\.[0].count).max() ?? 0
  let numbers = rows.map(\.[1].count).max() ?? 0
  return rows.map { row in
    "  " + filled(row[0], names) + "  " + right(row[1], numbers) + (row[2].isEmpty ? "" : "  \(row[2])")
  }
}
