/// A factor graph with plates: variables as circles, factors as small squares, repetition as rounded rectangles.
///
/// The picture lays itself out: what depends on something stands below it, and every plate is a rectangle that contains its
/// variables and no others.
public struct FactorGraphPlot: Sendable {
  /// What a variable is, and so how it is drawn.
  public enum Kind: Sendable {
    /// A circle.
    case latent
    /// A shaded circle.
    case observed
    /// A small box without a factor.
    case given
  }

  /// A variable with its factor.
  public struct Variable: Sendable {
    let name: String
    let kind: Kind
    /// What stands beside its factor, the name of a distribution; nil for a variable without a factor.
    let factor: String?
    /// The plates that it is in.
    let plates: [Int]

    /// Describes a variable.
    public init(name: String, kind: Kind, factor: String?, plates: [Int]) {
      self.name = name
      self.kind = kind
      self.factor = factor
      self.plates = plates
    }
  }

  /// An argument of a factor.
  public struct Edge: Sendable {
    let from: Int
    let to: Int
    let isGate: Bool
    let note: String

    /// Describes an edge.
    ///
    /// - Parameters:
    ///   - from: The variable that the factor depends on.
    ///   - to: The variable whose factor it is.
    ///   - isGate: Whether the variable chooses which member of another one is meant.
    ///   - note: What stands beside the edge, such as the row that the value is taken from.
    public init(from: Int, to: Int, isGate: Bool = false, note: String = "") {
      self.from = from
      self.to = to
      self.isGate = isGate
      self.note = note
    }
  }

  let title: String
  /// The captions of the plates.
  let plates: [String]
  let variables: [Variable]
  let edges: [Edge]

  /// Describes a factor graph.
  ///
  /// - Parameters:
  ///   - title: What stands above it.
  ///   - plates: The captions of the plates.
  ///   - variables: The variables; those in no plate are drawn outside of all.
  ///   - edges: Which variable's factor depends on which.
  public init(title: String, plates: [String], variables: [Variable], edges: [Edge]) {
    self.title = title
    self.plates = plates.map(TextMetrics.oneLine)
    self.variables = variables
    self.edges = edges
  }

  /// The variables of each plate.
  var members: [[Int]] {
    plates.indices.map { plate in variables.indices.filter { variables[$0].plates.contains(plate) } }
  }

  /// The best of several layouts.
  var drawing: FactorGraphDrawing? {
    FactorGraphSearch(self).placements().map { FactorGraphDrawing(self, cells: $0.cells, cost: $0.cost) }
      .min { $0.cost < $1.cost }
  }

  /// The finished picture.
  public func picture() -> Picture {
    drawing?.picture() ?? Picture(width: 320, height: 160, description: title, elements: [])
  }
}
