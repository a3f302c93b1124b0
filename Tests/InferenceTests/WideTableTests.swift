import Foundation
import Models
import PlanIR
import ReferenceBackend
import Suffice
import Testing

@testable import Inference

/// Tables of more columns than anybody looks at.
@Suite("Wide tables")
struct WideTableTests {
  private func table(rows: Int, columns: Int) throws -> DataTable {
    var random = RandomSource(seed: 3)
    var common = [Double](repeating: 0, count: rows)
    return try DataTable(
      columns: (0..<columns).map { j in
        for i in 0..<rows { common[i] = 0.5 * common[i] + random.normal() }
        return Column(name: "c\(j)", values: common.map { $0 + 1e6 * Double(j % 3) })
      })
  }

  private func facts(_ table: DataTable, _ backend: any Backend, threads: Int) throws -> DataFacts.Observed {
    let graph = try ModelGraph(GaussianMixture())
    let data = try BoundData(graph, table: table, binding: ColumnBinding(graph, table: table))
    return try DataFacts(graph, data, backend: backend, threads: threads).observed[0]
  }

  /// The covariance of many columns is put together from blocks, and is what its definition says.
  @Test func covariancesByBlocks() throws {
    let table = try table(rows: 320, columns: 300)
    let found = try facts(table, CPUBackend(), threads: 1)
    let means = table.columns.map { column in (0..<320).reduce(0) { $0 + column[$1] } / 320 }
    for (a, b) in [(0, 0), (299, 299), (256, 255), (299, 3), (120, 7), (257, 256)] {
      let products = (0..<320).map { (table.columns[a][$0] - means[a]) * (table.columns[b][$0] - means[b]) }
      let expected = products.reduce(0, +) / 319
      #expect(abs(found.covariance[a * (a + 1) / 2 + b] - expected) < 1e-9, "\(a), \(b)")
    }
    #expect(found.variance[299] == found.covariance[299 * 302 / 2])
    #expect(try facts(table, CPUBackend(), threads: 3).covariance == found.covariance)
    let reference = try facts(table, ReferenceBackend(), threads: 1)
    #expect(zip(reference.covariance, found.covariance).allSatisfy { abs($0 - $1) < 1e-9 })
  }

  /// What rows and columns decide is told before anything is made of all pairs of columns.
  @Test func tooFewRowsNeedNoMatrix() throws {
    let table = try table(rows: 60, columns: 2000)
    #expect(try facts(table, CPUBackend(), threads: 1).covariance.isEmpty)
    do throws(FitError) {
      _ = try Fit(GaussianMixture(), to: table)
      Issue.record("60 rows are enough")
    } catch {
      #expect(error.description.contains("there are 60 rows and 2000 columns"), "\(error)")
    }
    // Missing cells and weights count too.
    var cells = table.columns.map { column in (0..<60).map { column[$0] } }
    cells[0][7] = .nan
    let holes = try DataTable(columns: cells.enumerated().map { Column(name: "c\($0)", values: $1) })
    let found = try facts(holes, CPUBackend(), threads: 1)
    #expect(found.covariance.isEmpty && found.completeRows == 59)
  }

  /// A model that takes columns one by one has no use for pairs of them.
  @Test func columnsByThemselves() throws {
    let graph = try ModelGraph(DiagonalGaussianMixture())
    let table = try table(rows: 20, columns: 500)
    let data = try BoundData(graph, table: table, binding: ColumnBinding(graph, table: table))
    #expect(try DataFacts(graph, data, backend: CPUBackend(), threads: 1).observed[0].covariance.isEmpty)
    var settings = FitSettings()
    settings.restarts = 1
    settings.maximumPasses = 3
    #expect(try Fit(DiagonalGaussianMixture(), to: table, settings: settings).bound.isFinite)
  }
}

@Suite("Rows that are drawn some at a time")
struct SampledRowTests {
  /// Few rows at a time are the same rows, also where rows depend on rows long gone.
  @Test func partsAreTheWhole() throws {
    var random = RandomSource(seed: 5)
    let values = (0..<200).map { _ in random.normal() }
    let table = try DataTable(columns: [Column(name: "x", values: values)])
    var settings = FitSettings()
    settings.restarts = 1
    settings.maximumPasses = 3
    var chain = AutoregressiveHiddenMarkovModel()
    chain.states = 2
    // Rows of a mixture have draws of their own, which take their time.
    for (fit, counts) in [
      (try Fit(GaussianMixture(), to: table, settings: settings), [0, 1, 120, 79]),
      (try Fit(chain, to: table, settings: settings), [1, 4095, 4904]),
    ] {
      let total = counts.reduce(0, +)
      let whole = try fit.sample(total, seed: 11)
      var rows = try fit.sampledRows(seed: 11)
      var parts: [UInt64] = []
      for count in counts {
        let part = try rows.next(count)
        #expect(part.rowCount == count && part.columnNames == whole.columnNames)
        parts += (0..<count).map { part.columns[0][$0].bitPattern }
      }
      #expect(parts == (0..<total).map { whole.columns[0][$0].bitPattern })
    }
  }
}
