/// Writes names and text so that LaTeX sets them as they are, and puts documents together.
enum LaTeX {
  /// A name of the model in a formula: a single letter in italics, several letters upright.
  static func mathName(_ name: String) -> String {
    let escaped = name.map(mathCharacter).joined()
    return name.count == 1 ? escaped : "\\mathrm{\(escaped)}"
  }

  /// An index letter; primes become those of LaTeX.
  static func letter(_ letter: String) -> String {
    letter.map { $0 == "′" ? "'" : $0 == "−" ? "-" : $0 == "…" ? "\\dots " : String($0) }.joined()
  }

  /// Any text as LaTeX text.
  ///
  /// Symbols that formulas in text use become mathematics; a character that pdfLaTeX has no
  /// glyph for is written by its number.
  static func text(_ text: String) -> String {
    text.map { c in
      if let special = specials[c] { return special }
      if let math = symbols[c] { return "$\(math)$" }
      return c.isASCII ? String(c) : "[U+\(hexadecimal(c))]"
    }.joined()
  }

  private static func mathCharacter(_ c: Character) -> String {
    if c == "_" { return "\\_" }
    if let symbol = symbols[c] { return symbol + " " }
    return c.isASCII ? specials[c] ?? String(c) : "[U{+}\(hexadecimal(c))]"
  }

  private static func hexadecimal(_ c: Character) -> String {
    c.unicodeScalars.map { String($0.value, radix: 16, uppercase: true) }.joined(separator: "+")
  }

  private static let specials: [Character: String] = [
    "\\": "\\textbackslash{}", "{": "\\{", "}": "\\}", "$": "\\$", "&": "\\&", "#": "\\#", "_": "\\_", "%": "\\%",
    "~": "\\textasciitilde{}", "^": "\\textasciicircum{}", "<": "$<$", ">": "$>$", "|": "$|$", "\"": "''",
    "–": "--", "—": "---", "’": "'", "‘": "`", "“": "``", "”": "''", "…": "\\dots{}", "ä": "\\\"a", "ö": "\\\"o",
    "ü": "\\\"u", "Ä": "\\\"A", "Ö": "\\\"O", "Ü": "\\\"U", "ß": "\\ss{}", "é": "\\'e", "è": "\\`e", "à": "\\`a",
  ]

  private static let symbols: [Character: String] = [
    "Σ": "\\Sigma", "Π": "\\Pi", "Λ": "\\Lambda", "Γ": "\\Gamma", "Δ": "\\Delta", "Θ": "\\Theta", "Φ": "\\Phi",
    "Ψ": "\\Psi", "Ω": "\\Omega", "Ξ": "\\Xi", "α": "\\alpha", "β": "\\beta", "γ": "\\gamma", "δ": "\\delta",
    "ε": "\\varepsilon", "ζ": "\\zeta", "η": "\\eta", "θ": "\\theta", "ι": "\\iota", "κ": "\\kappa",
    "λ": "\\lambda", "μ": "\\mu", "ν": "\\nu", "ξ": "\\xi", "π": "\\pi", "ρ": "\\rho", "σ": "\\sigma",
    "τ": "\\tau", "φ": "\\varphi", "χ": "\\chi", "ψ": "\\psi", "ω": "\\omega", "←": "\\leftarrow", "→": "\\to",
    "·": "\\cdot", "×": "\\times", "−": "-", "½": "\\tfrac12", "¼": "\\tfrac14", "⊗": "\\otimes", "∇": "\\nabla",
    "≥": "\\ge", "≤": "\\le", "∞": "\\infty", "⟨": "\\langle", "⟩": "\\rangle", "²": "{}^2", "ᵀ": "{}^\\top",
    "₀": "{}_0", "∂": "\\partial", "′": "'", "≈": "\\approx", "≠": "\\ne", "∈": "\\in", "±": "\\pm", "△": "\\triangle",
  ]

  /// Lines of an `align*`: the alignment mark is in the lines.
  static func align(_ lines: [String]) -> String {
    lines.isEmpty ? "" : "\\begin{align*}\n\(lines.joined(separator: " \\\\\n"))\n\\end{align*}\n"
  }

  /// A plain table without rules: one column description, rows of cells that are LaTeX already.
  static func table(_ columns: String, _ rows: [[String]]) -> String {
    if rows.isEmpty { return "" }
    let body = rows.map { $0.joined(separator: " & ") }.joined(separator: " \\\\\n")
    return "\\begin{flushleft}\n\\begin{tabular}{@{}\(columns)@{}}\n\(body)\n\\end{tabular}\n\\end{flushleft}\n"
  }

  /// A whole document of sections.
  static func document(title: String, summary: String, sections: [(title: String, body: String)]) -> String {
    let body = sections.map { "\\section{\(text($0.title))}\n\n\($0.body)" }.joined(separator: "\n")
    return """
      \\documentclass[11pt,a4paper]{article}
      \\usepackage[margin=2.6cm]{geometry}
      \\usepackage[fleqn]{amsmath}
      \\usepackage{amssymb,array,longtable}
      \\setlength{\\parindent}{0pt}
      \\setlength{\\parskip}{0.5\\baselineskip}
      \\setlength{\\mathindent}{1.5em}
      \\setlength{\\jot}{5pt}
      \\setlength{\\emergencystretch}{4em}
      \\allowdisplaybreaks
      \\raggedbottom
      \\begin{document}
      {\\LARGE\\bfseries \(text(title))\\par}
      \(summary.isEmpty ? "" : "\\smallskip\n\(text(summary))")

      \(body)
      \\end{document}

      """
  }
}
