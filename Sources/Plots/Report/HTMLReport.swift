/// A page that holds everything it shows: no scripts, no fonts or pictures from elsewhere.
public struct HTMLReport: Sendable {
  /// One line of the table of key facts.
  public struct Fact: Sendable {
    /// What the fact is about.
    public var name: String
    /// The fact.
    public var value: String

    /// Makes a fact.
    public init(_ name: String, _ value: String) {
      self.name = name
      self.value = value
    }
  }

  /// A part of a section.
  public enum Block: Sendable {
    /// A paragraph; an empty line in the text starts another.
    case text(String)
    /// A picture with a line under it, which may be empty.
    case figure(Picture, caption: String)
    /// A table with a line above it, which may be empty.
    case table(TextTable, caption: String)
    /// Text in a fixed-width face, with its line breaks kept.
    case code(String)
  }

  /// A heading and what is under it.
  public struct Section: Sendable {
    /// The heading.
    public var heading: String
    /// The parts, in order.
    public var blocks: [Block]

    /// Makes a section.
    public init(_ heading: String, _ blocks: [Block]) {
      self.heading = heading
      self.blocks = blocks
    }
  }

  /// The title of the page.
  public var title: String
  /// A line under the title, which may be empty.
  public var subtitle: String
  /// The key facts, in a table at the top.
  public var facts: [Fact]
  /// The sections.
  public var sections: [Section]
  /// A line at the foot of the page, which may be empty.
  public var footer: String

  /// Makes a report.
  public init(
    title: String, subtitle: String = "", facts: [Fact] = [], sections: [Section] = [], footer: String = ""
  ) {
    self.title = title
    self.subtitle = subtitle
    self.facts = facts
    self.sections = sections
    self.footer = footer
  }

  /// The page as the text of a file; the same report gives the same bytes.
  ///
  /// The page is also well-formed XML apart from its first line.
  public var html: String {
    var page = """
      <!DOCTYPE html>
      <html lang="en" xmlns="http://www.w3.org/1999/xhtml">
      <head>
      <meta charset="utf-8"/>
      <meta name="viewport" content="width=device-width, initial-scale=1"/>
      <title>\(MarkupText.escaped(TextMetrics.oneLine(title)))</title>
      <style>
      \(ReportStyle.sheet)
      </style>
      </head>
      <body>
      <main>
      <header>
      <h1>\(MarkupText.escaped(title))</h1>

      """
    if !subtitle.isEmpty { page += "<p class=\"subtitle\">\(MarkupText.escaped(subtitle))</p>\n" }
    page += "</header>\n"
    if !facts.isEmpty { page += factTable }
    for section in sections {
      page += "<section>\n<h2>\(MarkupText.escaped(section.heading))</h2>\n"
      for block in section.blocks { page += Self.markup(block) }
      page += "</section>\n"
    }
    if !footer.isEmpty { page += "<footer>\(MarkupText.escaped(footer))</footer>\n" }
    return page + "</main>\n</body>\n</html>\n"
  }

  private var factTable: String {
    let rows = facts.map {
      "<tr><th scope=\"row\">\(MarkupText.escaped($0.name))</th><td>\(MarkupText.escaped($0.value))</td></tr>\n"
    }
    return "<table class=\"facts\">\n<tbody>\n" + rows.joined() + "</tbody>\n</table>\n"
  }

  private static func markup(_ block: Block) -> String {
    switch block {
    case .text(let text): paragraphs(text)
    case .figure(let picture, let caption):
      "<figure>\n\(picture.inlineSVG)"
        + (caption.isEmpty ? "" : "<figcaption>\(MarkupText.escaped(caption))</figcaption>\n") + "</figure>\n"
    case .table(let table, let caption): markup(table, caption: caption)
    case .code(let text): "<pre>\(MarkupText.escaped(text))</pre>\n"
    }
  }

  private static func paragraphs(_ text: String) -> String {
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    let groups = lines.split { $0.allSatisfy(\.isWhitespace) }
    return groups.map { "<p>\(MarkupText.escaped($0.joined(separator: "\n")))</p>\n" }.joined()
  }

  private static func markup(_ table: TextTable, caption: String) -> String {
    let columns = 0..<table.columnCount
    let sides = columns.map { table.alignment($0) == .right ? " class=\"number\"" : "" }
    // On paper a short table moves to the next page as a whole; a long one has to break.
    var result = "<div class=\"table\(table.rows.count <= 20 ? " short" : "")\">\n<table>\n"
    if !caption.isEmpty { result += "<caption>\(MarkupText.escaped(caption))</caption>\n" }
    if !table.columns.isEmpty {
      let cells = columns.map { "<th scope=\"col\"\(sides[$0])>\(MarkupText.escaped(table.head($0)))</th>" }
      result += "<thead>\n<tr>\(cells.joined())</tr>\n</thead>\n"
    }
    result += "<tbody>\n"
    for row in table.rows {
      let cells = columns.map { "<td\(sides[$0])>\(MarkupText.escaped(table.cell(row, $0)))</td>" }
      result += "<tr>\(cells.joined())</tr>\n"
    }
    return result + "</tbody>\n</table>\n</div>\n"
  }
}
