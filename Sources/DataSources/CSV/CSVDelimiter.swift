import Inference

/// Tells from the first line of a file what stands between two fields.
enum CSVDelimiter {
  static let comma = UInt8(ascii: ",")
  /// What may stand in the place of the comma, the likeliest first.
  static let others = [UInt8(ascii: ";"), UInt8(ascii: "\t"), UInt8(ascii: "|")]

  /// - Parameters:
  ///   - line: The first line that is not blank.
  ///   - isHeader: Whether it holds names.
  static func find(_ line: UnsafeBufferPointer<UInt8>, isHeader: Bool) -> UInt8 {
    var counts: [UInt8: Int] = [:]
    var isQuoted = false
    for byte in line {
      if byte == CSVScanner.quote { isQuoted.toggle() }
      if !isQuoted { counts[byte, default: 0] += 1 }
    }
    let other = others.first { counts[$0] != nil }
    guard let other else { return comma }
    if counts[comma] == nil { return other }
    // "1,5;2,5" may be three fields, but "1,5" is hardly a text between them.
    return !isHeader && other == others[0] && holdsDecimalCommas(line) ? other : comma
  }

  /// Whether all fields between semicolons are numbers, with commas before their fractions.
  private static func holdsDecimalCommas(_ line: UnsafeBufferPointer<UInt8>) -> Bool {
    line.split(separator: others[0], omittingEmptySubsequences: false).allSatisfy { field in
      DecimalParser.isNumber(Array(field).filter { $0 > UInt8(ascii: " ") }, mark: comma)
    }
  }
}
