// What the fuzzer calls.

import Glibc
import Suffice

@testable import DataSources

/// Reads bytes as a file of one of several kinds, which the first byte chooses: whatever they are, a reader gives a table or
/// an error that can be shown.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ data: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  guard let data, count >= 2 else { return 0 }
  let bytes = UnsafeBufferPointer(start: data + 2, count: count - 2)
  switch data[0] % 8 {
  case 0, 1: fuzzCSV(bytes, variant: data[1], isHeaded: data[0] % 8 == 0)
  case 2: read(bytes) { (path) throws(DataError) in _ = look(try NPYFile(path: path).read()) }
  case 3: read(bytes) { (path) throws(DataError) in _ = look(try TableFile(path: path).read()) }
  case 4:
    read(bytes) { (path) throws(DataError) in
      let file = try SafeTensors(path: path)
      // What was read can be written and read again.
      try file.write(to: "/dev/null")
    }
  case 5:
    if let json = try? JSON(parsing: Array(bytes)), let again = try? JSON(parsing: json.description), again != json {
      fatalError("a JSON value does not survive printing")
    }
  // With the checksum of what they hold, without which nobody would look farther.
  case 6:
    read(bytes) { (path) throws(DataError) in
      _ = try FitReader(file: FitFile.sealed(try SafeTensors(path: path)), name: path).fit([])
    }
  default:
    read(bytes) { (path) throws(DataError) in
      _ = try FitReader(file: FitFile.sealed(try SafeTensors(path: path)), name: path).checkpoint([])
    }
  }
  return 0
}

/// A file must be the same table, or the same error, however it is cut.
private func fuzzCSV(_ bytes: UnsafeBufferPointer<UInt8>, variant: UInt8, isHeaded: Bool) {
  func outcome(_ blockSize: Int, _ limit: Int) -> String {
    var text = ""
    let options = CSVOptions(
      delimiter: variant & 1 == 0 ? .comma : .semicolon, missingTexts: variant & 2 == 0 ? [] : ["0", "NA"],
      header: isHeaded, memoryLimit: limit, threads: 1)
    let error = read(bytes) { (path) throws(DataError) in
      text = look(try CSVFile(path: path, options: options).read(blockSize: blockSize))
    }
    return error ?? text
  }
  let whole = outcome(1 << 16, .max)
  // A zero byte is told before or after another error, as the blocks have it.
  if bytes.contains(0) || bytes.starts(with: GzipInflater.signature) { return }
  let parts = outcome(8 + Int(variant >> 2), variant & 4 == 0 ? .max : 0)
  if whole != parts { fatalError("cut otherwise, the file is different:\n\(whole)\n\(parts)") }
}

/// Every value and every finding, as a text.
private func look(_ table: DataTable) -> String {
  table.columns.map { column in
    "\(column.name) \(column.kind) \(column.findings) \((0..<column.count).map { column[$0] })"
  }.joined(separator: "\n")
}

/// Calls `body` with the path of a file that holds some bytes; gives the message of its error.
@discardableResult
private func read(_ bytes: UnsafeBufferPointer<UInt8>, _ body: (String) throws(DataError) -> Void) -> String? {
  let descriptor = TemporaryFile.open()
  defer { close(descriptor) }
  if write(descriptor, bytes.baseAddress, bytes.count) < 0 { return nil }
  let path = "/proc/self/fd/\(descriptor)"
  do throws(DataError) {
    try body(path)
    return nil
  } catch {
    return error.description.replacing(path, with: "file")
  }
}
