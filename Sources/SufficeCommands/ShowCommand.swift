import ArgumentParser
import Foundation
import Plots
import Suffice

/// Shows a fit.
struct ShowCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "show", abstract: "Prints a readable summary of a fit and draws it.",
    discussion: "With the data, a fit of one or two columns is drawn over a histogram or scatter of them.")

  @OptionGroup var fit: FitOptions
  @Option(name: .shortAndLong, help: "The data to draw, as 'suffice fit' reads it.") var data: [String] = []
  @OptionGroup var reading: ReadingOptions
  @Option(help: "A folder to write the pictures to, as SVG.") var svg: String?
  @Option(help: "A self-contained HTML report to write.") var html: String?
  @OptionGroup var said: OutputOptions

  func run() {
    reporting {
      let inputs = data + self.fit.files
      try checkPlaces(outputs: html.map { [$0] } ?? [], inputs: inputs)
      let fit = try self.fit.read()
      let table = data.isEmpty ? nil : try reading.read(data, isQuiet: said.quiet)
      let summary = FitSummary(fit)
      let pictures = svg == nil && html == nil ? [] : try FitDrawing(fit, table: table).pictures
      if let svg {
        do { try FileManager.default.createDirectory(atPath: svg, withIntermediateDirectories: true) } catch {
          throw DataError("the folder \(svg) cannot be made: \(error.localizedDescription)")
        }
      }
      let files = svg.map { folder in pictures.map { "\(folder)/\($0.name).svg" } } ?? []
      try checkPlaces(outputs: files + (html.map { [$0] } ?? []), inputs: inputs)
      if said.json {
        try write(summary.json(file: self.fit.fit).indented() + "\n")
      } else {
        var text = summary.text
        if let drawing = try FitDrawing(fit, table: table).terminal { text += "\n" + drawing }
        try write(text)
      }
      for (picture, file) in zip(pictures, files) {
        try AtomicFile.write(to: file) { (w) throws(DataError) in try w.write(picture.picture.svg) }
      }
      if let html {
        let report = summary.report(pictures.map { ($0.caption, $0.picture) })
        try AtomicFile.write(to: html) { (w) throws(DataError) in try w.write(report) }
      }
    }
  }
}
