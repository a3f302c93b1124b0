import ArgumentParser
import Suffice

/// Converts data to another kind of file.
struct ConvertCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "convert", abstract: "Writes a table as a file that need not be read before it is used.",
    discussion: """
      A .safetensors file holds columns that are mapped into memory: it may be larger than memory, and opens at once. \
      A .npy file holds numbers only; any other name is CSV. The file is written whole or not at all.
      """)

  @ArgumentParser.Argument(
    help: "The files to read, or patterns, as one table; last the file to write: .safetensors, .npy or .csv.")
  var files: [String]
  @OptionGroup var reading: ReadingOptions
  @OptionGroup var threads: ThreadOptions
  @Flag(name: .shortAndLong, help: "Print nothing.") var quiet = false

  func validate() throws {
    if files.count < 2 { throw ValidationError("convert: a file to read and a file to write were expected.") }
  }

  func run() {
    reporting {
      let output = files[files.count - 1]
      let inputs = Array(files.dropLast())
      try checkPlaces(outputs: [output], inputs: inputs)
      let data = try reading.read(inputs, threads: threads.count, isQuiet: quiet)
      try DataFile.write(data, to: output)
      for column in data.columns {
        guard let text = column.findings.firstText?.text else { continue }
        Said.warning(
          "column \"\(shown(column.name))\" mixes numbers and text (\"\(shown(text))\" in \(column.findings.placeOfText)) and was "
            + "kept as labels. If the text means a missing value, convert with --missing; if labels are meant, with "
            + "--categorical.")
      }
      if quiet || output == "-" { return }
      let labels = data.columns.count { if case .categorical = $0.kind { true } else { false } }
      try write(
        "\(data.rowCount) rows of \(data.columns.count) columns (\(labels) of labels) from \(data.origin) saved to \(output).\n"
      )
    }
  }
}
