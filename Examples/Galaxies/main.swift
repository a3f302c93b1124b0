// The galaxies of Roeder (1990): velocities of 82 galaxies, a classic of one-dimensional mixtures.
//
// Expected: a slow group near 9,700 km/s with 7 galaxies (weight 0.085), a fast one near 33,000 with 3 (0.037), and the
// bulk around 21,400; published fits agree on the outer two and split the bulk into one to four.

import Suffice

/// A Dirichlet-process mixture whose prior expects components narrower than the whole.
struct GalaxyMixture: Model {
  @Hyperparameter("Largest number of groups.") var components = 10
  let weights = Latent<StickBreaking>()
  let group = Latent<NormalGamma>()
  let label = Latent<Categorical>()
  let velocity = Observed<Normal>()

  var body: [Statement] {
    weights ~ StickBreaking(concentration: 1.0, count: components)
    Plate("group", components) {
      group ~ NormalGamma(mean: velocity.mean, variance: 0.05 * velocity.variance, meanPrecision: 0.01, shape: 2)
    }
    Plate.rows {
      label ~ Categorical(weights)
      velocity ~ Normal(group[label])
    }
  }
}

let table = try DataFile.read(path: "Examples/Data/galaxies.csv")
var settings = FitSettings()
settings.restarts = 20
let fit = try Fit(GalaxyMixture(), to: table, settings: settings)
let posterior = fit.posterior(of: GalaxyMixture.self)
let weights = posterior.weights.mean
let means = posterior.group.means.map { $0[0] }
let occupied = weights.indices.filter { weights[$0] > 0.02 }.sorted { means[$0] < means[$1] }
print("bound \(fit.bound) after \(fit.trace.count) passes")
for k in occupied {
  print("weight \(weights[k])  mean \(means[k]) km/s  deviation \(posterior.group.deviations[k][0])")
}

guard let slow = occupied.first, let fast = occupied.last, occupied.count >= 3,
  abs(means[slow] - 9710) < 150, abs(weights[slow] - 0.085) < 0.015,
  abs(means[fast] - 33000) < 600, abs(weights[fast] - 0.037) < 0.015
else { fatalError("these are not the published groups") }
