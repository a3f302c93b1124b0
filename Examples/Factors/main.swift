// Latent vectors of rows: personality items, digits with and without holes, clusters of digits, outliers.
//
// Expected: the 25 items of the Big Five questionnaire fall into five factors of five items each; ten principal components
// of digits span what the exact components span; pixels that were removed are filled in with less than half the squared
// error of the column mean; clusters that are factor analyses explain digits far better than spherical ones, by more than
// 10 nats a row; Student-t components stay with the two kinds of eruptions of Old Faithful where a tenth of the rows is
// garbage, and Gaussian ones do not.

import ExampleSupport
import Models
import Plots
import Suffice

// MARK: Five factors of personality, 508 answers missing

let bfi = try DataFile.read(path: "Examples/Data/bfi.csv")
let items = ["A", "C", "E", "N", "O"].flatMap { trait in (1...5).map { "\(trait)\($0)" } }
var precise = FitSettings()
precise.tolerance = 1e-8
precise.maximumPasses = 3000
let questionnaire = try Fit(FactorAnalysis(), to: bfi, bind: ["x": items], settings: precise)
let factors = questionnaire.posterior(of: FactorAnalysis.self)

/// Rotates loadings so that each row has few large ones: varimax (Kaiser 1958), pair by pair.
func varimax(_ loadings: [[Double]]) -> [[Double]] {
  var w = loadings
  let columns = w[0].indices
  for _ in 0..<50 {
    for p in columns {
      for q in columns where q > p {
        let u = w.map { $0[p] * $0[p] - $0[q] * $0[q] }
        let v = w.map { 2 * $0[p] * $0[q] }
        let n = Double(w.count)
        let (a, b) = (u.reduce(0, +), v.reduce(0, +))
        let numerator = 2 * (dot(u, v) - a * b / n)
        let denominator = dot(u, u) - dot(v, v) - (a * a - b * b) / n
        // Half of half the angle of (denominator, numerator), as a rotation by its cosine and sine.
        let length = (numerator * numerator + denominator * denominator).squareRoot()
        if length < 1e-12 { continue }
        let c2 = ((1 + denominator / length) / 2).squareRoot()
        let s2 = (numerator < 0 ? -1 : 1) * ((1 - denominator / length) / 2).squareRoot()
        let c = ((1 + c2) / 2).squareRoot()
        let s = (s2 < 0 ? -1 : 1) * ((1 - c2) / 2).squareRoot()
        for i in w.indices { (w[i][p], w[i][q]) = (c * w[i][p] + s * w[i][q], c * w[i][q] - s * w[i][p]) }
      }
    }
  }
  return w
}

let loadings = varimax(factors.loadings.means)
let strongest = loadings.map { row in row.indices.max { abs(row[$0]) < abs(row[$1]) } ?? 0 }
print("personality: bound \(short(questionnaire.bound)), \(questionnaire.trace.count) passes; each item's factor:")
var clusters: [Int] = []
for t in 0..<5 {
  let own = strongest[5 * t..<5 * t + 5]
  let main = own.max { a, b in own.count { $0 == a } < own.count { $0 == b } } ?? 0
  clusters.append(main)
  print("  \(items[5 * t].prefix(1)): \(own.map { "\($0 + 1)" }.joined(separator: " "))")
}
let inPlace = items.indices.count { strongest[$0] == clusters[$0 / 5] }
print("  \(inPlace) of 25 items with their trait")
check(Set(clusters).count == 5 && inPlace >= 23, "the items are not in five groups")
try write(
  HeatTable(
    rows: items, columns: ["A", "C", "E", "N", "O"], values: loadings.map { row in clusters.map { row[$0] } },
    scale: .standardised, title: "Personality items: loadings on five factors", scaleLabel: "loading", width: 480
  ).picture(), "personality")

// MARK: Principal components of digits

let digits = try DataFile.read(path: "Examples/Data/digits_8x8.csv.gz")
let pixels = (0..<64).map { "px\($0)" }.filter { name in digits.values(name).count { $0 > 0 } > 50 }
let places = pixels.compactMap { Int($0.dropFirst(2)) }

