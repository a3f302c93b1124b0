import Foundation
import Models
import Suffice
import Testing

@testable import SufficeCommands

@Suite("Going on with a fit")
struct StoppedCallTests {
  @Test func pathsAreThoseOfTheFolder() throws {
    let call = try StoppedCall(
      ["/there", "fit", "models/My.swift", "-d", "a.csv", "--data", "/abs.csv", "-d", "-", "-o", "out"], of: "c")
    #expect(call.modelFile == "/there/models/My.swift")
    #expect(call.data == ["/there/a.csv", "/abs.csv", "-"])
  }

  /// A checkpoint from elsewhere does not choose which file is replaced.
  @Test func placesAreAskedFor() throws {
    let folder = try TemporaryFolder()
    let call = try StoppedCall([folder.path, "fit", "m", "-d", "a.csv", "-o", "out.st"], of: "c")
    let checkpoint = try folder.write("c", as: "out.st.checkpoint")
    let output = try folder.write("an older fit", as: "out.st")
    #expect(try call.defaultOutput(of: checkpoint) == output)
    let moved = try folder.write("c", as: "moved.st.checkpoint")
    #expect(try call.defaultOutput(of: moved) == folder.path + "/moved.st")
    _ = try folder.write("something else", as: "moved.st")
    #expect(throws: UsageError.self) { try call.defaultOutput(of: moved) }
    #expect(throws: UsageError.self) { try call.defaultOutput(of: try folder.write("c", as: "moved")) }
  }

  @Test func foreignCallsAreRefusedInWords() throws {
    for words in [
      [], ["/", "fit"], ["/", "remove", "x"], ["/", "fit", "m", "--no-such-option"], ["/", "update", "f"],
    ] {
      do {
        _ = try StoppedCall(words, of: "c.checkpoint")
        Issue.record("\(words) can be repeated")
      } catch {
        #expect(
          "\(error)".contains("cannot be repeated by this version") && !"\(error)".contains("ParserError"), "\(error)")
      }
    }
  }
}
