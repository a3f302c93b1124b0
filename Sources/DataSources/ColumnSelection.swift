import Inference

/// Which columns of a file are read, by their names.
package enum ColumnSelection {
  /// Says for each column of a file whether it is read.
  ///
  /// - Parameters:
  ///   - names: The names in the file.
  ///   - wanted: The names to read; nil for all.
  ///   - categorical: Names of columns to be read as labels, which must be in the file as well.
  ///   - place: What messages begin with.
  static func select(
    _ names: [String], wanted: [String]?, categorical: Set<String>, place: String
  ) throws(DataError) -> [Bool] {
    let known = Set(names)
    for name in (wanted ?? []) + categorical.sorted() where !known.contains(name) {
      throw unknown(name, names, place)
    }
    guard let wanted else { return names.map { _ in true } }
    guard !wanted.isEmpty else { throw DataError("\(place): no column is to be read. Name at least one.") }
    let chosen = Set(wanted)
    return names.map { chosen.contains($0) }
  }

  private static func unknown(_ name: String, _ names: [String], _ place: String) -> DataError {
    let suggestion = nearest(to: name, in: names).map { " Did you mean \"\(shown($0))\"?" } ?? ""
    var list = names.prefix(20).map { "\"\(shown($0))\"" }.joined(separator: ", ")
    if names.count > 20 { list += " and \(names.count - 20) more" }
    return DataError("\(place): there is no column \"\(shown(name))\".\(suggestion) The columns are \(list).")
  }

  /// The name with the fewest letters to change, if it is similar enough to be a slip; case counts for nothing.
  package static func nearest(to name: String, in names: [String]) -> String? {
    let wanted = Array(name.lowercased().unicodeScalars)
    // Longer names are not what anybody types, and the comparison takes the product of the lengths.
    guard wanted.count <= 100 else { return nil }
    var best: (name: String, distance: Int)?
    for candidate in names.prefix(10_000) {
      let letters = Array(candidate.lowercased().unicodeScalars.prefix(101))
      let distance = editDistance(wanted, letters)
      // At least one letter must be common to both.
      let isSimilar = distance <= max(1, wanted.count / 3) && distance < max(wanted.count, letters.count)
      if isSimilar, distance < best?.distance ?? .max { best = (candidate, distance) }
    }
    return best?.name
  }

  /// How many letters must be inserted, deleted or replaced (Levenshtein).
  private static func editDistance(_ a: [Unicode.Scalar], _ b: [Unicode.Scalar]) -> Int {
    var previous = Array(0...b.count)
    for (i, letter) in a.enumerated() {
      var current = [i + 1]
      current.reserveCapacity(b.count + 1)
      for (j, other) in b.enumerated() {
        current.append(min(previous[j] + (letter == other ? 0 : 1), previous[j + 1] + 1, current[j] + 1))
      }
      previous = current
    }
    return previous[b.count]
  }
}
