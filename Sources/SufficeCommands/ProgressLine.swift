import Foundation
import Suffice

/// Tells on standard error how a fit goes: a live line on a terminal, a line now and then elsewhere.
final class ProgressLine {
  private let isQuiet: Bool
  private let isTerminal = isatty(2) != 0
  private var lastShown = -Double.infinity
  private let began = monotonicSeconds()
  private var passesBegan: Double?
  private var width = 0

  init(isQuiet: Bool) { self.isQuiet = isQuiet }

  func show(_ progress: FitProgress) -> Bool {
    let now = monotonicSeconds()
    if progress.phase == .passes && passesBegan == nil { passesBegan = now }
    guard !isQuiet, now - lastShown > (isTerminal ? 0.1 : 5) else { return true }
    lastShown = now
    let entry = progress.entry
    var line: String
    switch progress.phase {
    case .restart(let index, let count):
      line = "start \(index + 1) of \(count), sweep \(entry.pass)"
    case .passes:
      let perPass = (now - (passesBegan ?? now)) / Double(max(entry.pass - 1, 1))
      let rate = perPass > 0 ? Double(entry.rows) / perPass : 0
      let filled = min(20, 20 * entry.pass / max(progress.maximumPasses, 1))
      line =
        "[" + String(repeating: "█", count: filled) + String(repeating: "·", count: 20 - filled)
        + "] pass \(entry.pass)"
      line += rate > 0 ? String(format: ", %.3g M rows/s", rate / 1e6) : ""
      // Passes over samples are parts of one, and may be more.
      if entry.pass <= progress.maximumPasses {
        line += String(format: ", at most %.0f s left", perPass * Double(progress.maximumPasses - entry.pass))
      }
    }
    line += entry.bound.isFinite ? String(format: ", bound %.6g", entry.bound) : ""
    line += entry.heldOut.isFinite ? String(format: ", held-out log density %.5f", entry.heldOut) : ""
    line += remainingGainText(progress.expectedRemainingGain).map { ", about \($0) nats a row left" } ?? ""
    if isTerminal {
      let padding = String(repeating: " ", count: max(0, width - line.count))
      Said.raw("\r\(line)\(padding)")
      width = line.count
    } else {
      Said.line(line)
    }
    return true
  }

  func end() {
    if width > 0 { Said.raw("\r\(String(repeating: " ", count: width))\r") }
  }
}
