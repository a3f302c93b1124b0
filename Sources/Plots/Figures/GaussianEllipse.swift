import Glibc

/// The place and spread of one component in two dimensions, drawn as the curve two standard deviations out.
public struct GaussianEllipse: Sendable {
  /// The name in the legend.
  public var label: String
  /// The weight of the component; heavier ones are drawn stronger.
  public var weight: Double
  /// The mean of the horizontal coordinate.
  public var meanX: Double
  /// The mean of the vertical coordinate.
  public var meanY: Double
  /// The variance of the horizontal coordinate.
  public var sxx: Double
  /// The covariance of the two coordinates.
  public var sxy: Double
  /// The variance of the vertical coordinate.
  public var syy: Double

  /// Makes an ellipse from a mean and a covariance.
  public init(
    label: String, weight: Double = 1, meanX: Double, meanY: Double, sxx: Double, sxy: Double, syy: Double
  ) {
    self.label = label
    self.weight = weight
    self.meanX = meanX
    self.meanY = meanY
    self.sxx = sxx
    self.sxy = sxy
    self.syy = syy
  }

  /// Whether there is such a distribution: finite numbers, and a covariance with no negative direction.
  var isValid: Bool {
    guard [meanX, meanY, sxx, sxy, syy].allSatisfy(Domain.isDrawable), sxx >= 0, syy >= 0 else { return false }
    // Roots first: the product of two large variances would overflow.
    return sxy.magnitude <= sxx.squareRoot() * syy.squareRoot() * (1 + 1e-9)
  }

  var reachX: Double { 2 * sxx.squareRoot() }
  var reachY: Double { 2 * syy.squareRoot() }

  /// The half axes and the turn, in pixels and degrees, under two scales.
  func drawn(x: LinearScale, y: LinearScale) -> (major: Double, minor: Double, degrees: Double) {
    let deviationX = sxx.squareRoot()
    let deviationY = syy.squareRoot()
    let (spreadX, spreadY) = (deviationX * x.slope.magnitude, deviationY * y.slope.magnitude)
    let correlation =
      deviationX > 0 && deviationY > 0 ? min(max(sxy / deviationX / deviationY, -1), 1) : 0
    // The vertical axis of a picture points down, which turns the sign of the covariance.
    let (xx, xy, yy) = (spreadX * spreadX, -correlation * spreadX * spreadY, spreadY * spreadY)
    let middle = (xx + yy) / 2
    let swing = Glibc.hypot((xx - yy) / 2, xy)
    let angle = 0.5 * Glibc.atan2(2 * xy, xx - yy)
    return (
      2 * max(middle + swing, 0).squareRoot(), 2 * max(middle - swing, 0).squareRoot(), angle * 180 / .pi
    )
  }
}
