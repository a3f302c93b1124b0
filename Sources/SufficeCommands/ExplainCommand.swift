import ArgumentParser
import Foundation
import Plots
import Suffice

/// Explains a model.
struct ExplainCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "explain",
    abstract: "Prints a model's graph, log joint, derived updates, and its plan with flops and bytes.")

  @ArgumentParser.Argument(help: "A model's name, its Swift file, or the file that it was compiled to.") var model:
    String
  @Option(name: .shortAndLong, help: "Data to bind, for shapes and the plan.") var data: [String] = []
  @OptionGroup var reading: ReadingOptions
  @Option(help: "A hyperparameter, as name=value; or give it as an option of its own.") var set: [String] = []
  @Option(help: "Columns of an observed variable, as x=a,b,c.") var bind: [String] = []
  @Flag(help: "Print a LaTeX document.") var latex = false
  @Option(help: "Write the factor graph with plates to an SVG file.") var svg: String?
  @Option(help: "Write the factor graph to a file for Graphviz.") var dot: String?
  @OptionGroup var said: QuietOption

  func run() {
    reporting {
      try checkPlaces(outputs: [svg, dot].compactMap(\.self), inputs: data + [model])
      let graph = try makeGraph(named: model, settings: Hyperparameters.settings(set))
      let picture = FactorGraph(graph)
      if let svg { try save(FactorGraphPlot(picture).picture().svg, to: svg) }
      if let dot { try save(picture.dot, to: dot) }
      // Who asks for a picture wants the picture.
      if svg != nil || dot != nil { return }
      let explanation: Explanation
      if !data.isEmpty {
        let table = try reading.read(data, isQuiet: said.quiet)
        let bound = try BoundData(
          graph, table: table, binding: ColumnBinding(graph, table: table, explicit: parseBindings(bind)))
        let facts = try DataFacts(graph, bound, backend: CPUBackend(), threads: 1)
        explanation = try Explanation(CompiledModel(graph, facts: facts))
      } else {
        // A model for one column says so when it is bound to two.
        let compiled = try? CompiledModel(graph, facts: nominalFacts(graph, columns: 2))
        explanation = try Explanation(compiled ?? CompiledModel(graph, facts: nominalFacts(graph, columns: 1)))
      }
      try write((latex ? explanation.latex : explanation.text) + "\n")
      if data.isEmpty && !latex {
        Said.line("(for a million rows with two columns for each observed variable; give --data for yours)")
      }
    }
  }
}

private func save(_ text: String, to path: String) throws {
  try AtomicFile.write(to: path) { (w) throws(DataError) in try w.write(text) }
}

extension FactorGraphPlot {
  /// A model's factor graph as a drawing.
  init(_ graph: FactorGraph) {
    self.init(
      title: graph.name, plates: graph.plates,
      variables: graph.variables.map { variable in
        let kind: Kind =
          switch variable.kind {
          case .latent: .latent
          case .observed: .observed
          case .given: .given
          }
        return Variable(name: variable.name, kind: kind, factor: variable.distribution, plates: variable.plates)
      },
      edges: graph.edges.map { Edge(from: $0.from, to: $0.to, isGate: $0.isGate, note: $0.rows) })
  }
}

/// Facts of data that nobody has: a million rows, two columns for each observed variable, labels with three levels.
private func nominalFacts(_ graph: ModelGraph, columns: Int) -> DataFacts {
  let gates = Set(
    graph.factors.flatMap { factor in
      factor.arguments.flatMap { argument -> [Int] in
        func all(_ use: ModelGraph.Use) -> [Int] { use.gates.flatMap { [$0.variable] + all($0) } }
        return switch argument.value {
        case .variable(let use): all(use)
        case .table(_, let gates, _): gates.flatMap { [$0.variable] + all($0) }
        case .constant, .moment, .dimension: []
        }
      }
    })
  func count(_ variable: Int) -> Int {
    switch graph.variables[variable].role {
    case .latent, .observed: gates.contains(variable) ? 1 : columns
    case .given(let intercept):
      graph.variables[variable].family.type.domain == .label ? 1 : intercept ? columns + 1 : columns
    case .lagged(let source, let lags, let intercept): lags.count * count(source) + (intercept ? 1 : 0)
    case .position: 1
    }
  }
  return DataFacts(
    rowCount: 1_000_000,
    observed: graph.observed.map { variable in
      let name = graph.variables[variable].name
      let columns = (1...count(variable)).map { "\(name)\($0)" }
      let levels =
        switch graph.variables[variable].family.type.domain {
        case .label: ["a", "b", "c"]
        case .binary: ["0", "1"]
        default: [String]()
        }
      let ones = columns.map { _ in 1.0 }
      return DataFacts.Observed(
        columns: columns, levels: columns.map { _ in levels }, mean: ones, variance: ones,
        covariance: columns.indices.flatMap { i in (0...i).map { $0 == i ? 1 : 0 } }, logBaseMeasure: 0)
    })
}
