/// Turns a function into points that draw smoothly, denser where it bends.
struct CurveSampler {
  let view: Domain
  /// Places that must be visited: a narrow peak between the points of the even grid is found at the data it fits.
  let places: [Double]

  private static let gridCount = 320
  private static let deepest = 6
  private static let mostPoints = 6000

  /// Prepares the places to visit from data in ascending order.
  init(view: Domain, sorted data: [Double] = []) {
    self.view = view
    var places = (0...Self.gridCount).map {
      view.lower + view.width * (Double($0) / Double(Self.gridCount))
    }
    let stride = max(1, data.count / 256)
    for index in Swift.stride(from: 0, to: data.count, by: stride) where view.contains(data[index]) {
      places.append(data[index])
    }
    places.sort()
    var distinct: [Double] = []
    for place in places where distinct.last != place { distinct.append(place) }
    self.places = distinct
  }

  /// The function on the even grid, to find how high it reaches before the scale of the picture is known.
  func values(of function: (Double) -> Double) -> [Double] { places.map(function) }

  /// Points of the function, refined until a straight line between neighbours is within `tolerance` of it.
  func points(of function: (Double) -> Double, tolerance: Double) -> [(x: Double, y: Double)] {
    var points: [(x: Double, y: Double)] = []
    var previous: (x: Double, y: Double)?
    for place in places {
      let point = (x: place, y: function(place))
      if let previous, points.count < Self.mostPoints {
        refine(previous, point, function, tolerance, Self.deepest, into: &points)
      }
      points.append(point)
      previous = point
    }
    return points
  }

  /// Leaves out the points that a straight line through their neighbours passes within `tolerance` of.
  ///
  /// From each kept point a cone of slopes is narrowed until the next point falls outside it.
  static func thinned(_ points: [(Double, Double)], tolerance: Double) -> [(Double, Double)] {
    guard points.count > 2, var anchor = points.first else { return points }
    var kept = [anchor]
    var previous = anchor
    var (lowest, highest) = (-Double.infinity, Double.infinity)
    for point in points.dropFirst() {
      let step = point.0 - anchor.0
      let slope = (point.1 - anchor.1) / step
      if step > 0, slope >= lowest, slope <= highest {
        lowest = max(lowest, (point.1 - tolerance - anchor.1) / step)
        highest = min(highest, (point.1 + tolerance - anchor.1) / step)
      } else if previous != anchor {
        kept.append(previous)
        anchor = previous
        let step = point.0 - anchor.0
        lowest = step > 0 ? (point.1 - tolerance - anchor.1) / step : -.infinity
        highest = step > 0 ? (point.1 + tolerance - anchor.1) / step : .infinity
      }
      previous = point
    }
    kept.append(previous)
    return kept
  }

  private func refine(
    _ left: (x: Double, y: Double), _ right: (x: Double, y: Double), _ function: (Double) -> Double,
    _ tolerance: Double, _ depth: Int, into points: inout [(x: Double, y: Double)]
  ) {
    let place = left.x / 2 + right.x / 2
    guard depth > 0, place > left.x, place < right.x else { return }
    let middle = (x: place, y: function(place))
    let bend = (middle.y - (left.y / 2 + right.y / 2)).magnitude
    // An unordered comparison: a value that is not finite counts as a bend and is closed in on.
    guard !(bend <= tolerance) else { return }
    refine(left, middle, function, tolerance, depth - 1, into: &points)
    points.append(middle)
    refine(middle, right, function, tolerance, depth - 1, into: &points)
  }
}
