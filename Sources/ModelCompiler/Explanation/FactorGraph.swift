import ExponentialFamilies
import ModelLanguage

/// A model's factor graph with plates, as what a picture shows: variables, their distributions, and what these depend on.
public struct FactorGraph: Hashable, Sendable {
  /// What a variable is to the model.
  public enum Kind: Hashable, Sendable {
    /// A fit finds its distribution.
    case latent
    /// Data that the model explains.
    case observed
    /// Data that the model conditions on.
    case given
  }

  /// A variable and its distribution.
  public struct Variable: Hashable, Sendable {
    /// Its name.
    public let name: String
    /// What it is.
    public let kind: Kind
    /// The distribution's name; nil where it has none.
    public let distribution: String?
    /// Its plates, from the outermost in.
    public let plates: [Int]
  }

  /// A variable among the arguments of another one's distribution.
  public struct Edge: Hashable, Sendable {
    /// The variable that is used.
    public let from: Int
    /// The variable whose distribution uses it.
    public let to: Int
    /// Whether it chooses a member of another argument.
    public let isGate: Bool
    /// The rows that it is used from, such as `row n−1`; empty for its own row.
    public let rows: String
  }

  /// The model's name.
  public let name: String
  /// The plates' captions, such as `component k = 1 … 10`.
  public let plates: [String]
  /// The variables of the model, without those that follow from others.
  public let variables: [Variable]
  /// What distributions depend on.
  public let edges: [Edge]

  /// Reads off a model's factor graph.
  public init(_ graph: ModelGraph) {
    let notation = Notation(graph)
    name = graph.name
    plates = graph.plates.indices.map { "\(graph.plates[$0].name)  \(GraphSection.range(of: $0, notation).text)" }
    let shown = graph.variables.indices.filter {
      switch graph.variables[$0].role {
      case .latent, .observed, .given: true
      case .lagged, .position: false
      }
    }
    variables = shown.map { v in
      let variable = graph.variables[v]
      let factor = graph.factors.first { $0.child == v }
      let kind: Kind =
        switch variable.role {
        case .latent: .latent
        case .observed: .observed
        case .given, .lagged, .position: .given
        }
      return Variable(
        name: variable.name, kind: kind,
        distribution: factor.map { $0.isChain ? "MarkovChain" : "\(variable.family)" },
        plates: variable.plates)
    }
    var edges: [Edge] = []
    func add(_ use: ModelGraph.Use, to child: Int, isGate: Bool) {
      for gate in use.gates { add(gate, to: child, isGate: true) }
      var source = use.variable
      var rows = use.isPrevious ? "row n−1" : ""
      if case .lagged(let variable, let lags, _) = graph.variables[source].role {
        source = variable
        rows = lags.count == 1 ? "row n−\(lags[0])" : "rows n−\(lags[0]) … n−\(lags[lags.count - 1])"
      }
      guard let from = shown.firstIndex(of: source), let to = shown.firstIndex(of: child) else { return }
      let edge = Edge(from: from, to: to, isGate: isGate, rows: rows)
      if !edges.contains(edge) { edges.append(edge) }
    }
    for factor in graph.factors {
      for argument in factor.arguments {
        switch argument.value {
        case .variable(let use): add(use, to: factor.child, isGate: false)
        case .table(_, let gates, _): for gate in gates { add(gate, to: factor.child, isGate: true) }
        case .constant, .moment, .dimension: break
        }
      }
    }
    self.edges = edges
  }

  // MARK: DOT

  /// The graph in the language of Graphviz: plates are clusters, and a plate that crosses another is drawn in parts.
  public var dot: String {
    var lines = [
      "digraph \(quoted(name)) {", "  graph [rankdir=TB, fontname=\"Helvetica\", compound=true, newrank=true];",
      "  node [fontname=\"Helvetica\", fontsize=12];", "  edge [fontname=\"Helvetica\", fontsize=10, arrowhead=none];",
    ]
    var clusters = 0
    // The variables below a path of plates, and deeper plates as clusters of their own.
    func write(_ variables: [Int], depth: Int) {
      let margin = String(repeating: "  ", count: depth + 1)
      for v in variables where self.variables[v].plates.count == depth { lines += nodes(v).map { margin + $0 } }
      var seen: [Int] = []
      for v in variables where self.variables[v].plates.count > depth {
        let plate = self.variables[v].plates[depth]
        if seen.contains(plate) { continue }
        seen.append(plate)
        lines += [
          "\(margin)subgraph cluster_\(clusters) {",
          "\(margin)  label=\(quoted(plates[plate])); labelloc=b; labeljust=r; fontsize=10; style=rounded;",
        ]
        clusters += 1
        let inside = variables.filter {
          self.variables[$0].plates.count > depth && self.variables[$0].plates[depth] == plate
        }
        write(inside, depth: depth + 1)
        lines.append("\(margin)}")
      }
    }
    write(Array(variables.indices), depth: 0)
    for v in variables.indices {
      guard let distribution = variables[v].distribution else { continue }
      lines.append("  f\(v) -> v\(v) [arrowhead=normal, label=\(quoted(" " + distribution))];")
    }
    for edge in edges {
      var attributes: [String] = []
      if edge.isGate { attributes.append("style=dashed") }
      if !edge.rows.isEmpty { attributes += ["label=\(quoted(edge.rows))", "constraint=false", "arrowhead=normal"] }
      lines.append(
        "  v\(edge.from) -> f\(edge.to)" + (attributes.isEmpty ? ";" : " [\(attributes.joined(separator: ", "))];"))
    }
    return (lines + ["}"]).joined(separator: "\n") + "\n"
  }

  private func nodes(_ v: Int) -> [String] {
    let variable = variables[v]
    let name = "label=\(quoted(variable.name))"
    let look =
      switch variable.kind {
      case .latent: "shape=ellipse"
      case .observed: "shape=ellipse, style=filled, fillcolor=\"#d3d9df\""
      case .given: "shape=box, width=0.3, height=0.3, margin=0.06"
      }
    var lines = ["v\(v) [\(name), \(look)];"]
    if variable.distribution != nil {
      lines.append("f\(v) [label=\"\", shape=square, style=filled, fillcolor=black, width=0.12, fixedsize=true];")
    }
    return lines
  }

  private func quoted(_ text: String) -> String {
    let escaped = text.map { $0 == "\"" ? "\\\"" : $0 == "\\" ? "\\\\" : String($0) }.joined()
    return "\"\(escaped)\""
  }
}

extension ModelGraph.Factor {
  /// Whether rows depend on the row before in a way that the first row cannot.
  var isChain: Bool { terms.contains { $0.rows != .all } }
}
