import Suffice

/// Gaussians with full covariance, whose prior is of the data.
struct Mixture: Model {
  static let summary = "Rows from \"a few\" Gaussians; Σ and μ are unknown."

  @Hyperparameter("Number of components.") var components = 3

  let weights = Latent<Dirichlet>()
  let cluster = Latent<NormalWishart>()
  let label = Latent<Categorical>()
  let x = Observed<MultivariateNormal>()

  var body: [Statement] {
    weights ~ Dirichlet(concentration: 0.1, count: components)
    Plate("component", components) { cluster ~ NormalWishart(mean: x.mean, covariance: 0.5 * x.covariance) }
    Plate.rows {
      label ~ Categorical(weights)
      x ~ MultivariateNormal(cluster[label])
    }
  }
}

/// A sample with an independent mean and precision: the smallest fit.
struct Sample: Model {
  let mean = Latent<Normal>()
  let precision = Latent<Gamma>()
  let y = Observed<Normal>()

  var body: [Statement] {
    mean ~ Normal(mean: 0.1 + 0.2, precision: 1e-6)
    precision ~ Gamma(shape: 1e-6, rate: 1e-6)
    Plate.rows { y ~ Normal(mean: mean, precision: precision) }
  }
}

/// Gaussians on a grid, chosen by a row label and a column label.
struct Grid: Model {
  let across = Latent<Dirichlet>()
  let down = Latent<Dirichlet>()
  let cell = Latent<NormalWishart>()
  let column = Latent<Categorical>()
  let row = Latent<Categorical>()
  let x = Observed<MultivariateNormal>()

  var body: [Statement] {
    across ~ Dirichlet(concentration: 1.0, count: 3)
    down ~ Dirichlet(concentration: 1.0, count: 2)
    Plate("down", 2) {
      Plate("across", 3) { cell ~ NormalWishart(mean: x.mean, covariance: x.covariance) }
    }
    Plate.rows {
      row ~ Categorical(down)
      column ~ Categorical(across)
      x ~ MultivariateNormal(cell[row][column])
    }
  }
}

/// Distances in the plane, by a family of one's own.
struct Distances: Model {
  let precision = Latent<Gamma>()
  let r = Observed<Rayleigh>()

  var body: [Statement] {
    precision ~ Gamma(shape: 1.0, rate: 1.0)
    Plate.rows { r ~ Rayleigh(precision: precision) }
  }
}

/// The Rayleigh distribution p(r) = τ r exp(−τ r²/2) over positive numbers, with precision τ.
struct Rayleigh: ExponentialFamily, Distribution {
  let conditional: Conditional

  init(precision: some PositiveArgument) {
    conditional = Conditional(
      Rayleigh.self, [("precision", precision)],
      terms: [
        Term(-0.5, child(.square, .i), argument("precision", .value, .i)),
        Term(1, argument("precision", .logarithm, .i), over: [.i]),
      ])
  }

  static let domain = ValueDomain.positive
  static let hasConstantBaseMeasure = false

  static func statistics(_ shape: FamilyShape) -> [Statistic] { [Statistic(.square, .vector(shape.dimension))] }

  static func logBaseMeasure(of value: [Double], _ shape: FamilyShape) -> Double {
    value.reduce(0) { $0 + logGamma($1 + 1) - logGamma($1) }
  }

  static func logPartition(_ natural: [Double], _ shape: FamilyShape) -> Double {
    natural.reduce(0) { $0 - logGamma(1 - 2 * $1) + logGamma(-2 * $1) }
  }

  static func meanStatistics(_ natural: [Double], _ shape: FamilyShape) -> [Double] { natural.map { -1 / $0 } }
  static func isProper(_ natural: [Double], _ shape: FamilyShape) -> Bool { natural.allSatisfy { $0 < 0 } }
  static func statistics(of value: [Double], _ shape: FamilyShape) -> [Double] { value.map { $0 * $0 } }

  static func expectation(violatedBy value: [Double], _ shape: FamilyShape) -> String? {
    value.allSatisfy { $0 > 0 } ? nil : "a number above 0"
  }

  static func sample(_ natural: [Double], _ shape: FamilyShape, using random: inout RandomSource) -> [Double] {
    natural.map { (random.gamma(shape: 1) / -$0).squareRoot() }
  }

  static func parameters(_ shape: FamilyShape) -> [Parameter] {
    [Parameter("precision", .vector(shape.dimension), .positive)]
  }

  static func natural(from parameters: [[Double]], _ shape: FamilyShape) -> [Double] { parameters[0].map { -0.5 * $0 } }
  static func parameters(from natural: [Double], _ shape: FamilyShape) -> [[Double]] { [natural.map { -2 * $0 }] }
}

/// Small data and fits of them.
enum Example {
  /// Rows from three clouds, far from the origin in the second column.
  static func rows(_ count: Int = 60, seed: UInt64 = 1) throws -> DataTable {
    var random = RandomSource(seed: seed)
    var columns = [[Double]](repeating: [], count: 2)
    for row in 0..<count {
      let cloud = Double(row % 3)
      columns[0].append(4 * cloud + random.normal())
      columns[1].append(1e6 + 3 * cloud * cloud + random.normal())
    }
    return try DataTable(["eruption": columns[0], "waiting, s": columns[1]])
  }

  static func settings(passes: Int = 5) -> FitSettings {
    var settings = FitSettings()
    settings.maximumPasses = passes
    settings.restarts = 2
    return settings
  }

  static func mixture() throws -> Fit { try Fit(Mixture(), to: rows(), settings: settings()) }

  static func sample(_ values: [Double] = [1.25, -0.5, 3.75, 0.1]) throws -> Fit {
    try Fit(Sample(), to: DataTable(["y": values]), settings: settings(passes: 3))
  }
}
