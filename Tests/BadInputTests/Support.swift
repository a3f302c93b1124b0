import Foundation
import Suffice

/// Why a model cannot be fitted to a table, without the place in the model's file; nil where it can.
func refusal(
  _ model: some Model, _ table: DataTable, bind: [String: [String]] = [:], weights: String? = nil
) -> String? {
  var settings = FitSettings()
  settings.weights = weights
  do throws(FitError) {
    _ = try Fit(model, to: table, bind: bind, settings: settings)
    return nil
  } catch {
    let message = error.description
    guard message.hasPrefix("Models/") || message.hasPrefix("BadInputTests/"), let space = message.firstIndex(of: " ")
    else { return message }
    return String(message[message.index(after: space)...])
  }
}

/// Why a fit cannot be applied to a table; nil where it can.
func refusal(_ fit: Fit, _ table: DataTable) -> String? {
  do throws(FitError) {
    _ = try Application(fit, to: table).logDensities()
    return nil
  } catch {
    return error.description
  }
}

/// Three groups of rows in two columns, in multiples of 2⁻¹⁰, so that moving them by 10⁹ is exact.
func groups(rows: Int = 150) -> [[Double]] {
  var random = RandomSource(seed: 7)
  let centers = [[-6.0, 0], [0, 5], [7, -3]]
  return (0..<2).map { column in
    (0..<rows).map { row in
      ((centers[row % 3][column] + random.normal()) * 1024).rounded() / 1024
    }
  }
}

/// A table of columns "a", "b", ….
func table(_ columns: [[Double]]) throws -> DataTable {
  let names = ["a", "b", "c", "d"]
  return try DataTable(columns: zip(names, columns).map { Column(name: $0, values: $1) })
}

/// Whether numbers agree to one part in a million of the larger, as runs do that differ in rounding alone.
func agree(_ a: [Double], _ b: [Double], unit: Double = 0) -> Bool {
  a.count == b.count && !a.isEmpty
    && zip(a, b).allSatisfy { abs($0 - $1) <= 1e-6 * max(abs($0), abs($1), unit) }
}

/// Reads a table from a file of some text, which is deleted again; messages name the file "rows.csv".
func read(_ text: String) throws -> (table: DataTable?, refusal: String?) {
  let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
  try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  defer { try? FileManager.default.removeItem(at: folder) }
  let file = folder.appendingPathComponent("rows.csv")
  try Data(text.utf8).write(to: file)
  do throws(DataError) {
    return (try DataFile.read(path: file.path), nil)
  } catch {
    return (nil, withoutFolder(error.description, folder))
  }
}

/// Why a model cannot be fitted to a file of some text.
func refusal(_ model: some Model, file text: String, bind: [String: [String]] = [:]) throws -> String? {
  let (table, reading) = try read(text)
  guard let table else { return reading }
  let folder = String(table.origin.dropLast("rows.csv".count))
  return refusal(model, table, bind: bind).map { $0.split(separator: folder).joined() }
}

private func withoutFolder(_ message: String, _ folder: URL) -> String {
  message.split(separator: folder.path + "/").joined()
}
