import Foundation
import Models
import Suffice
import Testing

@testable import SufficeCommands

@Suite("A fit for every column")
struct EachColumnTests {
  private func outcomes(_ table: DataTable, in folder: TemporaryFolder) throws -> [EachColumn.Outcome] {
    var settings = FitSettings()
    settings.restarts = 1
    return try EachColumn(
      ModelGraph(NormalSample()), to: table, settings: settings, threads: 2, backend: CPUBackend(), folder: folder.path
    ).run { _, _, _ in }
  }

  /// One bad cell makes a column one of labels: it must not vanish without a word, also behind `convert`.
  @Test func mixedColumnsAreTold() throws {
    let folder = try TemporaryFolder()
    let path = try folder.write("a,b,c\n1,2,x\n2,n/k,y\n4,5,x\n", as: "data.csv")
    let table = folder.path + "/table.safetensors"
    try DataFile.write(DataFile.read(path: path), to: table)
    for path in [path, table] {
      let outcomes = try outcomes(DataFile.read(path: path), in: folder)
      #expect(outcomes.map(\.column) == ["a", "b"])
      #expect(outcomes[0].fit != nil && outcomes[1].fit == nil)
      #expect(
        outcomes[1].error.contains("column \"b\" mixes numbers and text (\"n/k\" in line 3)"), "\(outcomes[1].error)")
    }
    // Those that are asked for as labels are what they are.
    let options = CSVOptions(categorical: ["b"])
    #expect(try outcomes(DataFile.read(path: path, options: options), in: folder).map(\.column) == ["a"])
  }

  @Test func columnsLeftOutAreNamed() throws {
    let table = try DataTable([
      "x": [1, 2, 4, 3, 5, 2], "y": [2, 1, 5, 3, 3, 1], "w": [1, 1, 1, 2, 1, 1],
    ])
    var settings = FitSettings()
    settings.weights = "w"
    let session = try FitSession(
      ModelGraph(NormalSample()), to: table, bind: [:], settings: settings, backend: CPUBackend())
    #expect(unusedColumns(table, session, weights: "w") == ["y"])
  }
}
