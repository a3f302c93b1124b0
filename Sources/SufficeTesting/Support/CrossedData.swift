import Suffice

/// A model's data with features that were added to them.
struct CrossedData {
  let graph: ModelGraph
  let bind: [String: [String]]
  /// The features that could be added.
  private(set) var features: Set<CrossedFeature> = []
  private(set) var table: DataTable
  /// The column of the weights, where rows have any.
  private(set) var weights: String?
  /// The rows of each sequence, in order; nil where rows are exchangeable.
  let sequences: [Range<Int>]?
  /// The column that tells sequences apart.
  let sequenceColumn: String?
  /// The columns of each variable that is observed.
  let observed: [(variable: ModelGraph.Variable, columns: [String])]

  /// Adds features to data.
  init(
    _ graph: ModelGraph, _ table: DataTable, _ bind: [String: [String]], _ wanted: Set<CrossedFeature>, seed: UInt64
  ) throws {
    self.graph = graph
    let binding = try ColumnBinding(graph, table: table, explicit: bind)
    var (names, observed): ([String: [String]], [(ModelGraph.Variable, [String])]) = ([:], [])
    var labels: Set<String> = []
    for (variable, columns) in zip(graph.observed.map({ graph.variables[$0] }), binding.columns) where !columns.isEmpty
    {
      names[variable.name] = columns
      if variable.family.type.domain == .label { labels.formUnion(columns) }
      if variable.role == .observed { observed.append((variable, columns)) }
    }
    self.bind = names
    self.observed = observed
    // Labels keep their levels where rows go.
    let plain = try DataTable(columns: table.columns.map { labels.contains($0.name) ? $0.asLabels : $0 })
    self.table = plain
    let place = graph.order?.sequence.flatMap { graph.observed.firstIndex(of: $0) }
    sequenceColumn = place.map { binding.columns[$0][0] }
    if graph.order != nil {
      let column = sequenceColumn.flatMap { plain[$0] }
      let starts = (0..<plain.rowCount).filter { row in row == 0 || column.map { $0[row] != $0[row - 1] } ?? false }
      sequences = zip(starts, starts.dropFirst() + [plain.rowCount]).map { $0..<$1 }
    } else {
      sequences = nil
    }
    if wanted.contains(.gaps) { try addGaps(seed: seed) }
    if wanted.contains(.weights) { try addWeights(seed: seed) }
  }

  /// What was added.
  var name: String { features.isEmpty ? "plain rows" : features.map(\.rawValue).sorted().joined(separator: " and ") }

  /// Takes cells away where the model allows it; every row keeps one at least.
  private mutating func addGaps(seed: UInt64) throws {
    var random = RandomSource(seed: seed).stream(31)
    var kept = [Int](repeating: observed.reduce(0) { $0 + $1.columns.count }, count: table.rowCount)
    for (_, columns) in observed {
      var changed: [String: Column] = [:]
      let before = kept
      for name in columns {
        guard let column = table[name] else { continue }
        var values = column.array
        for row in values.indices where random.uniform() < 0.2 && (kept[row] > 1 || sequences != nil) {
          values[row] = .nan
          kept[row] -= 1
        }
        changed[name] = column.with(values)
      }
      let next = try DataTable(columns: table.columns.map { changed[$0.name] ?? $0 })
      // Values that are given to others, or that enter later rows, can have no gaps.
      guard (try? FitSession(graph, to: next, bind: bind)) != nil, next.hasGaps else {
        kept = before
        continue
      }
      table = next
      features.insert(.gaps)
    }
  }

  private mutating func addWeights(seed: UInt64) throws {
    var random = RandomSource(seed: seed).stream(32)
    var values = (0..<table.rowCount).map { _ in Double(random.next() % 4) }
    if let sequences {
      // A single sequence cannot be repeated.
      if sequenceColumn == nil { return }
      for rows in sequences {
        let weight = Double(1 + random.next() % 3)
        for row in rows { values[row] = weight }
      }
    }
    let name = "how often"
    table = try DataTable(columns: table.columns + [Column(name: name, values: values)])
    weights = name
    features.insert(.weights)
  }

  // MARK: The same data otherwise

  /// Each row, or each sequence, as often as it counts, without weights.
  func repeated() throws -> DataTable? {
    guard let weights, let column = table[weights] else { return nil }
    var (rows, numbers): ([Int], [Double]) = ([], [])
    for part in sequences ?? (0..<table.rowCount).map({ $0..<$0 + 1 }) {
      for _ in 0..<Int(column[part.lowerBound]) {
        rows += Array(part)
        numbers += part.map { _ in (numbers.last ?? -1) + 1 }
      }
    }
    return try DataTable(
      columns: table.columns.filter { $0.name != weights }.map {
        $0.name == sequenceColumn ? Column(name: $0.name, values: numbers) : $0.at(rows)
      })
  }

  /// An order of the rows that means the same: that of exchangeable rows, or of whole sequences.
  func shuffledOrder(seed: UInt64) -> [Int]? {
    var random = RandomSource(seed: seed).stream(33)
    guard var parts = sequences else {
      var rows = Array(0..<table.rowCount)
      rows.shuffle(using: &random)
      return rows
    }
    if sequenceColumn == nil { return nil }
    parts.shuffle(using: &random)
    return parts.flatMap { Array($0) }
  }

  /// Some rows.
  func rows(_ rows: [Int]) throws -> DataTable { try DataTable(columns: table.columns.map { $0.at(rows) }) }
}

extension DataTable {
  fileprivate var hasGaps: Bool { columns.contains { $0.array.contains(where: \.isNaN) } }
}

extension Column {
  /// All values.
  var array: [Double] { (0..<count).map { self[$0] } }

  /// Other values under the same name.
  func with(_ values: [Double]) -> Column { Column(name: name, values: values, kind: kind, findings: findings) }

  /// Some rows.
  func at(_ rows: [Int]) -> Column { with(rows.map { self[$0] }) }

  /// The column as one of labels, whose levels stay when rows go.
  fileprivate var asLabels: Column {
    if case .categorical = kind { return self }
    let levels = Set(array.filter { !$0.isNaN }).sorted()
    let places = Dictionary(uniqueKeysWithValues: levels.enumerated().map { ($1, Double($0)) })
    return Column(
      name: name, values: array.map { places[$0] ?? .nan }, kind: .categorical(levels: levels.map { "\($0)" }))
  }
}
