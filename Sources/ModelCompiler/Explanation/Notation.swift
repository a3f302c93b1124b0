import ExponentialFamilies
import ModelLanguage

/// How the variables, statistics and indices of a model are written.
///
/// Rows are counted by n and appear as a subscript; a fixed plate has a letter from k on and appears in brackets, as the
/// language has it. Elements have i and j, except where an index runs over the values of a label that chooses members of
/// a plate: there it has the plate's letter.
struct Notation {
  let graph: ModelGraph
  /// The shape of each variable, once data are bound.
  ///
  /// Indices that can take one value only are then left out.
  let shapes: [FamilyShape]?
  /// The letter of each plate.
  let plateLetters: [String]
  /// The plate that a label chooses in, by label; the first where it chooses in several.
  let gatePlates: [Int: Int]
  /// The plate that the elements of a variable's statistics stand for, by variable.
  let elementPlates: [Int: Int]
  /// The label that a row's variable is solved given, by variable.
  let givenLabels: [Int: Int]
  /// The labels that a joint label stands for, by variable.
  let joints: [Int: [Int]]

  init(_ graph: ModelGraph, shapes: [FamilyShape]? = nil, blocks: RowBlocks? = nil) {
    self.graph = graph
    self.shapes = shapes
    givenLabels = blocks.map { zip($0.variables, $0.labels).reduce(into: [:]) { $0[$1.0] = $1.1 } } ?? [:]
    joints = Dictionary(uniqueKeysWithValues: blocks?.joints.map { ($0.variable, $0.members) } ?? [])
    plateLetters = Self.letters(of: graph)
    let gates = Self.gatePlates(of: graph)
    gatePlates = gates
    elementPlates = Self.elementPlates(of: graph, gates: gates)
  }

  private static func letters(of graph: ModelGraph) -> [String] {
    let alphabet = ["k", "l", "m", "p", "r", "s", "t", "u", "v"]
    // Names of one letter are not for counting.
    var taken = Set(graph.variables.map(\.name)).union(["n", "i", "j"])
    return graph.plates.map { plate in
      if plate.isRows { return "n" }
      // Groups are counted by their first letter, elements like the elements of any vector.
      var wishes: [String] = []
      if case .levels = plate.extent, let first = plate.name.first, first.isLetter, first.isASCII {
        wishes.append(first.lowercased())
      }
      if case .elements = plate.extent, !taken.contains("elements") {
        taken.insert("elements")
        return "i"
      }
      wishes += alphabet
      var primes = ""
      while true {
        if let letter = wishes.map({ $0 + primes }).first(where: { !taken.contains($0) }) {
          taken.insert(letter)
          return letter
        }
        primes += "′"
      }
    }
  }

  private static func gatePlates(of graph: ModelGraph) -> [Int: Int] {
    var found: [Int: Int] = [:]
    func add(_ use: ModelGraph.Use, _ factor: ModelGraph.Factor) {
      for (gate, plate) in zip(use.gates, platesLeft(by: use, of: factor, in: graph)) {
        if found[gate.variable] == nil { found[gate.variable] = plate }
        add(gate, factor)
      }
    }
    for factor in graph.factors {
      for argument in factor.arguments {
        switch argument.value {
        case .variable(let use): add(use, factor)
        case .table, .constant, .moment, .dimension: break
        }
      }
    }
    return found
  }

  /// The elements of whatever shares an index with the one-hot vector of a label stand for the same plate.
  private static func elementPlates(of graph: ModelGraph, gates: [Int: Int]) -> [Int: Int] {
    var found = gates
    for (index, plate) in graph.plates.enumerated() {
      if let v = plate.extent.user, graph.variables[v].isObserved { found[v] = index }
    }
    var changed = true
    while changed {
      changed = false
      for factor in graph.factors {
        for term in factor.terms {
          let vectors = term.factors.filter { $0.indices.count == 1 }.compactMap { written -> (Int, Index)? in
            guard let name = written.argument else { return (factor.child, written.indices[0]) }
            guard case .variable(let use)? = factor.arguments.first(where: { $0.name == name })?.value else {
              return nil
            }
            return (use.variable, written.indices[0])
          }
          for (a, i) in vectors {
            guard let plate = found[a] else { continue }
            for (b, j) in vectors where i == j && found[b] == nil {
              found[b] = plate
              changed = true
            }
          }
        }
      }
    }
    return found
  }

