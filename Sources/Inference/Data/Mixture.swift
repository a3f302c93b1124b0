/// How other programs write a missing value.
public enum MissingValue {
  /// What pandas takes for missing (`read_csv`, `na_values`), but for the spellings with digits.
  ///
  /// They mean something else elsewhere: "NA" is Namibia in a column of countries.
  public static let usualTexts = [
    "NA", "N/A", "n/a", "#N/A", "#N/A N/A", "#NA", "<NA>", "NaN", "nan", "-NaN", "-nan", "NULL", "null", "None",
  ]

  /// Whether a text in a column of numbers looks like a missing value: a usual spelling, or neither letters nor digits.
  static func isLikely(_ text: String) -> Bool {
    usualTexts.contains(text) || !text.contains { $0.isLetter || $0.isNumber }
  }
}

extension Column {
  /// What is wrong with a column of numbers in which there is a text; nil where there is none.
  ///
  /// Whoever looks for columns of numbers tells it: the column is one of labels now, and would be passed over.
  ///
  /// - Parameters:
  ///   - origin: Where the table came from.
  ///   - variable: What the column might have been bound to.
  ///   - isLabel: Whether that takes labels.
  public func mixture(in origin: String, for variable: String, isLabel: Bool = false) -> DataError? {
    guard let (_, text) = findings.firstText else { return nil }
    let isMissing = MissingValue.isLikely(text)
    let labelRemedy: Remedy = isLabel ? .categorical(shown(name)) : .bind(variable)
    return DataError(
      "\(origin): column \"\(shown(name))\" mixes numbers and text (\"\(shown(text))\" in \(findings.placeOfText)). "
        + (isMissing ? "If that means a missing value, say so; otherwise mend the cell, " : "Mend the cell, ")
        + "or \(isLabel ? "read the column as labels" : "bind other columns to \"\(variable)\"").",
      remedy: isMissing ? .missing(shown(text)) : labelRemedy)
  }
}

extension Column.Findings {
  /// Where ``firstText`` is: "line 4".
  public var placeOfText: String { firstText.map { "\(countsRows ? "row" : "line") \($0.line)" } ?? "no line" }
}
