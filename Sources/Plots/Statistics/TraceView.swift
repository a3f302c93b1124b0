/// The stretch of the bound that is worth showing.
///
/// A fit often gains nearly everything in its first steps; on a scale that holds those, the rest is a flat line.
struct TraceView {
  let domain: Domain
  private(set) var note: String?

  init(_ runs: [[Double]]) {
    let finite = runs.joined().filter { $0.isFinite }
    guard let lowest = finite.min(), let highest = finite.max() else {
      domain = Domain(0, 1)
      return
    }
    if lowest == highest { note = "Every value is \(NumberText.compact(lowest, significant: 7))." }
    let settled = runs.flatMap { run in run.dropFirst(run.count < 10 ? 0 : max(1, run.count / 10)) }
      .filter { $0.isFinite }
    let floor = settled.min() ?? lowest
    if floor < highest, highest - lowest > 6 * (highest - floor) {
      let view = Domain(highest - 1.2 * (highest - floor), highest)
      domain = view.padded(by: 0.05)
      let hidden = finite.count { $0 < domain.lower }
      note =
        "\(NumberText.counted(hidden, "early value")) below the view; "
        + "the lowest is \(NumberText.compact(lowest))."
    } else {
      domain = Domain(lowest, highest).padded(by: 0.05)
    }
  }
}