  // MARK: Indices

  /// What each index of a term is called.
  struct Letters {
    fileprivate(set) var names: [LogJoint.TermIndex: String] = [:]
    fileprivate mutating func assign(_ index: LogJoint.TermIndex, _ wishes: [String]) {
      guard names[index] == nil else { return }
      var candidates = wishes
      while true {
        if let free = candidates.first(where: { !names.values.contains($0) }) {
          names[index] = free
          return
        }
        candidates = [(candidates.first ?? "i") + "′"]
      }
    }
    subscript(_ index: LogJoint.TermIndex) -> String { names[index] ?? "i" }
  }

  /// Names the indices of a term.
  ///
  /// In a derivative, those of the statistic in which it is taken come first, so that they
  /// are called the same in the derivatives of all terms.
  func letters(of summed: SummedProduct) -> Letters {
    var letters = Letters()
    // The label of the row before comes first, and so does the row itself in an outer product.
    let isLabel = summed.target?.statistic == .indicator
    let targets = isLabel ? [summed.partner, summed.target] : [summed.target, summed.partner]
    for target in targets.compactMap({ $0 }) {
      guard let v = target.operand.variable else { continue }
      for (plate, index) in zip(graph.variables[v].plates, target.members) {
        letters.assign(index, [plateLetters[plate]])
      }
      for (place, index) in target.indices.enumerated() { letters.assign(index, elementWishes(joints[v]?[place] ?? v)) }
    }
    for index in summed.free + summed.sums {
      switch index {
      case .plate(let plate): letters.assign(index, [plateLetters[plate]])
      case .label(let label): letters.assign(index, [gatePlates[label.variable].map { plateLetters[$0] } ?? "k"])
      case .element(let i):
        letters.assign(index, elementPlate(of: index, in: summed).map { [plateLetters[$0]] } ?? [i.rawValue, "i", "j"])
      }
    }
    return letters
  }

  /// What the elements of a variable's statistics are best counted by.
  func elementWishes(_ v: Int) -> [String] {
    if let plate = elementPlates[v] { return [plateLetters[plate]] }
    if graph.plates.contains(where: { $0.extent.user == v }) { return ["i", "j"] }
    return ["i", "j", "h"].filter { !plateLetters.contains($0) }
  }

  /// The plate that an element index of a term stands for.
  private func elementPlate(of index: LogJoint.TermIndex, in summed: SummedProduct) -> Int? {
    let all = summed.factors + [summed.target, summed.partner].compactMap { $0 }
    for factor in all {
      // A member of a plate of elements, chosen by the element.
      guard let v = factor.operand.variable, let place = factor.members.firstIndex(of: index) else { continue }
      return graph.variables[v].plates[place]
    }
    for factor in all where factor.indices == [index] {
      if let v = factor.operand.variable, let plate = elementPlates[v] { return plate }
    }
    return nil
  }

  /// Whether an index must be written out, as the values of labels must; elements can hide in products of vectors.
  func isExplicit(_ index: LogJoint.TermIndex, in summed: SummedProduct) -> Bool {
    guard case .element = index else { return true }
    let all = summed.factors + [summed.target, summed.partner].compactMap { $0 }
    let isOfJoint = all.contains { factor in
      factor.indices.contains(index) && factor.operand.variable.map { joints[$0] != nil } ?? false
    }
    return isOfJoint || elementPlate(of: index, in: summed) != nil
  }

