// Old Faithful: two kinds of eruption, found by a mixture that was offered six.
//
// Expected, as published for two components (Bishop 2006, figure 9.8; mclust): means near (2.04, 54.5) and (4.29, 80.0),
// weights near 0.36 and 0.64. A Dirichlet process that may have twenty components uses two as well.

import Models
import Suffice

let table = try DataFile.read(path: "Examples/Data/faithful.csv")
var model = GaussianMixture()
model.components = 6
model.concentration = 0.001
let fit = try Fit(model, to: table)
let posterior = fit.posterior(of: GaussianMixture.self)

let weights = posterior.weights.mean
let means = posterior.cluster.means
let occupied = weights.indices.filter { weights[$0] > 0.01 }.sorted { means[$0][0] < means[$1][0] }
print("bound \(fit.bound) after \(fit.trace.count) passes")
for k in occupied {
  print("weight \(weights[k])  eruption \(means[k][0]) min  waiting \(means[k][1]) min")
}

func near(_ x: Double, _ published: Double, within tolerance: Double) -> Bool { abs(x - published) < tolerance }
guard occupied.count == 2,
  near(means[occupied[0]][0], 2.04, within: 0.05), near(means[occupied[0]][1], 54.5, within: 0.6),
  near(means[occupied[1]][0], 4.29, within: 0.03), near(means[occupied[1]][1], 80.0, within: 0.4),
  near(weights[occupied[0]], 0.36, within: 0.01)
else { fatalError("these are not the published components") }

let process = try Fit(DirichletProcessGaussianMixture(), to: table)
let used = process.posterior(of: DirichletProcessGaussianMixture.self).weights.mean.filter { $0 > 0.01 }
print("a Dirichlet process uses components of weights \(used)")
guard used.count == 2 else { fatalError("the process does not use two components") }
