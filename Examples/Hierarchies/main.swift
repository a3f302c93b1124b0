// Groups of rows: schooling by country of birth, coal-mining disasters by decade, ratings of items by users.
//
// Expected: countries with few people are drawn to the whole, those with many stay at their mean; the disaster rate falls
// from about three a year before 1890 to about one after 1900; a factorisation of generated ratings predicts held-out
// ones about as well as their noise allows.

import ExampleSupport
import Models
import Plots
import Suffice

// MARK: Schooling by country

let adult = try DataFile.read(path: "Examples/Data/adult.csv.gz")
guard let countries = adult["native_country"], case .categorical(let names) = countries.kind else {
  fatalError("no countries")
}
let known = try adult.rows { !countries[$0].isNaN }
let country = known.values("native_country")
let schooling = known.values("education_num")
let schools = try Fit(
  HierarchicalNormal(), to: known, bind: ["group": ["native_country"], "y": ["education_num"]])
let pooled = schools.posterior(of: HierarchicalNormal.self)
let levels = pooled.level.means.map { $0[0] }
let sizes = names.indices.map { k in country.count { $0 == Double(k) } }
let plain = names.indices.map { k in
  average(schooling.indices.filter { country[$0] == Double(k) }.map { schooling[$0] })
}
let center = pooled.center.mean[0]
print("years of schooling by country of birth: bound \(short(schools.bound)), centre \(short(center))")
for k in names.indices.sorted(by: { levels[$0] > levels[$1] }) where sizes[k] < 25 || sizes[k] > 500 {
  print("  \(names[k]): \(sizes[k]) people, mean \(short(plain[k])), pooled \(short(levels[k]))")
}
for k in names.indices {
  check((plain[k] - levels[k]) * (levels[k] - center) > -1e-6, "\(names[k]) is not between its mean and the whole")
  let expected = 1 / (1 + pooled.between.mean[0] / (Double(sizes[k]) * pooled.within.mean[0]))
  check(
    abs((levels[k] - center) - expected * (plain[k] - center)) < 0.01 * abs(plain[k] - center) + 0.01,
    "\(names[k]) is not shrunk by the ratio of the precisions")
}
try write(
  ScatterPlot(
    x: sizes.map { _log(Double($0)) / _log(10) }, y: names.indices.map { levels[$0] - plain[$0] },
    assignments: names.indices.map { plain[$0] > center ? 1 : 0 },
    title: "Schooling by country of birth: what pooling adds to the group's mean", xLabel: "people, power of 10",
    yLabel: "pooled estimate less mean, years"
  ).picture(), "schooling")

// MARK: Disasters by decade

let coal = try DataFile.read(path: "Examples/Data/coal_disasters_yearly.csv")
let years = coal.values("year")
let disasters = coal.values("disasters")
let decades = Array(stride(from: 1850, to: 1970, by: 10))
let byDecade = try DataTable([
  "decade": decades.indices.map(Double.init),
  "count": decades.map { d in
    years.indices.filter { Int(years[$0]) / 10 * 10 == d }.reduce(0) { $0 + disasters[$1] }
  },
  "years": decades.map { d in Double(years.count { Int($0) / 10 * 10 == d }) },
])
let mines = try Fit(
  PoissonRates(), to: byDecade, bind: ["group": ["decade"], "exposure": ["years"], "y": ["count"]])
let rates = mines.posterior(of: PoissonRates.self).rate
print("coal-mining disasters a year: bound \(short(mines.bound))")
for (k, decade) in decades.enumerated() {
  print("  \(decade)s: \(short(rates.means[k][0])) ± \(short(rates.deviations[k][0]))")
}
let early = average((0..<4).map { rates.means[$0][0] })
let late = average((5..<10).map { rates.means[$0][0] })
check((2.5...3.7).contains(early) && (0.6...1.3).contains(late), "the rates are not the known ones")

// MARK: Ratings with known truth

var random = RandomSource(seed: 2)
let (users, items, length) = (80, 60, 3)
@MainActor func vectors(_ count: Int) -> [[Double]] {
  (0..<count).map { _ in (0..<length).map { _ in random.normal() } }
}
let (tastes, traits) = (vectors(users), vectors(items))
let generosity = (0..<users).map { _ in 0.5 * random.normal() }
let quality = (0..<items).map { _ in 0.7 * random.normal() }
var cells: [(user: Int, item: Int, rating: Double, isHeldOut: Bool)] = []
for u in 0..<users {
  for i in 0..<items where random.uniform() < 0.4 {
    let mean = 3 + generosity[u] + quality[i] + dot(tastes[u], traits[i])
    cells.append((u, i, mean + 0.5 * random.normal(), random.uniform() < 0.1))
  }
}
let seen = cells.filter { !$0.isHeldOut }
let ratings = try DataTable([
  "user": seen.map { Double($0.user) }, "item": seen.map { Double($0.item) }, "rating": seen.map(\.rating),
])
var settings = FitSettings()
settings.restarts = 4
settings.restartSweeps = 30
let bind = ["user": ["user"], "item": ["item"], "rating": ["rating"]]
let factors = try Fit(MatrixFactorization(), to: ratings, bind: bind, settings: settings)
let found = factors.posterior(of: MatrixFactorization.self)
let (g, q) = (found.generosity.means, found.quality.means)
let (t, r) = (found.taste.means, found.trait.means)
func predicted(_ u: Int, _ i: Int) -> Double { found.level.mean[0] + g[u][0] + q[i][0] + dot(t[u], r[i]) }
let heldOut = cells.filter(\.isHeldOut)
let error = average(
  heldOut.map { ($0.rating - predicted($0.user, $0.item)) * ($0.rating - predicted($0.user, $0.item)) }
)
.squareRoot()
let spread = average(heldOut.map { ($0.rating - 3) * ($0.rating - 3) }).squareRoot()
let relevance = found.relevance.mean
print("\(seen.count) ratings of \(users) × \(items): bound \(short(factors.bound)), \(factors.trace.count) passes")
print(
  "  held-out error \(short(error)), spread \(short(spread)), noise \(short(1 / found.noise.mean[0].squareRoot())) (true 0.50)"
)
print("  relevance of the elements: \(relevance.map { short($0) })")
check(error < 0.8 && error < 0.5 * spread, "held-out ratings are not predicted")
check(relevance.count { $0 < 5 } == length, "the number of factors is not the true one")
