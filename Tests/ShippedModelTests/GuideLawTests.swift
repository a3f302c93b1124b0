import Foundation
import Suffice
import SufficeTesting
import Testing

/// Neither the unit nor the origin of a column says anything to the models that readers begin with.
@Suite struct GuideLawTests {
  private func text(_ path: [String]) throws -> String {
    let root = #filePath.split(separator: "/").dropLast(3).map(String.init)
    return try String(contentsOfFile: "/" + (root + path).joined(separator: "/"), encoding: .utf8)
  }

  /// The models that a text declares: from the line that begins one to the line that ends it.
  private func models(in text: String) -> [String: String] {
    var (found, name, lines) = ([String: String](), "", [Substring]())
    for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
      if line.hasPrefix("struct "), line.hasSuffix(": Model {") {
        name = String(line.dropFirst(7).prefix { $0 != ":" })
        lines = []
      }
      if name.isEmpty { continue }
      lines.append(line)
      if line == "}" {
        found[name] = lines.joined(separator: "\n")
        name = ""
      }
    }
    return found
  }

  /// What is tested here is what is read there.
  @Test(arguments: [
    ["README.md"], ["Sources", "Suffice", "Suffice.docc", "Suffice.md"],
    ["Sources", "Suffice", "Suffice.docc", "ChainsGroupsFactors.md"], ["Examples", "Galaxies", "main.swift"],
  ])
  func models(_ path: [String]) throws {
    let here = try models(in: text(["Tests", "ShippedModelTests", "GuideModels.swift"]))
    let there = try models(in: text(path))
    #expect(!there.isEmpty)
    for (name, body) in there { #expect(here[name] == body, "\(name)") }
  }

  /// Those that read numbers; `Topics` reads words.
  private static let numeric: [any Model.Type] = [
    MyModel.self, Heights.self, Geyser.self, Growth.self, Traits.self, Progression.self, Hours.self, Insured.self,
    Species.self, GalaxyMixture.self,
  ]

  @Test(arguments: numeric.indices) func units(_ index: Int) throws {
    let type = Self.numeric[index]
    let (model, bind): (any Model, [String: [String]]) =
      switch type {
      case is MyModel.Type: (try type.init(settings: [("components", "2")]), ["x": ["a", "sum"]])
      case is Heights.Type: (type.init(), ["height": ["sum"]])
      case is GalaxyMixture.Type: (try type.init(settings: [("components", "3")]), ["velocity": ["sum"]])
      case is Geyser.Type: (type.init(), ["x": ["a", "sum"]])
      case is Growth.Type: (type.init(), ["x": ["sum"]])
      case is Traits.Type: (type.init(), ["x": ["a", "b", "sum", "other"]])
      case is Hours.Type: (type.init(), ["education": ["group"], "status": ["item"], "y": ["sum"]])
      case is Insured.Type: (type.init(), ["x": ["a", "b"], "y": ["answer"]])
      case is Species.Type: (type.init(), ["x": ["a", "b"], "y": ["kind"]])
      default: (type.init(), ["x": ["a", "b"], "y": ["sum"]])
      }
    try checkUnits(model, data: lawTable(), bind: bind, passes: 5)
  }
}
