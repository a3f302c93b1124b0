/// Picks a part of many points, the same part every time and without favouring any stretch of the file.
enum Subsample {
  /// Ascending indices below `count`, at most `limit` of them.
  static func indices(count: Int, limit: Int) -> [Int] {
    guard count > limit else { return Array(0..<max(count, 0)) }
    guard limit > 0 else { return [] }
    // Selection sampling: each index is taken with the probability that fills the quota. A fixed stride would
    // resonate with data that are sorted or come in blocks.
    var chosen: [Int] = []
    chosen.reserveCapacity(limit)
    var state: UInt64 = 0x9E37_79B9_7F4A_7C15
    for index in 0..<count {
      let share = Double(next(&state) >> 11) * 0x1p-53
      if share * Double(count - index) < Double(limit - chosen.count) {
        chosen.append(index)
        if chosen.count == limit { break }
      }
    }
    return chosen
  }

  /// The generator SplitMix64.
  private static func next(_ state: inout UInt64) -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }
}
