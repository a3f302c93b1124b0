// What the fuzzer calls.

import Glibc
import Suffice

@testable import DataSources
@testable import Inference

/// Reads bytes as a file of one of several kinds, which the first byte chooses: whatever they are, a reader gives a table or
/// an error that can be shown.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ data: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  guard let data, count >= 2 else { return 0 }
  let bytes = UnsafeBufferPointer(start: data + 2, count: count - 2)
  switch data[0] % 9 {
  case 0, 1: fuzzCSV(bytes, variant: data[1], isHeaded: data[0] % 9 == 0)
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
      let fit = try FitReader(file: FitFile.sealed(try SafeTensors(path: path)), name: path).fit([])
      use(fit)
    }
  case 7:
    read(bytes) { (path) throws(DataError) in
      let reader = FitReader(file: FitFile.sealed(try SafeTensors(path: path)), name: path)
      let checkpoint = try reader.checkpoint([]).checkpoint
      use(checkpoint.fit)
      let columns = checkpoint.fit.model.binding.columns
      let names = columns.joined().sorted()
      for seed in Seed.all where names == seed.table.columnNames.sorted() { try? seed.goOn(checkpoint) }
    }
  default:
    // What reaches a terminal has no byte that it obeys.
    let text = escapingControls(String(decoding: bytes, as: UTF8.self), keeping: "\n")
    if text.unicodeScalars.contains(where: { $0.properties.generalCategory == .control && $0 != "\n" }) {
      fatalError("a control character is shown")
    }
  }
  return 0
}

/// A fit that could be read can be used: what comes of it is finite numbers or an error, whatever the parameters are.
private func use(_ fit: Fit) {
  if fit.model.facts.observed.reduce(0, { $0 + $1.columns.count }) > 100 { return }
  func requireFinite(_ values: some Sequence<Double>, _ what: String) {
    if values.contains(where: { !$0.isFinite }) { fatalError("\(what) of \(fit.model.graph.name): \(Array(values))") }
  }
  guard let rows = try? fit.sample(3, seed: 1) else { return }
  for column in rows.columns { requireFinite((0..<3).map { column[$0] }, "a sample") }
  if let densities = try? Application(fit, to: rows).logDensities() { requireFinite(densities, "a density") }
  if let filled = try? Application(fit, to: rows).imputed(seed: 1) {
    for column in filled.columns { requireFinite((0..<3).map { column[$0] }, "a filled cell") }
  }
}

/// A file must be the same table, or the same error, however it is cut, and from a pipe too.
private func fuzzCSV(_ bytes: UnsafeBufferPointer<UInt8>, variant: UInt8, isHeaded: Bool) {
  func outcome(_ blockSize: Int, _ limit: Int, isPiped: Bool = false) -> String {
    var text = ""
    let options = CSVOptions(
      delimiter: [.comma, .semicolon, .automatic, .automatic][Int(variant & 3)],
      decimalMark: variant & 8 == 0 ? .automatic : .comma, encoding: variant & 16 == 0 ? .automatic : .utf8,
      missingTexts: variant & 2 == 0 ? [] : ["0", "NA"], header: isHeaded, memoryLimit: limit, threads: 1)
    let error = read(bytes, isPiped: isPiped) { (path) throws(DataError) in
      text = look(try CSVFile(path: path, options: options).read(blockSize: blockSize))
    }
    return error ?? text
  }
  let whole = outcome(1 << 16, .max)
  // A zero byte is told before or after another error, as the blocks have it.
  if bytes.contains(0) || bytes.starts(with: GzipInflater.signature) { return }
  let parts = outcome(8 + Int(variant >> 2), variant & 4 == 0 ? .max : 0)
  // What a pipe holds is written before anybody reads it.
  if variant & 32 == 0, bytes.count < 1 << 15, whole != outcome(1 << 16, .max, isPiped: true) {
    fatalError("from a pipe, the file is different:\n\(whole)")
  }
  if whole != parts { fatalError("cut otherwise, the file is different:\n\(whole)\n\(parts)") }
}

/// Every value and every finding, as a text.
private func look(_ table: DataTable) -> String {
  table.columns.map { column in
    "\(column.name) \(column.kind) \(column.findings) \((0..<column.count).map { column[$0] })"
  }.joined(separator: "\n")
}

/// Calls `body` with the path of a file that holds some bytes, or of a pipe; gives the message of its error, which is of a
/// length that people read, whatever the file holds.
@discardableResult
private func read(
  _ bytes: UnsafeBufferPointer<UInt8>, isPiped: Bool = false, _ body: (String) throws(DataError) -> Void
) -> String? {
  var ends: [Int32] = [-1, -1]
  if isPiped { pipe(&ends) }
  let descriptor = isPiped ? ends[0] : TemporaryFile.open()
  defer { close(descriptor) }
  let isWritten = write(isPiped ? ends[1] : descriptor, bytes.baseAddress, bytes.count) >= 0
  if isPiped { close(ends[1]) }
  if !isWritten { return nil }
  let path = "/proc/self/fd/\(descriptor)"
  do throws(DataError) {
    try body(path)
    return nil
  } catch {
    let message = error.description.replacing(path, with: "file")
    if message.utf8.count > 10_000 { fatalError("a message of \(message.utf8.count) bytes: \(message.prefix(1000))") }
    return message
  }
}
