import DataSources
import Foundation
import Inference
import Testing

/// A fresh folder that is removed with its files at the end of the test.
final class TemporaryFolder {
  let path: String

  init() throws {
    path = NSTemporaryDirectory() + "data-sources-" + UUID().uuidString
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  /// The path of a file in the folder.
  func file(_ name: String) -> String { path + "/" + name }

  /// Writes a file and gives its path.
  func write(_ bytes: [UInt8], as name: String = "data.csv") throws -> String {
    try Data(bytes).write(to: URL(fileURLWithPath: file(name)))
    return file(name)
  }

  func write(_ text: String, as name: String = "data.csv") throws -> String { try write(Array(text.utf8), as: name) }

  func bytes(_ name: String) throws -> [UInt8] { [UInt8](try Data(contentsOf: URL(fileURLWithPath: file(name)))) }

  var names: [String] { (try? FileManager.default.contentsOfDirectory(atPath: path).sorted()) ?? [] }
}

/// Reads a text as a CSV file.
func readCSV(_ text: String, _ options: CSVOptions = CSVOptions(), as name: String = "data.csv") throws -> DataTable {
  try readCSV(Array(text.utf8), options, as: name)
}

func readCSV(_ bytes: [UInt8], _ options: CSVOptions = CSVOptions(), as name: String = "data.csv") throws -> DataTable {
  let folder = try TemporaryFolder()
  return try CSVFile(path: try folder.write(bytes, as: name), options: options).read()
}

/// Expects the error of reading a text as a CSV file; "data.csv" stands for its path.
func expectCSVError(
  _ text: String, _ options: CSVOptions = CSVOptions(), is message: String,
  sourceLocation: SourceLocation = #_sourceLocation
) throws {
  try expectCSVError(Array(text.utf8), options, is: message, sourceLocation: sourceLocation)
}

func expectCSVError(
  _ bytes: [UInt8], _ options: CSVOptions = CSVOptions(), as name: String = "data.csv", is message: String,
  sourceLocation: SourceLocation = #_sourceLocation
) throws {
  let folder = try TemporaryFolder()
  let path = try folder.write(bytes, as: name)
  expectError(is: message, in: folder, sourceLocation: sourceLocation) { () throws(DataError) in
    _ = try CSVFile(path: path, options: options).read()
  }
}

/// Expects an error with this description, in which paths are without the temporary folder.
func expectError(
  is message: String, in folder: TemporaryFolder? = nil, sourceLocation: SourceLocation = #_sourceLocation,
  _ body: () throws(DataError) -> Void
) {
  do {
    try body()
    Issue.record("no error; expected: \(message)", sourceLocation: sourceLocation)
  } catch {
    let prefix = folder.map { $0.path + "/" } ?? ""
    let found = prefix.isEmpty ? error.description : error.description.replacing(prefix, with: "")
    #expect(found == message, sourceLocation: sourceLocation)
  }
}

extension DataTable {
  /// The values of a column; missing ones are nil.
  func numbers(_ name: String) -> [Double?] {
    guard let column = self[name] else { return [] }
    return (0..<column.count).map { column[$0].isNaN ? nil : column[$0] }
  }

  /// The texts of a column of labels; missing ones are nil, and nil too if the column has none.
  func labels(_ name: String) -> [String?]? {
    guard let column = self[name], case .categorical(let levels) = column.kind else { return nil }
    return (0..<column.count).map { column[$0].isNaN ? nil : levels[Int(column[$0])] }
  }
}

/// A generator that gives the same numbers each time (SplitMix64).
struct SeededGenerator: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}

/// A gzip member that holds bytes without compressing them.
func gzipped(_ bytes: [UInt8]) -> [UInt8] {
  var result: [UInt8] = [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 255]
  let blockSize = 60_000
  var start = 0
  repeat {
    let block = bytes[start..<min(start + blockSize, bytes.count)]
    start += block.count
    let count = UInt16(block.count)
    result += [start == bytes.count ? 1 : 0] + littleEndian(count) + littleEndian(~count)
    result += block
  } while start < bytes.count
  return result + littleEndian(checksum(bytes)) + littleEndian(UInt32(bytes.count))
}

func gzipped(_ text: String) -> [UInt8] { gzipped(Array(text.utf8)) }

func littleEndian<Number: FixedWidthInteger>(_ number: Number) -> [UInt8] {
  withUnsafeBytes(of: number.littleEndian) { Array($0) }
}

/// CRC-32.
private func checksum(_ bytes: [UInt8]) -> UInt32 {
  var remainder: UInt32 = ~0
  for byte in bytes {
    remainder ^= UInt32(byte)
    for _ in 0..<8 { remainder = remainder >> 1 ^ (remainder & 1 == 1 ? 0xEDB8_8320 : 0) }
  }
  return ~remainder
}
