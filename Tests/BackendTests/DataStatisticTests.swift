import CPUBackend
import Models
import Suffice
import Testing

@testable import PlanIR

/// Statistics of data that are computed once instead of in every sweep change nothing.
@Suite struct DataStatisticTests {
  /// Waiting times of two kinds, whose logarithms are normal, with gaps.
  struct Waits: Model {
    let weights = Latent<Dirichlet>()
    let kind = Latent<NormalGamma>()
    let label = Latent<Categorical>()
    let wait = Observed<LogNormal>()

    var body: [Statement] {
      weights ~ Dirichlet(concentration: 1.0, count: 2)
      Plate("kind", 2) { kind ~ NormalGamma(mean: 0.0, meanPrecision: 0.1, shape: 1.0, rate: 1.0) }
      Plate.rows {
        label ~ Categorical(weights)
        wait ~ LogNormal(kind[label])
      }
    }
  }

  private func table(_ rows: Int) throws -> DataTable {
    var random = RandomSource(seed: 5)
    return try DataTable(
      columns: ["a", "b"].map { name in
        Column(
          name: name,
          values: (0..<rows).map { row in
            let value = (row % 3 == 0 ? 0.2 : 40) * (0.5 + random.uniform())
            return row % 11 == 4 && name == "b" ? .nan : value
          })
      })
  }

  private func compiled(_ rows: Int) throws -> (model: CompiledModel, data: BoundData) {
    let (graph, table) = (try ModelGraph(Waits()), try table(rows))
    let data = try BoundData(
      graph, table: table, binding: ColumnBinding(graph, table: table, explicit: ["wait": ["a", "b"]]))
    let facts = try DataFacts(graph, data, backend: CPUBackend(), threads: 1)
    return (try CompiledModel(graph, facts: facts), data)
  }

  @Test func readingIsComputing() throws {
    let rows = 700
    let (model, data) = try compiled(rows)
    let (reading, statistics) = model.plan.readingStatistics()
    #expect(!statistics.isEmpty)
    #expect(reading.violations().isEmpty)
    #expect(
      !reading.rows.contains { step in
        if case .statistic(.family, _, _) = step { true } else { false }
      })
    let inputs = try statistics.map { statistic -> InputColumns in
      let (alone, slot) = statistic.alone(in: model.plan)
      #expect(alone.violations().isEmpty)
      let values =
        try ReferenceBackend().executor(for: alone, inputs: [data.inputs[statistic.input]], threads: 1)
        .sweep(.range(0..<rows), at: ParameterMemory(alone), overrides: [:], outputs: [slot]).outputs[slot] ?? []
      let owner = ColumnOwner(copying: values)
      return InputColumns(
        views: (0..<statistic.width).map {
          InputColumns.View(base: owner.base + $0, stride: statistic.width, owner: owner)
        }, count: rows)
    }
    let label = try #require(model.plan.componentLabel)
    let labels = RowOverride.labels((0..<rows).map { Int32($0 % 2) })
    for backend: any Backend in [ReferenceBackend(), CPUBackend()] as [any Backend] {
      let plain = try backend.executor(for: model.plan, inputs: data.inputs, threads: 2)
        .sweep(.range(0..<rows), at: ParameterMemory(model.plan), overrides: [label.mean: labels], outputs: [])
      let read = try backend.executor(for: reading, inputs: data.inputs + inputs, threads: 2)
        .sweep(.range(0..<rows), at: ParameterMemory(reading), overrides: [label.mean: labels], outputs: [])
      #expect(plain.statistics == read.statistics)
    }
  }

  /// Where there is no room for them, they are computed in every sweep, and nothing else changes.
  @Test func withoutRoom() throws {
    let (model, data) = try compiled(40_000)
    func bound() throws -> Double {
      let engine = try Engine(model, data: data, backend: CPUBackend(), threads: 1)
      let label = try #require(model.plan.componentLabel)
      engine.sweep(.range(0..<40_000), overrides: [label.mean: .labels((0..<40_000).map { Int32($0 % 2) })])
      engine.updateAll()
      engine.sweep(.range(0..<40_000))
      engine.updateAll()
      return engine.bound()
    }
    let plain = try bound()
    #expect(plain.isFinite)
    #expect(try Memory.$limit.withValue(700_000, operation: bound) == plain)
  }
}
