import ExponentialFamilies
import PlanIR

/// An element of a latent space that tells nothing: the means of all the vectors of a variable are near 0 there.
private struct IdleElement {
  let variable: LatentBasis.Variable
  let element: Int
  /// The sum of the variances of its members.
  let variance: Double
}

extension FitSession {
  /// Elements whose squared means, of all members, are no more than this fraction of their variances are idle.
  private static let idleFraction = 0.01
  /// Passes after a push before it is judged: what falls has fallen, and what grows is on its way.
  private static let passesToJudge = 4
  /// Passes that what grows may take until the bound is higher than it was.
  private static let passesToRise = 30

  /// Whether a fit that would end stands on a saddle; if so, it has gone on from there.
  ///
  /// Where an element of both factors of a product is 0, each update leaves it there, be it worth something or not: 0 is where its
  /// sign makes no difference. Elements go there early, while the noise still holds what others have yet to explain, and come
  /// back so slowly at first that no gain tells of it. So idle elements are pushed, each by a draw from its posterior; a few passes show
  /// whether they fall back. If they do, all is as it was.
  mutating func leavesSaddle(after batch: Batch, at bound: Double) throws(FitError) -> Bool {
    guard settings.changesBases, batch.part == nil, batch.rate == 1, !batch.isCorrected else { return false }
    let idle = idleElements
    if idle.isEmpty { return false }
    let (memory, kept, parts, earlier) = (engine.memory.values, engine.keptRows, engine.parts, forecast)
    var random = random.stream(UInt64(20_000 + trace.count))
    for element in idle { push(element, &random) }
    let least = max(toleratedGain, FitSettings.usualTolerance * rowsInBound)
    var (sizes, next) = ([[Double]](), GainForecast())
    for pass in 1...Self.passesToRise {
      _ = try apply(batch)
      let found = engine.bound()
      next.note(found, rounding: engine.boundRounding)
      sizes.append(idle.map(size))
      if found > bound + least {
        forecast = next
        acceleration.restart()
        replaceLastEntry(found)
        return true
      }
      let hasGrown = pass == 1 || zip(sizes[pass - 1], sizes[pass - 2]).contains { $0 > $1 && $0 > Self.idleFraction }
      if !found.isFinite || pass >= Self.passesToJudge && !hasGrown { break }
    }
    (engine.memory.values, engine.keptRows, engine.parts, forecast) = (memory, kept, parts, earlier)
    (engine.swept, engine.moved) = (nil, [])
    return false
  }

  private var idleElements: [IdleElement] {
    engine.plan.latentBases.flatMap { basis in
      basis.variables.filter { !$0.isMatrix }.flatMap { variable -> [IdleElement] in
        var (squares, variances) = ([Double](), [Double]())
        for member in variable.members {
          guard let (mean, variance) = moments(variable, member) else { return [] }
          squares = squares.isEmpty ? mean.map { $0 * $0 } : zip(squares, mean).map { $0 + $1 * $1 }
          variances = variances.isEmpty ? variance : zip(variances, variance).map { $0 + $1 }
        }
        return squares.indices.filter { squares[$0] <= Self.idleFraction * variances[$0] }.map {
          IdleElement(variable: variable, element: $0, variance: variances[$0])
        }
      }
    }
  }

  /// The squared means of an element, in the variances that it had.
  private func size(_ idle: IdleElement) -> Double {
    idle.variable.members.reduce(0) { sum, member in
      let mean = moments(idle.variable, member)?.mean[idle.element] ?? 0
      return sum + mean * mean
    } / idle.variance
  }

  private func moments(_ variable: LatentBasis.Variable, _ member: Int) -> (mean: [Double], variance: [Double])? {
    let (_, p) = parameters(variable, member)
    guard let factor = SymmetricMatrix(order: p[0].count, packed: p[1]).cholesky() else { return nil }
    return (p[0], factor.inverse().diagonal)
  }

  /// Where the natural parameters of a vector are, and its mean and precision.
  private func parameters(_ variable: LatentBasis.Variable, _ member: Int) -> (place: Range<Int>, values: [[Double]]) {
    let global = engine.plan.globals[variable.position]
    let size = global.family.type.statisticCount(global.shape)
    let place = member * size..<(member + 1) * size
    return (place, MultivariateNormal.parameters(from: Array(engine.memory[global.natural][place]), global.shape))
  }

  private func push(_ idle: IdleElement, _ random: inout RandomSource) {
    let global = engine.plan.globals[idle.variable.position]
    var natural = engine.memory[global.natural]
    for member in idle.variable.members {
      guard let (_, variance) = moments(idle.variable, member) else { continue }
      var (place, values) = parameters(idle.variable, member)
      values[0][idle.element] += variance[idle.element].squareRoot() * random.normal()
      natural.replaceSubrange(place, with: MultivariateNormal.natural(from: values, global.shape))
    }
    engine.set(natural, of: global)
  }
}
