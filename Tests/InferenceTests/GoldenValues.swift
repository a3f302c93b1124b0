import Foundation
import Suffice

/// Numbers from independent programs; `Golden/README.md` says which and how they were made.
enum Golden {
  static func load(_ name: String) throws -> [String: Any] {
    let url = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("Golden/\(name).json")
    return try JSONSerialization.jsonObject(with: Data(contentsOf: url)) as? [String: Any] ?? [:]
  }
}

extension [String: Any] {
  func numbers(_ key: String) -> [Double] { (self[key] as? [NSNumber])?.map(\.doubleValue) ?? [] }
  func integers(_ key: String) -> [Int] { (self[key] as? [NSNumber])?.map(\.intValue) ?? [] }
  func rows(_ key: String) -> [[Double]] { (self[key] as? [[NSNumber]])?.map { $0.map(\.doubleValue) } ?? [] }
  func number(_ key: String) -> Double { (self[key] as? NSNumber)?.doubleValue ?? .nan }
  func object(_ key: String) -> [String: Any] { self[key] as? [String: Any] ?? [:] }
}

/// A table of columns x1, x2 … from rows.
func table(_ rows: [[Double]]) throws -> DataTable {
  try DataTable(
    columns: (rows.first ?? []).indices.map { j in Column(name: "x\(j + 1)", values: rows.map { $0[j] }) })
}
