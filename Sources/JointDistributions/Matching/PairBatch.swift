#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// Solves Σ cₖdₖrᵏ = target for eight pairs of columns at once.
///
/// Newton's method, kept within a bracket, first on the leading coefficients and then on as many as count at the r found.
struct PairBatch {
  private typealias Lanes = SIMD8<Double>

  /// Coefficients of all columns, one after the other, each padded with zeros to the same order.
  private let coefficients: [Double]
  private let orders: [Int]
  private let stride: Int

  init(_ expansions: [HermiteExpansion]) {
    let stride = expansions.reduce(1) { max($0, $1.coefficients.count) }
    self.stride = stride
    orders = expansions.map(\.coefficients.count)
    coefficients = expansions.flatMap {
      $0.coefficients + [Double](repeating: 0, count: stride - $0.coefficients.count)
    }
  }

  /// The values at r = −1 and 1.
  func ends(_ i: Int, _ j: Int) -> (low: Double, high: Double) {
    var (even, odd) = (0.0, 0.0)
    for k in 0..<min(orders[i], orders[j]) {
      let product = coefficients[i * stride + k] * coefficients[j * stride + k]
      if k % 2 == 0 { odd += product } else { even += product }
    }
    return (even - odd, even + odd)
  }

  /// The correlations of the scores of some pairs; at most eight.
  func solve(_ pairs: ArraySlice<(i: Int, j: Int, target: Double)>) -> [Double] {
    var target = Lanes.zero
    var order = 0
    for (lane, pair) in pairs.enumerated() {
      target[lane] = pair.target
      order = max(order, min(orders[pair.i], orders[pair.j]))
    }
    var products = [Lanes](repeating: .zero, count: order)
    for (lane, pair) in pairs.enumerated() {
      let (a, b) = (pair.i * stride, pair.j * stride)
      for k in 0..<min(orders[pair.i], orders[pair.j]) { products[k][lane] = coefficients[a + k] * coefficients[b + k] }
    }
    // Lanes without a pair solve r = 0.
    if order > 0 { for lane in pairs.count..<8 { products[0][lane] = 1 } }
    var r = target
    newton(&r, target, products.prefix(48), rounds: order > 48 ? 4 : 60)
    if order > 48 {
      let largest = min((0..<8).reduce(0) { max($0, r[$1].magnitude) } + 0.02, 0.9999)
      // r^k falls below 1e-18 there.
      let enough = Int((-41.5 / log(largest)).rounded(.up))
      newton(&r, target, products.prefix(max(48, enough)), rounds: 60)
    }
    return (0..<pairs.count).map { r[$0] }
  }

  private func newton(_ r: inout Lanes, _ target: Lanes, _ products: ArraySlice<Lanes>, rounds: Int) {
    var low = Lanes(repeating: -1)
    var high = Lanes(repeating: 1)
    products.withUnsafeBufferPointer { products in
      for _ in 0..<rounds {
        var (value, slope) = (Lanes.zero, Lanes.zero)
        var k = products.count
        while k > 0 {
          k -= 1
          slope = slope * r + value
          value = value * r + products[k]
        }
        slope = slope * r + value
        value *= r
        let isLow = value .< target
        low.replace(with: r, where: isLow)
        high.replace(with: r, where: .!isLow)
        var next = r - (value - target) / slope
        let outside = .!((next .> low) .& (next .< high))
        next.replace(with: 0.5 * (low + high), where: outside)
        let step = next - r
        r = next
        if all(step .< 1e-15 .& step .> -1e-15) { return }
      }
    }
  }
}
