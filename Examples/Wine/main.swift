// Thirteen measurements of 178 wines of three cultivars: which covariances do the data ask for?
//
// Expected: the more a covariance matrix can say, the higher the bound: spheres explain the wines least, then one matrix that
// all clusters share, then diagonal matrices, and full ones best. But clusters that were asked for differences of mean, by
// spheres, diagonal matrices or one matrix for all, are the cultivars almost without fault, without having seen them; those that
// each have a matrix of their own are not.

import ExampleSupport
import Models
import Plots
import Suffice

let file = try DataFile.read(path: "Examples/Data/wine.csv")
let names = file.columnNames.filter { $0 != "cultivar" }
let cultivar = file.values("cultivar")
let table = try DataTable(
  columns: names.map { name in
    guard let column = file[name] else { fatalError("no column \(name)") }
    return standardised(column)
  })

/// The bound, and the share of wines that the best naming of the clusters gets right.
func judge(_ name: String, _ model: some Model) throws -> (bound: Double, accuracy: Double, labels: [Int]) {
  var settings = FitSettings()
  settings.restarts = 100
  let fit = try Fit(model, to: table, bind: ["x": names], settings: settings)
  guard let found = try Application(fit, to: table).responsibilities() else { fatalError("no labels") }
  let labels = cultivar.indices.map { i in (0..<3).max { found.values[3 * i + $0] < found.values[3 * i + $1] } ?? 0 }
  let namings = [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]]
  let right = namings.map { naming in cultivar.indices.count { Double(naming[labels[$0]]) == cultivar[$0] } }.max() ?? 0
  let accuracy = Double(right) / Double(cultivar.count)
  print("\(name): bound \(short(fit.bound, 1)), \(short(100 * accuracy, 1)) % of the wines with their cultivar")
  return (fit.bound, accuracy, labels)
}

var full = GaussianMixture()
full.components = 3
var tied = TiedGaussianMixture()
tied.components = 3
var diagonal = DiagonalGaussianMixture()
diagonal.components = 3
var spherical = SphericalGaussianMixture()
spherical.components = 3
let shared = try judge("one matrix for all", tied)
let (every, axes, spheres) = try (judge("full", full), judge("diagonal", diagonal), judge("spherical", spherical))
check(
  spheres.bound + 10 < shared.bound && shared.bound + 10 < axes.bound && axes.bound + 10 < every.bound, "another order")
check(min(axes.accuracy, spheres.accuracy, shared.accuracy) > 0.95, "the clusters are not the cultivars")
check(every.accuracy < 0.9, "matrices with correlations of each cluster find the cultivars as well")
try write(
  ScatterPlot(
    x: file.values("flavanoids"), y: file.values("color_intensity"), assignments: axes.labels,
    title: "Wines: clusters of thirteen measurements", xLabel: "flavanoids", yLabel: "colour intensity"
  ).picture(), "wine")