/// An image with all pixels, from those that are not nearly always white.
func image(_ values: [Double]) -> [Double] {
  var result = [Double](repeating: 0, count: 64)
  for (place, value) in zip(places, values) { result[place] = value }
  return result
}

/// Digits in rows, each row with a label below its first.
func grid(_ rows: [[[Double]]], labels: [String], title: String) -> Picture {
  let images = zip(rows, labels).flatMap { row, label in
    row.enumerated().map { ImageGrid.Image(pixels: $1, caption: $0 == 0 ? label : "") }
  }
  return ImageGrid(images: images, rowLength: 8, perRow: rows[0].count, isSigned: true, title: title).picture()
}

let principal = try Fit(PrincipalComponents(), to: digits, bind: ["x": pixels])
let components = principal.posterior(of: PrincipalComponents.self)
let weights = components.loadings.means
let data = pixels.map(digits.values)
let centred = data.map { column in column.map { $0 - average(column) } }
let exact = eigen(centred.map { a in centred.map { dot(a, $0) / Double(digits.rowCount) } })
// The principal axes of the loadings: eigenvectors of WᵀW turn them into orthogonal columns.
let turn = eigen((0..<10).map { a in (0..<10).map { b in weights.reduce(0) { $0 + $1[a] * $1[b] } } })
let axes = turn.vectors.indices.map { k -> [Double] in
  let axis = weights.map { dot($0, turn.vectors[k]) / turn.values[k].squareRoot() }
  return dot(axis, exact.vectors[k]) < 0 ? axis.map { -$0 } : axis
}
let overlap = axes.reduce(0) { sum, axis in
  sum + exact.vectors[..<10].reduce(0) { $0 + dot(axis, $1) * dot(axis, $1) }
}
let rest = exact.values[10...].reduce(0, +) / Double(pixels.count - 10)
let noise = 1 / components.noise.mean[0]
print("digits: bound \(short(principal.bound)), \(principal.trace.count) passes")
print("  \(short(overlap)) of 10 dimensions shared with exact components")
print("  variance of the noise \(short(noise)), mean of the other eigenvalues \(short(rest))")
check(overlap > 9.8, "these are not the principal components")
check(abs(noise - rest) < 0.05 * rest, "the noise is not that of the other components")
try write(
  grid(
    [axes[..<5].map(image), axes[5...].map(image), exact.vectors[..<5].map(image), exact.vectors[5..<10].map(image)],
    labels: ["fitted 1–5", "fitted 6–10", "exact 1–5", "exact 6–10"], title: "Digits: principal components"),
  "components")

// MARK: Digits with holes

var random = RandomSource(seed: 4)
let isHole = pixels.map { _ in (0..<digits.rowCount).map { _ in random.uniform() < 0.3 } }
let holed = try DataTable(
  columns: pixels.indices.map { j in
    Column(name: pixels[j], values: data[j].indices.map { isHole[j][$0] ? .nan : data[j][$0] })
  })
var model = PrincipalComponents()
model.components = 15
let filled = try Fit(model, to: holed, bind: ["x": pixels])
let maps = filled.posterior(of: PrincipalComponents.self)
let z = try expectedValues(filled, holed, of: "z")
let (map, level) = (maps.loadings.means, maps.level.mean)
func filledIn(_ i: Int, _ j: Int) -> Double { isHole[j][i] ? level[j] + dot(map[j], z[i]) : data[j][i] }
var (errors, columnErrors, holes) = (0.0, 0.0, 0.0)
for j in pixels.indices {
  let seen = average(data[j].indices.filter { !isHole[j][$0] }.map { data[j][$0] })
  for i in data[j].indices where isHole[j][i] {
    errors += (filledIn(i, j) - data[j][i]) * (filledIn(i, j) - data[j][i])
    columnErrors += (seen - data[j][i]) * (seen - data[j][i])
    holes += 1
  }
}
print("digits with \(Int(holes)) holes: bound \(short(filled.bound)), \(filled.trace.count) passes")
print(
  "  root mean square error \(short((errors / holes).squareRoot())), column means \(short((columnErrors / holes).squareRoot()))"
)
check(errors < 0.5 * columnErrors, "filling in does no better than the mean")
let shown = Array(0..<10)
try write(
  grid(
    [
      shown.map { i in image(pixels.indices.map { data[$0][i] }) },
      shown.map { i in image(pixels.indices.map { isHole[$0][i] ? 0 : data[$0][i] }) },
      shown.map { i in image(pixels.indices.map { max(filledIn(i, $0), 0) }) },
    ], labels: ["original", "holes", "filled in"], title: "Digits: pixels filled in by principal components"),
  "filled")

