// Counts and zeros and ones that depend on inputs: horseshoe crabs and visits to a doctor.
//
// Expected, as published for the crabs (Agresti, Categorical Data Analysis): the log odds of having a satellite rise by
// 0.497 for each centimetre of width, the probit by 0.302; the log mean of the satellites by 0.164 (Poisson) or 0.192
// (negative binomial of size 0.90, which the evidence finds). For the visits the evidence is against Poisson counts, too.
// Without inputs the satellites are a mixture of crabs with five and of crabs with hardly any.

import ExampleSupport
import Models
import Plots
import Suffice

let crabs = try DataFile.read(path: "Examples/Data/horseshoe_crabs.csv")
let width = crabs.values("width")
let satellites = crabs.values("satellites")
let meanWidth = average(width)
let table = try DataTable([
  "width": width.map { $0 - meanWidth }, "any": satellites.map { $0 > 0 ? 1.0 : 0 }, "satellites": satellites,
])

// MARK: Any satellite at all

var settings = FitSettings()
settings.tolerance = 1e-8
settings.maximumPasses = 5000
let bindAny = ["x": ["width"], "y": ["any"]]
let logistic = try Fit(LogisticRegression(), to: table, bind: bindAny, settings: settings)
let logit = logistic.posterior(of: LogisticRegression.self).coefficients
let probitFit = try Fit(ProbitRegression(), to: table, bind: bindAny, settings: settings)
let probit = probitFit.posterior(of: ProbitRegression.self).coefficients
print(
  "any satellite, by width: log odds \(short(logit.mean[1], 3)) ± \(short(logit.deviations[0][1], 3)) a cm (published 0.497),"
)
print("  probit \(short(probit.mean[1], 3)) ± \(short(probit.deviations[0][1], 3)) (published 0.302)")
check(abs(logit.mean[1] - 0.497) < 0.03, "the slope of the log odds is not the published one")
check(abs(probit.mean[1] - 0.302) < 0.02, "the slope of the probit is not the published one")

// MARK: How many satellites

@MainActor func regression(size: Double) throws -> Fit {
  var model = NegativeBinomialRegression()
  model.size = size
  return try Fit(model, to: table, bind: ["x": ["width"], "y": ["satellites"]], settings: settings)
}

print("satellites, by width")
let sizes = [0.5, 0.7, 0.9, 1.2, 1.6, 2, 5, 200]
var bounds: [Double] = []
var slopes: [Double] = []
for size in sizes {
  let fit = try regression(size: size)
  let coefficients = fit.posterior(of: NegativeBinomialRegression.self).coefficients
  bounds.append(fit.bound)
  slopes.append(coefficients.mean[1])
  print(
    "  size \(short(size, 1)): log mean \(short(slopes[slopes.count - 1], 3)) ± \(short(coefficients.deviations[0][1], 3)) a cm, "
      + "bound \(short(fit.bound)), \(fit.trace.count) passes")
}
let best = bounds.indices.max { bounds[$0] < bounds[$1] } ?? 0
check((0.7...1.2).contains(sizes[best]), "the size is not the published one")
check(abs(slopes[2] - 0.192) < 0.02, "the negative binomial slope is not the published one")
check(abs(slopes[sizes.count - 1] - 0.164) < 0.02, "the Poisson slope is not the published one")

// MARK: Visits to a doctor

let visits = try DataFile.read(path: "Examples/Data/doctor_visits.csv")
let inputs = ["age", "income", "illness", "reduced", "health"]
let health = try DataTable(
  columns: inputs.compactMap { visits[$0].map { standardised($0) } }
    + [Column(name: "visits", values: visits.values("visits"))])

/// Maximum likelihood for a known size, by Newton's method.
@MainActor func maximumLikelihood(size: Double) -> [Double] {
  let columns = inputs.map(health.values)
  let y = health.values("visits")
  var beta = [Double](repeating: 0, count: inputs.count + 1)
  for _ in 0..<50 {
    let psi = y.indices.map { i in beta[0] + inputs.indices.reduce(0) { $0 + beta[$1 + 1] * columns[$1][i] } }
    let p = psi.map { 1 / (1 + _exp(-$0)) }
    let weights = y.indices.map { (y[$0] + size) * p[$0] * (1 - p[$0]) }
    let target = y.indices.map { psi[$0] + (y[$0] - (y[$0] + size) * p[$0]) / weights[$0] }
    beta = leastSquares(columns, target, weights: weights)
  }
  return beta
}

var model = NegativeBinomialRegression()
print("visits to a doctor in two weeks")
var evidence: [Double] = []
for size in [0.5, 1, 20] {
  model.size = size
  let fit = try Fit(model, to: health, bind: ["x": inputs, "y": ["visits"]], settings: settings)
  let coefficients = fit.posterior(of: NegativeBinomialRegression.self).coefficients
  evidence.append(fit.bound)
  print("  size \(short(size, 1)): bound \(short(fit.bound)), \(fit.trace.count) passes")
  let likely = maximumLikelihood(size: size)
  for (k, name) in (["intercept"] + inputs).enumerated() {
    if size == 0.5 {
      print("    \(name): \(short(coefficients.mean[k], 3)), maximum likelihood \(short(likely[k], 3))")
    }
    check(abs(coefficients.mean[k] - likely[k]) < 0.03, "\(name) is far from maximum likelihood")
  }
}
check(evidence[0] > evidence[2] + 100, "the counts are not Poisson")

// MARK: Two kinds of crabs

func kinds(_ count: Int) throws -> Fit {
  var model = PoissonMixture()
  model.components = count
  model.concentration = 1
  return try Fit(model, to: crabs, bind: ["x": ["satellites"]])
}
let (alike, mixed) = try (kinds(1), kinds(2))
let rates = mixed.posterior(of: PoissonMixture.self).rate.means.map { $0[0] }.sorted()
print(
  "satellites of one kind of crab: bound \(short(alike.bound)); of two: \(short(mixed.bound)), rates \(rates.map { short($0) })"
)
check(
  mixed.bound > alike.bound + 100 && rates[0] < 0.4 && abs(rates[1] - 5) < 0.5, "the crabs are not of these two kinds")
