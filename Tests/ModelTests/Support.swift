import Foundation
import Suffice

/// A table of `Data`, rows with missing cells left out.
func dataTable(_ name: String, columns: [String]? = nil) throws -> DataTable {
  let url = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("Data/\(name).csv")
  let lines = try String(contentsOf: url, encoding: .utf8).split(separator: "\n")
  let cells = lines.map { $0.split(separator: ",", omittingEmptySubsequences: false).map(String.init) }
  let rows = cells.dropFirst().filter { !$0.contains("") }
  var table: [Column] = []
  for (j, header) in cells[0].enumerated() where columns?.contains(header) ?? true {
    let text = rows.map { $0[j] }
    let numbers = text.compactMap(Double.init)
    if numbers.count == text.count {
      table.append(Column(name: header, values: numbers))
    } else {
      let levels = Set(text).sorted()
      table.append(
        Column(
          name: header, values: text.map { Double(levels.firstIndex(of: $0) ?? 0) }, kind: .categorical(levels: levels))
      )
    }
  }
  return try DataTable(columns: table, origin: name)
}
