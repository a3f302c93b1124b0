import ExponentialFamilies
import PlanIR

/// Fewer passes where they converge slowly: a pass now and then starts from parameters that are extrapolated from those after the
/// last three.
///
/// With the natural parameters η₀, η₁, η₂ after three passes, their first change r = η₁ − η₀ and its change
/// v = (η₂ − η₁) − r, the next pass starts from η₀ + 2 α r + α² v with α = ‖r‖ / ‖v‖. Lengths are those of
/// information geometry, ‖δ‖² = ⟨δη, δμ⟩ with the changes of the expected statistics μ (twice Jeffreys' divergence to second order),
/// so that neither units nor the choice of parameters matter. Where the bound after that pass is lower than before it, the
/// fit goes on from where it was: its bound never falls.
///
/// Source: Varadhan & Roland, *Simple and Globally Convergent Methods for Accelerating the Convergence of Any EM Algorithm*,
/// Scandinavian Journal of Statistics 35 (2008), scheme S3.
public struct Acceleration: Hashable, Sendable {
  /// Where a fit was before a pass from extrapolated parameters, and goes on if that was no better.
  public struct Fallback: Hashable, Sendable {
    /// The bound.
    public var bound: Double
    /// The numbers of all the plan's parameter slots.
    public var memory: [[Double]]
    /// What the last sweep left of single rows, by slot of the plan's `resumed`; empty where nothing is kept.
    public var rows: [[Double]]
    /// What each part of the rows adds up to, for schedules that keep it.
    public var parts: [RowStatistics]

    /// Describes where a fit was.
    public init(bound: Double, memory: [[Double]], rows: [[Double]], parts: [RowStatistics]) {
      self.bound = bound
      self.memory = memory
      self.rows = rows
      self.parts = parts
    }
  }

  /// The points after the last passes, three at most: natural parameters of all global variables, then their expectations.
  public var trail: [[[Double]]] = []
  /// How many passes' changes a step may be; more after such a step did well, fewer after one that did not.
  public var largestStep = 4.0
  /// The step that the present pass starts with; 0 for a plain pass.
  public var step = 0.0
  /// Whether steps are taken: they begin where gains fall geometrically, since elsewhere they would lead to another optimum, and
  /// end with a short one that was no better.
  public var isOn = false
  /// Where the fit was before the present pass, if that starts from extrapolated parameters.
  public var fallback: Fallback?

  private static let (leastStep, growth) = (2.0, 4.0)

  /// Nothing is known yet.
  public init() {}

  /// Forgets all points, but not how far steps may go: what follows is a pass over other rows, or from elsewhere.
  mutating func restart() { (trail, step, fallback, isOn) = ([], 0, nil, false) }

  /// Takes note of the point after a pass.
  mutating func note(_ engine: Engine) {
    if trail.count == 3 { trail.removeFirst() }
    trail.append(engine.point)
  }

  /// The parameters that the next pass starts from; nil where it starts from the present ones.
  mutating func extrapolated(_ globals: [Plan.GlobalVariable]) -> [[Double]]? {
    guard trail.count == 3 else { return nil }
    let count = globals.count
    var (squareOfChange, squareOfBend) = (0.0, 0.0)
    for (i, variable) in globals.enumerated() {
      let (a, b, c) = (trail[0][i], trail[1][i], trail[2][i])
      let (d, e, f) = (trail[0][count + i], trail[1][count + i], trail[2][count + i])
      let size = a.count / max(variable.members, 1)
      for m in 0..<variable.members {
        var (change, bend) = (0.0, 0.0)
        for j in m * size..<(m + 1) * size {
          change += (b[j] - a[j]) * (e[j] - d[j])
          bend += (c[j] - 2 * b[j] + a[j]) * (f[j] - 2 * e[j] + d[j])
        }
        // A member's expectations rise with its natural parameters along each change, but, far from an optimum, perhaps not
        // along a difference of changes.
        squareOfChange += abs(change)
        squareOfBend += abs(bend)
      }
    }
    guard squareOfChange.isFinite, squareOfBend > 0, squareOfChange > squareOfBend else { return nil }
    let length = min((squareOfChange / squareOfBend).squareRoot(), largestStep)
    var result: [[Double]] = []
    for (i, variable) in globals.enumerated() {
      let (a, b, c) = (trail[0][i], trail[1][i], trail[2][i])
      var natural = c
      let size = natural.count / max(variable.members, 1)
      for m in 0..<variable.members {
        let range = m * size..<(m + 1) * size
        let member = range.map { j in
          a[j] + 2 * length * (b[j] - a[j]) + length * length * (c[j] - 2 * b[j] + a[j])
        }
        // A member that would leave its domain stays, and does not keep the others back.
        if member.allSatisfy(\.isFinite) && variable.family.type.isProper(member, variable.shape) {
          natural.replaceSubrange(range, with: member)
        }
      }
      result.append(natural)
    }
    step = length
    return result
  }

  /// Takes note of whether the pass from extrapolated parameters was better than where the fit had been.
  mutating func judge(_ isBetter: Bool) {
    if !isBetter {
      largestStep = max(largestStep / Self.growth, Self.leastStep)
    } else if step == largestStep {
      largestStep *= Self.growth
    }
    (trail, step, fallback, isOn) = ([], 0, nil, isBetter || step > Self.leastStep)
  }
}

extension Engine {
  /// What the last sweep left of single rows, by slot of the plan's `resumed`; empty where nothing is kept.
  var keptRows: [[Double]] {
    get { plan.resumed.compactMap { memory.rows[$0] } }
    set { memory.rows = Dictionary(uniqueKeysWithValues: zip(plan.resumed, newValue)) }
  }

  /// Natural parameters of all global variables, then their expectations.
  var point: [[Double]] { plan.globals.map { memory[$0.natural] } + plan.globals.map { memory[$0.mean] } }
}