// MARK: Clusters of digits

/// How many rows bear the most frequent digit of their cluster.
func purity(_ fit: Fit) throws -> Double {
  guard let found = try Application(fit, to: digits).responsibilities() else { fatalError("no labels") }
  let truth = digits.values("label")
  var counts: [[Int]] = Array(repeating: Array(repeating: 0, count: 10), count: found.count)
  for i in 0..<digits.rowCount {
    let row = found.values[i * found.count..<(i + 1) * found.count]
    let best = row.indices.max { row[$0] < row[$1] } ?? row.startIndex
    counts[best - row.startIndex][Int(truth[i])] += 1
  }
  return Double(counts.reduce(0) { $0 + ($1.max() ?? 0) }) / Double(digits.rowCount)
}

let spherical = try Fit(SphericalGaussianMixture(), to: digits, bind: ["x": pixels])
var settings = FitSettings()
settings.restarts = 3
settings.restartSweeps = 30
var analysers = MixtureOfFactorAnalysers()
analysers.factors = 4
let clustered = try Fit(analysers, to: digits, bind: ["x": pixels], settings: settings)
let purities = try (purity(spherical), purity(clustered))
print("ten clusters of digits: purity \(short(purities.0)) spherical, \(short(purities.1)) as factor analyses")
print("  bounds \(short(spherical.bound)) and \(short(clustered.bound)), \(clustered.trace.count) passes")
check(clustered.bound > spherical.bound + 10 * Double(digits.rowCount), "factor analyses explain no more than spheres")
check(purities.1 > 0.55, "the clusters have little to do with digits")
let cluster = clustered.posterior(of: MixtureOfFactorAnalysers.self)
try write(
  grid(
    [cluster.level.means.map(image)]
      + (0..<2).map { f in
        (0..<10).map { k in
          image(pixels.indices.map { cluster.loadings.means[k * pixels.count + $0][f] })
        }
      }, labels: ["mean", "factor 1", "factor 2"], title: "Digits: a mixture of factor analysers"), "analysers")

// MARK: Outliers

let faithful = try DataFile.read(path: "Examples/Data/faithful.csv")
let eruptions = faithful.values("eruptions") + (0..<30).map { _ in 10 * random.uniform() }
let waiting = faithful.values("waiting") + (0..<30).map { _ in 300 * random.uniform() }
let dirty = try DataTable(["eruptions": eruptions, "waiting": waiting])
var robust = RobustMixture()
robust.components = 2
robust.degreesOfFreedom = 2
let fit = try Fit(robust, to: dirty)
let means = fit.posterior(of: RobustMixture.self).cluster.means.sorted { $0[0] < $1[0] }
var plain = GaussianMixture()
plain.components = 2
let gaussian = try Fit(plain, to: dirty).posterior(of: GaussianMixture.self).cluster.means.sorted { $0[0] < $1[0] }
print("Old Faithful with 30 rows of garbage: centres (2.04, 54.5) and (4.29, 80.0) are published for the clean rows")
print("  Student-t: \(means.map { $0.map { short($0) } }), Gaussian: \(gaussian.map { $0.map { short($0) } })")
check(
  abs(means[0][0] - 2.04) < 0.15 && abs(means[0][1] - 54.5) < 3 && abs(means[1][0] - 4.29) < 0.15
    && abs(means[1][1] - 80) < 3, "the outliers moved the robust components")
check(abs(gaussian[0][0] - 2.04) > 1, "the outliers did not move the Gaussian components")
