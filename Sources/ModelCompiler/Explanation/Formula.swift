import SpecialFunctions

/// A formula in both of its notations, plain text and LaTeX, built up side by side so that the two never differ.
struct Formula: Hashable, Sendable {
  var text: String
  var latex: String

  /// A formula that is written differently in the two notations.
  init(_ text: String, latex: String) {
    self.text = text
    self.latex = latex
  }

  /// Something that is the same in both notations, such as a parenthesis.
  init(_ text: String) { self.init(text, latex: text) }

  static func + (a: Formula, b: Formula) -> Formula { Formula(a.text + b.text, latex: a.latex + b.latex) }
  static func += (a: inout Formula, b: Formula) { a = a + b }

  /// A name of the model: upright where it has several letters.
  static func name(_ name: String) -> Formula { Formula(name, latex: LaTeX.mathName(name)) }

  /// A number: `−0.5`, `1e-5`, in LaTeX with a power of ten.
  static func number(_ x: Double) -> Formula {
    if x < 0 { return Formula("−", latex: "-") + number(-x) }
    let plain = numberText(x)
    let parts = plain.split(separator: "e")
    guard parts.count == 2 else { return Formula(plain, latex: plain == "inf" ? "\\infty" : plain) }
    let power = "10^{\(parts[1])}"
    return Formula(plain, latex: parts[0] == "1" ? power : "\(parts[0])\\cdot \(power)")
  }

  /// A whole number, with commas between thousands.
  static func whole(_ n: Int) -> Formula {
    let digits = Array(String(n))
    let text = digits.enumerated().map { i, c in (i > 0 && (digits.count - i) % 3 == 0 ? "," : "") + String(c) }
      .joined()
    return Formula(text, latex: text.split(separator: ",").joined(separator: "{,}"))
  }

  /// Several numbers in parentheses, the first few of them where they are many.
  static func numbers(_ values: [Double], limit: Int = 6) -> Formula {
    if values.count == 1 { return number(values[0]) }
    var parts = values.prefix(limit).map(number)
    if values.count > limit { parts.append(Formula("…", latex: "\\dots")) }
    return Formula("(") + parts.joined(Formula(", ", latex: ",\\ ")) + Formula(")")
  }

  /// With indices at the lower right: `x` and `n`, `i` give `xₙᵢ`.
  func subscripted(_ letters: [String]) -> Formula {
    if letters.isEmpty { return self }
    // Beside n−1 an index needs a comma.
    let separator = letters.contains { $0.contains("−") || $0.contains("+") } ? "," : ""
    return Formula(
      text + unicodeSubscript(letters),
      latex: "\(latex)_{\(letters.map(LaTeX.letter).joined(separator: separator))}")
  }

  /// In parentheses.
  var parenthesized: Formula { Formula("(") + self + Formula(")") }

  /// Transposed; in parentheses where more than one symbol is transposed.
  var transposed: Formula {
    let base = text.contains(" ") ? parenthesized : self
    return Formula(base.text + "ᵀ", latex: base.latex + "^\\top")
  }

  /// The expectation under the approximating distribution.
  var expected: Formula { Formula("E[\(text)]", latex: "\\mathbb{E}[\(latex)]") }

  /// The inner product of two vectors or matrices: the sum of the products of their elements.
  static func inner(_ a: Formula, _ b: Formula) -> Formula {
    Formula("⟨\(a.text), \(b.text)⟩", latex: "\\langle \(a.latex),\\, \(b.latex)\\rangle")
  }

  /// The sign for a sum over indices, one after another.
  static func sum(over letters: [String]) -> Formula {
    Formula("Σ" + unicodeSubscript(letters), latex: "\\sum_{\(letters.map(LaTeX.letter).joined(separator: ","))}")
  }

  /// Factors side by side.
  static func product(_ factors: [Formula]) -> Formula {
    Formula(
      factors.map(\.text).joined(separator: " · "), latex: factors.map(\.latex).joined(separator: "\\, "))
  }
}

