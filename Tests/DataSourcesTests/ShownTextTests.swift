import Foundation
import Inference
import Testing

@testable import DataSources

@Suite("Texts from files as people see them")
struct ShownTextTests {
  @Test func controlsAreShown() {
    #expect(shown("a\u{1B}]0;title\u{7}b") == "a\\u{1b}]0;title\\u{7}b")
    #expect(shown("a\nb\tc\r") == "a\\nb\\tc\\r")
    // One byte of a terminal's 8-bit controls, and what turns the direction of writing.
    #expect(shown("\u{9B}31m\u{202E}x\u{2028}") == "\\u{9b}31m\\u{202e}x\\u{2028}")
    #expect(shown("naïve ✓") == "naïve ✓")
    #expect(escapingControls("a\nb\u{1B}", keeping: "\n") == "a\nb\\u{1b}")
  }

  @Test func longTextsAreCut() {
    #expect(shown(String(repeating: "x", count: 60)) == String(repeating: "x", count: 60))
    #expect(shown(String(repeating: "x", count: 1 << 20)) == String(repeating: "x", count: 60) + "...")
  }
}
