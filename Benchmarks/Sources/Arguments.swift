import Suffice

/// What stands on the command line: words, and options with a value each.
///
/// The benchmark needs no more than that, and would rather not wait for another package to build.
struct Arguments {
  let words: [String]
  private let options: [String: String]

  init(_ list: some Sequence<String>) throws(BenchError) {
    var words: [String] = []
    var options: [String: String] = [:]
    var iterator = list.makeIterator()
    while let word = iterator.next() {
      if word.hasPrefix("--") {
        guard let value = iterator.next() else { throw BenchError("\(word) needs a value.") }
        options[String(word.dropFirst(2))] = value
      } else {
        words.append(word)
      }
    }
    self.words = words
    self.options = options
  }

  /// A word by its position.
  func positional(_ position: Int, _ what: String) throws(BenchError) -> String {
    guard words.indices.contains(position) else { throw BenchError("\(what) is missing.") }
    return words[position]
  }

  /// The text of an option.
  func text(_ name: String) -> String? { options[name] }

  /// The precision that rows are asked to have.
  func precision() throws(BenchError) -> Precision {
    guard let text = options["precision"] else { return .double }
    guard let precision = Precision(rawValue: text) else {
      throw BenchError("--precision \(text): double or single is needed.")
    }
    return precision
  }

  /// The number of an option, or a default.
  func integer(_ name: String, _ standard: Int) throws(BenchError) -> Int {
    guard let text = options[name] else { return standard }
    guard let number = Int(text), number >= 0 else { throw BenchError("--\(name) \(text): a whole number is needed.") }
    return number
  }
}