  // MARK: Symbols

  /// A variable with some of its indices.
  func variable(_ v: Int, members: [String] = [], elements: [String] = []) -> Formula {
    if let labels = joints[v] {
      return labels.map { variable($0, members: members) }.joined(Formula(", ", latex: ",\\, "))
    }
    var name = Formula.name(graph.variables[v].name)
    var plates: [String] = []
    var subscripts: [String] = []
    if case .lagged(let source, _, _) = graph.variables[v].role {
      name = .name(graph.variables[source].name)
      return name.subscripted(members.compactMap { lagged(v, row: $0)?.row } + elements)
    }
    for (plate, letter) in zip(graph.variables[v].plates, members) {
      if graph.plates[plate].isRows { subscripts.append(letter) } else { plates.append(letter) }
    }
    subscripts += elements
    let bracket = plates.isEmpty ? "" : "[\(plates.joined(separator: ","))]"
    return Formula(
      name.text + bracket + (subscripts.isEmpty ? "" : unicodeSubscript(subscripts)),
      latex: name.subscripted(plates + subscripts).latex)
  }

  /// A member of a variable, with the letters of its plates.
  func member(_ v: Int) -> Formula {
    variable(v, members: graph.variables[v].plates.map { plateLetters[$0] })
  }

  /// A statistic of something that is written already.
  ///
  /// - Parameter elements: Indices of the statistic's elements, where they are written out.
  func statistic(_ name: StatisticName, of base: ([String]) -> Formula, elements: [String]) -> Formula {
    if Self.elementwise.contains(name) { return pattern(name, base(elements)) }
    let plain = pattern(name, base([]))
    if elements.isEmpty { return plain }
    let closes = plain.text.last == ")" || plain.text.last == "]"
    return (closes ? plain : plain.parenthesized).subscripted(elements)
  }

  /// Statistics that act on each element alone, so that the element's index goes to the variable.
  private static let elementwise: Set<StatisticName> = [.value, .square, .logarithm, .logComplement, .logGamma]

  private func pattern(_ name: StatisticName, _ base: Formula) -> Formula {
    let isName = base.text.first.map { $0.isLetter } ?? false
    let isEnclosed = name.text.contains("(·)") || name.text.contains("|·|")
    // `log 0.1` needs no parentheses, `(0.1)²` and `log (2 · x.mean)` do.
    let isClear = isName || isEnclosed || name.text == "·" || (name.text.hasSuffix("·") && !base.text.contains(" "))
    let inner = isClear ? base : base.parenthesized
    // Two long names side by side would read as one.
    let wide = isName && base.text.count > 2
    return Formula(
      replacingDot(in: wide ? spaced(name.text, " ") : name.text, with: inner.text),
      latex: replacingDot(in: wide ? spaced(name.latex, "\\,") : name.latex, with: inner.latex))
  }

  private func spaced(_ pattern: String, _ space: String) -> String {
    var result = ""
    for c in pattern {
      if c == "·" && result.last == "·" { result += space }
      result.append(c)
    }
    return result
  }

