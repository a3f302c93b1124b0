import ArgumentParser
import Foundation
import Models
import Suffice
import Testing

@testable import SufficeCommands

@Suite("Starts that are named on the command line")
struct StartOptionsTests {
  /// What a file of these lines makes of the settings, or the message.
  private func start(_ lines: [String], order: String? = nil) throws -> (settings: FitSettings, message: String) {
    let path = NSTemporaryDirectory() + "start-" + UUID().uuidString
    defer { try? FileManager.default.removeItem(atPath: path) }
    try lines.joined(separator: "\n").appending("\n").write(toFile: path, atomically: true, encoding: .utf8)
    let options = try StartOptions.parse(["--start", path] + (order.map { ["--order", $0] } ?? []))
    var settings = FitSettings()
    do {
      try options.apply(to: &settings, ModelGraph(GaussianMixture()), threads: ThreadOptions.parse([]))
      return (settings, "")
    } catch {
      return (settings, "\(error)".replacing(path, with: "start"))
    }
  }

  private func labels(_ lines: [String]) throws -> [Int] {
    switch try start(lines).settings.start {
    case .labels(let labels): return labels
    case .given(let given): if case .values(let labels)? = given["label"], given.count == 1 { return labels }
    default: break
    }
    return []
  }

  private func probabilities(_ lines: [String]) throws -> [Double]? {
    switch try start(lines).settings.start {
    case .responsibilities(let values): return values
    case .given(let given): if case .probabilities(let values)? = given["label"], given.count == 1 { return values }
    default: break
    }
    return nil
  }

  @Test func labels() throws {
    // Numbers are counted from 1, as they are written, or from 0 where one of them is 0.
    #expect(try labels(["label,probability", "2,0.9", "1,0.8"]) == [1, 0])
    #expect(try labels(["z", "2", "0"]) == [2, 0])
    #expect(try labels(["z", "b", "a", "b"]).count == 3)
    #expect(
      try start(["label,other", "1,1", ",2"]).message.contains(
        "a whole number, counted from 1, or a word was expected in every row"))
    #expect(try start(["label", "1.5"]).message.contains("row 1 of column \"label\" has 1.5"))
  }

  @Test func probabilities() throws {
    for header in ["label,probability,label_1,label_2", "a,b,c,d"] {
      guard let values = try probabilities([header, "1,0.9,0.9,0.1", "2,0.7,0.3,0.7"]) else {
        Issue.record("no probabilities: \(header)")
        continue
      }
      #expect(values == (header.hasPrefix("a") ? [1, 0.9, 0.9, 0.1, 2, 0.7, 0.3, 0.7] : [0.9, 0.1, 0.3, 0.7]))
    }
    #expect(try start(["a,b", "x,0.5"]).message.contains("columns label_1, label_2 … of their probabilities"))
  }

  @Test func orders() throws {
    #expect(try start(["z", "1"], order: "label, cluster,weights").settings.order == ["label", "cluster", "weights"])
  }
}
