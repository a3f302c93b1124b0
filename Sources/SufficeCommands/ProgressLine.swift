import Foundation
import Suffice
import Synchronization

/// Tells on standard error how a fit goes: a live line on a terminal, a line now and then elsewhere.
///
/// What takes long before there is anything to report, or between two reports, is told by a timer: what is being done, and for how
/// long.
final class ProgressLine: Sendable {
  private struct State {
    var lastShown = -Double.infinity
    var passesBegan: Double?
    var width = 0
    /// The last report.
    var line = ""
    var activity = ""
    var activityBegan = 0.0
    var hasEnded = false
  }

  private let isQuiet: Bool
  private let isTerminal = isatty(2) != 0
  private let state = Mutex(State())

  /// Seconds between two lines.
  private var interval: Double { isTerminal ? 0.1 : 5 }
  /// Seconds that nothing is told for.
  private var silence: Double { isTerminal ? 1 : 5 }

  init(isQuiet: Bool) {
    self.isQuiet = isQuiet
    if isQuiet { return }
    let timer = DispatchSource.makeTimerSource(queue: .global())
    timer.schedule(deadline: .now() + 1, repeating: 1)
    timer.setEventHandler { [weak self, timer] in
      // The handler holds the timer, which goes with the line.
      if self?.tick() != true { timer.cancel() }
    }
    timer.resume()
  }

  /// Says what is being done from now on.
  func begin(_ activity: String) {
    state.withLock {
      ($0.activity, $0.activityBegan) = (activity, monotonicSeconds())
      // The time before was another activity's.
      if $0.line.isEmpty { $0.lastShown = monotonicSeconds() }
    }
  }

  /// Tells what takes long; false where there is nothing more to be told.
  private func tick() -> Bool {
    state.withLock { state in
      if state.hasEnded { return false }
      let now = monotonicSeconds()
      guard !state.activity.isEmpty, now - state.lastShown > silence else { return true }
      state.lastShown = now
      let activity = String(format: "%@ for %.0f s", state.activity, now - state.activityBegan)
      write(state.line.isEmpty ? activity : "\(state.line); \(activity)", &state)
      return true
    }
  }

  func show(_ progress: FitProgress) -> Bool {
    state.withLock { state in
      let now = monotonicSeconds()
      let entry = progress.entry
      if progress.phase == .passes {
        if state.passesBegan == nil { state.passesBegan = now }
        (state.activity, state.activityBegan) = ("pass \(entry.pass + 1)", now)
      }
      guard !isQuiet, now - state.lastShown > interval || state.line.isEmpty else { return }
      state.lastShown = now
      var line: String
      switch progress.phase {
      case .restart(let index, let count):
        line = "start \(index + 1) of \(count), sweep \(entry.pass)"
      case .passes:
        let perPass = (now - (state.passesBegan ?? now)) / Double(max(entry.pass - 1, 1))
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
      state.line = line
      write(line, &state)
    }
    return true
  }

  private func write(_ line: String, _ state: inout State) {
    if !isTerminal { return Said.line(line) }
    Said.raw("\r\(line)\(String(repeating: " ", count: max(0, state.width - line.count)))")
    state.width = line.count
  }

  func end() {
    state.withLock {
      if $0.width > 0 { Said.raw("\r\(String(repeating: " ", count: $0.width))\r") }
      ($0.width, $0.hasEnded) = (0, true)
    }
  }
}