extension [Formula] {
  /// The formulas one after another with another one in between.
  func joined(_ separator: Formula) -> Formula {
    guard let first else { return Formula("") }
    return dropFirst().reduce(first) { $0 + separator + $1 }
  }
}

/// One summand of a longer formula: its sign apart, so that it can stand first, in the middle, or on a line of its own.
struct Summand: Hashable, Sendable {
  var isNegative = false
  var body: Formula

  /// The summand with its sign, with spaces as its place asks.
  func signed(isFirst: Bool) -> Formula {
    if isFirst { return isNegative ? Formula("−", latex: "-") + body : body }
    return (isNegative ? Formula("− ", latex: "- ") : Formula("+ ")) + body
  }
}

/// The number and the constants in front of a product.
struct Coefficient: Hashable, Sendable {
  var value: Double
  /// Further numbers, as a statement wrote them.
  var numbers: [Formula] = []
  /// Constants such as the number of rows.
  var symbols: [Formula] = []

  /// A number as the model wrote it; a multiple of log 2π is recognised, as every normal density has one.
  init(_ x: Double) {
    let ratio = x / logTwoPi
    // Half-integral multiples only: any number is some multiple.
    if x != 0, (2 * ratio).rounded() == 2 * ratio {
      value = ratio
      symbols = [Formula("log 2π", latex: "\\log 2\\pi")]
    } else {
      value = x
    }
  }

  /// Multiplies with a constant, which is written before the others.
  mutating func multiply(_ symbol: Formula) { symbols.insert(symbol, at: 0) }

  var isNegative: Bool { value < 0 }

  /// What is written in front of a product, without the sign; nil where the product stands alone.
  var magnitude: Formula? {
    let number: Formula? =
      switch abs(value) {
      case 1: nil
      case 0.5: Formula("½", latex: "\\tfrac12")
      case 0.25: Formula("¼", latex: "\\tfrac14")
      default: .number(abs(value))
      }
    let all = (number.map { [$0] } ?? []) + numbers
    let front = all.isEmpty ? nil : all.joined(Formula(" · ", latex: " \\cdot "))
    guard let front else { return symbols.isEmpty ? nil : .product(symbols) }
    return symbols.isEmpty ? front : front + Formula(" ", latex: "\\,") + .product(symbols)
  }

  /// The summand of this number times sums of a product; `factors` may be empty.
  func summand(sums: [Formula], factors: [Formula]) -> Summand {
    var parts: [Formula] = []
    if let magnitude { parts.append(magnitude) }
    parts += sums
    if !factors.isEmpty { parts.append(.product(factors)) }
    guard var body = parts.first else { return Summand(isNegative: isNegative, body: .number(1)) }
    for part in parts.dropFirst() {
      // After constants, and before a number, only the sign of a product keeps things apart.
      let isFollowed = part.text.first.map { $0.isNumber } ?? false
      let needsSign = isFollowed || (sums.isEmpty && !symbols.isEmpty)
      body += (needsSign ? Formula(" · ", latex: " \\cdot ") : Formula(" ", latex: "\\,")) + part
    }
    return Summand(isNegative: isNegative, body: body)
  }
}

/// Index letters as Unicode subscripts where there are such; primes stay primes.
func unicodeSubscript(_ letters: [String]) -> String {
  let known: [Character: Character] = [
    "a": "ₐ", "e": "ₑ", "h": "ₕ", "i": "ᵢ", "j": "ⱼ", "k": "ₖ", "l": "ₗ", "m": "ₘ", "n": "ₙ", "o": "ₒ", "p": "ₚ",
    "r": "ᵣ", "s": "ₛ", "t": "ₜ", "u": "ᵤ", "v": "ᵥ", "x": "ₓ", "0": "₀", "1": "₁", "2": "₂", "3": "₃", "4": "₄",
    "5": "₅", "6": "₆", "7": "₇", "8": "₈", "9": "₉", "+": "₊", "−": "₋", "′": "′",
  ]
  let all = letters.joined()
  let found = all.compactMap { known[$0] }
  if found.count == all.count { return String(found) }
  return all.allSatisfy { $0.isLetter || $0 == "′" } ? "_\(all)" : "_{\(all)}"
}
