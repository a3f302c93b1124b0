import Suffice

/// Three rows of two numeric columns, enough for any model whose mistake does not lie in the data.
func numbers() throws -> DataTable {
  try DataTable(["a": [0.5, 1, 2.5], "b": [3, 1, 2]])
}

/// What is wrong with a model, or with it and a table, without the place; nil where it can be fitted.
func diagnosis(
  of model: some Model, _ table: DataTable? = nil, bind: [String: [String]] = [:], weights: String? = nil
) throws -> String? {
  try fullDiagnosis(of: model, table, bind: bind, weights: weights).map(withoutPlace)
}

/// What is wrong, with the place.
func fullDiagnosis(
  of model: some Model, _ table: DataTable? = nil, bind: [String: [String]] = [:], weights: String? = nil
) throws -> String? {
  let data = try table ?? numbers()
  var settings = FitSettings()
  settings.maximumPasses = 1
  settings.weights = weights
  do throws(FitError) {
    _ = try Fit(model, to: data, bind: bind, settings: settings)
    return nil
  } catch {
    return error.description
  }
}

/// A message without the `file:line: ` in front, which only `PlaceTests` looks at.
private func withoutPlace(_ message: String) -> String {
  guard message.hasPrefix("DiagnosticTests/") || message.hasPrefix("Models/"), let end = message.range(of: ".swift:")
  else { return message }
  let rest = message[end.upperBound...].drop { $0.isNumber }
  return rest.hasPrefix(": ") ? String(rest.dropFirst(2)) : message
}

extension String {
  /// The first place where a text occurs; the standard library has this only for collections of equal type.
  fileprivate func range(of text: String) -> Range<Index>? { ranges(of: text).first }
}