  /// A factor of a term, as it is or expected.
  func factor(
    _ factor: LogJoint.Factor, in summed: SummedProduct, _ letters: Letters, withElements: Bool, expected: Bool
  ) -> Formula {
    let indices = summed.elements(of: factor, in: self)
    let elements = withElements ? indices.map { letters[$0] } : []
    switch factor.operand {
    case .known(let name):
      let members = factor.members.map { letters[$0] }
      return statistic(
        factor.statistic, of: { known(name, of: summed.source, members: members, elements: $0) }, elements: elements)
    case .variable(let v), .previous(let v):
      // The row before a row n is n − 1.
      let isPrevious = factor.operand == .previous(v)
      let members = factor.members.map { index in
        guard case .plate(let plate) = index, graph.plates[plate].isRows else { return letters[index] }
        return row(letters[index], isPrevious: isPrevious, in: summed)
      }
      let given = expected ? givenValue(v, in: summed, letters).map { Formula(" | ", latex: " \\mid ") + $0 } : nil
      let isLatent = expected && !graph.variables[v].isObserved
      if let labels = joints[v] {
        let values = zip(labels, factor.indices).filter { indices.contains($0.1) }
        let event = self.event(values.map { (label: $0.0, value: letters[$0.1]) }, members: members)
        return isLatent ? Formula("q(") + event + Formula(")") : Formula("[") + event + Formula("]")
      }
      // The one-hot vector of a label that chooses: whether the label has this value, and how probable that is.
      if factor.statistic == .indicator, gatePlates[v] != nil, let value = elements.first {
        let label = variable(v, members: members)
        let equation = Formula("\(label.text)=\(value)", latex: "\(label.latex){=}\(LaTeX.letter(value))")
        return isLatent
          ? Formula("q(") + equation + (given ?? Formula("")) + Formula(")") : Formula("[") + equation + Formula("]")
      }
      let plain = statistic(factor.statistic, of: { variable(v, members: members, elements: $0) }, elements: elements)
      return isLatent ? (plain + (given ?? Formula(""))).expected : plain
    }
  }

  /// A known argument: its number where it is one, what it is of the data, or its name.
  private func known(_ name: String, of source: Int, members: [String], elements: [String]) -> Formula {
    let argument = graph.factors[source].arguments.first { $0.name == name }
    switch argument?.value {
    // One number that stands for a matrix is that multiple of the identity: only a name can be indexed.
    case .constant(let x) where x.count == 1 && elements.isEmpty: return .number(x[0])
    case .moment, .dimension:
      guard let value = argument?.value else { break }
      let whole = self.argument(value, of: source)
      if case .moment(let moment) = value, isOfOneElement(moment, of: source) { return whole.parenthesized }
      return elements.isEmpty ? whole : whole.parenthesized.subscripted(elements)
    default: break
    }
    // The parts of a chain's distribution have their names.
    let parts = name.split(separator: ".")
    let symbol = Formula.name(parts.count == 2 && parts[1] == "probabilities" ? String(parts[0]) : name)
    let bracket = members.isEmpty ? "" : "[\(members.joined(separator: ","))]"
    return Formula(
      symbol.subscripted(["0"]).text + bracket + (elements.isEmpty ? "" : unicodeSubscript(elements)),
      latex: symbol.subscripted(["0"] + members + elements).latex)
  }
}

extension Notation {
  /// How often a plate repeats, where that is known.
  func size(of plate: Int) -> Int? {
    switch graph.plates[plate].extent {
    case .fixed(let n): n
    case .rows: nil
    case .levels(let v), .elements(let v): shapes?[v].dimension
    case .splits(let v): shapes.map { $0[v].dimension - 1 }
    }
  }

  /// How often a plate repeats: a number, N for the rows, or what the number follows from.
  func end(of plate: Int) -> Formula {
    func of(_ what: String, _ v: Int) -> Formula {
      let name = Formula.name(graph.variables[v].name)
      return Formula("\(what)(\(name.text))", latex: "\\mathrm{\(what)}(\(name.latex))")
    }
    return switch graph.plates[plate].extent {
    case .fixed(let n): Formula("\(n)")
    case .rows: Formula("N")
    case .levels(let v): shapes.map { Formula("\($0[v].dimension)") } ?? of("levels", v)
    case .elements(let v): dimension(of: v)
    case .splits(let v):
      shapes.map { Formula("\($0[v].dimension - 1)") } ?? of("levels", v) + Formula("−1", latex: "-1")
    }
  }
}

extension LogJoint.TermIndex {
  /// Whether it repeats whole statements (plates, and the values of labels) rather than elements of a vector.
  var isRepetition: Bool { if case .element = self { false } else { true } }
}
