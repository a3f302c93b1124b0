import Foundation
import Plots
import Suffice

/// The pictures of a fit: densities over a histogram or scatter, profiles, the bound.
struct FitDrawing {
  private let fit: Fit
  private let table: DataTable?
  private let summary: FitSummary
  /// The only observed variable with columns; nil where several have some.
  private let observed: (variable: Int, columns: [String])?

  init(_ fit: Fit, table: DataTable?) throws {
    self.fit = fit
    self.table = table
    summary = FitSummary(fit)
    let bound = zip(fit.model.graph.observed, fit.model.facts.observed).filter { !$0.1.columns.isEmpty }
    observed = bound.count == 1 ? (bound[0].0, bound[0].1.columns) : nil
    // Names the column that is missing, where one is.
    if let table { _ = try Application(fit, to: table) }
  }

  private var domain: ValueDomain? { observed.map { fit.model.graph.variables[$0.variable].family.type.domain } }

  private func values(_ column: String) -> [Double] {
    guard let column = table?[column] else { return [] }
    return (0..<column.count).map { column[$0] }
  }

  /// The named pictures with their captions.
  var pictures: [(name: String, caption: String, picture: Picture)] {
    get throws {
      var pictures: [(String, String, Picture)] = []
      if let observed, observed.columns.count == 1, domain == .real || domain == .positive {
        pictures.append(("density", "Predictive density and its components.", try histogram(observed.columns[0])))
      } else if let observed, observed.columns.count == 1, domain == .count {
        pictures.append(("counts", "Predictive probabilities and their components.", try counts(observed.columns[0])))
      } else if let observed, observed.columns.count == 2, domain == .real {
        pictures.append(("scatter", "Components as ellipses of two standard deviations.", scatter(observed.columns)))
      }
      pictures += profiles()
      if fit.trace.contains(where: { $0.bound.isFinite }) {
        let trace = TracePlot(
          series: [TraceSeries(label: "bound", values: fit.trace.map(\.bound))], title: "Bound",
          showsGap: fit.trace.count > 3)
        pictures.append(("bound", "The evidence lower bound by pass.", trace.picture()))
      } else if fit.trace.contains(where: { $0.heldOut.isFinite }) {
        let trace = TracePlot(
          series: [TraceSeries(label: "held-out", values: fit.trace.map(\.heldOut))], title: "Held-out log density",
          yLabel: "nats per row")
        pictures.append(("held-out", "Mean log predictive density of held-out rows by pass.", trace.picture()))
      }
      return pictures
    }
  }

  /// A picture of characters, for fits of one column.
  var terminal: String? {
    get throws {
      guard let observed, observed.columns.count == 1, domain == .real, table != nil else { return nil }
      let values = values(observed.columns[0])
      let curve = try densities(observed.columns[0], over: grid(values)).total
      return TerminalPlot.histogram(values, density: { curve.density($0) })
    }
  }

  // MARK: One column

  private func grid(_ values: [Double]) -> [Double] {
    let facts = fit.model.facts.observed.first { !$0.columns.isEmpty }
    let (mean, deviation) = (facts?.mean.first ?? 0, (facts?.variance.first ?? 1).squareRoot())
    let sorted = values.sorted()
    let n = sorted.count
    // Far tails would leave the middle with few points.
    let (low, high) = n > 0 ? (sorted[n / 500], sorted[n - 1 - n / 500]) : (mean - 3 * deviation, mean + 3 * deviation)
    let margin = max(0.05 * (high - low), 1e-9 * max(abs(low), abs(high)))
    return (0...1200).map { low - margin + (high - low + 2 * margin) * Double($0) / 1200 }
  }

  private func densities(_ column: String, over grid: [Double]) throws -> (
    total: DensityCurve, components: [DensityCurve]
  ) {
    let application = try Application(fit, to: DataTable(columns: [Column(name: column, values: grid)]))
    let joints = try application.logJointDensities()
    let total = DensityCurve(label: "mixture", grid: grid, values: joints.map { $0.reduce(0) { $0 + exp($1) } })
    let count = joints.first?.count ?? 1
    guard count > 1 else { return (total, []) }
    let components = summary.order(count).map { k in
      let weight = summary.weights?[k] ?? 1
      return DensityCurve(label: "\(k + 1)", weight: weight, grid: grid, values: joints.map { exp($0[k]) / weight })
    }
    return (total, components)
  }

  private func histogram(_ column: String) throws -> Picture {
    let values = values(column)
    let (total, components) = try densities(column, over: grid(values))
    return HistogramPlot(
      values: values, total: total, components: components, title: fit.model.graph.name, xLabel: column
    ).picture()
  }

  private func counts(_ column: String) throws -> Picture {
    let values = values(column).map { Int($0) }
    let top = max(values.max() ?? 20, 5)
    let application = try Application(
      fit, to: DataTable(columns: [Column(name: column, values: (0...min(top, 5000)).map(Double.init))]))
    let joints = try application.logJointDensities()
    let mass: @Sendable (Int, Int?) -> Double = { value, label in
      guard joints.indices.contains(value) else { return 0 }
      return label.map { exp(joints[value][$0]) } ?? joints[value].reduce(0) { $0 + exp($1) }
    }
    let components = summary.order(joints[0].count).map { k in
      let weight = summary.weights?[k] ?? 1
      return MassCurve(label: "\(k + 1)", weight: weight) { mass($0, k) / weight }
    }
    return CountPlot(
      values: values, total: MassCurve(label: "mixture") { mass($0, nil) }, components: components,
      title: fit.model.graph.name, xLabel: column
    ).picture()
  }

  // MARK: More columns

  private func scatter(_ columns: [String]) -> Picture {
    var ellipses: [GaussianEllipse] = []
    for marginal in fit.marginals where marginal.mean.count == 2 && !marginal.deviations.isEmpty {
      for m in summary.order(marginal.naturals.count) {
        let (mean, deviation) = (marginal.means[m], marginal.deviations[m])
        let covariance = marginal.summaries("covariance").first.map { _ in marginal.summaries("covariance")[m] }
        ellipses.append(
          GaussianEllipse(
            label: "\(m + 1)", weight: summary.weights.flatMap { $0.count > m ? $0[m] : nil } ?? 1, meanX: mean[0],
            meanY: mean[1],
            sxx: covariance?[0] ?? deviation[0] * deviation[0], sxy: covariance?[1] ?? 0,
            syy: covariance?[2] ?? deviation[1] * deviation[1]))
      }
      break
    }
    return ScatterPlot(
      x: values(columns[0]), y: values(columns[1]), ellipses: ellipses, title: fit.model.graph.name, xLabel: columns[0],
      yLabel: columns[1]
    ).picture()
  }

  /// Means of components by column, for models with more than two columns or several kinds of them.
  private func profiles() -> [(String, String, Picture)] {
    zip(fit.model.graph.globals, fit.marginals).compactMap { variable, marginal in
      let count = marginal.mean.count
      let shown = Array(summary.order(marginal.naturals.count).prefix(30))
      let isMatrix = marginal.family.type.domain == .positiveDefinite
      guard shown.count > 1, count > 2, !isMatrix else { return nil }
      let names = fit.elementNames(of: variable, count: count)
      let isProbability = marginal.family.type.domain == .unitInterval || marginal.family.type.domain == .simplex
      let limit = min(count, 40)
      var values = shown.map { Array(marginal.means[$0].prefix(limit)) }
      if !isProbability {
        for j in 0..<limit {
          let column = values.map { $0[j] }
          let mean = column.reduce(0, +) / Double(column.count)
          let deviation = (column.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(column.count)).squareRoot()
          for i in values.indices { values[i][j] = deviation > 0 ? (values[i][j] - mean) / deviation : 0 }
        }
      }
      let picture = HeatTable(
        rows: shown.map { k in "\(k + 1)" + (summary.weights.map { String(format: " (%.1f %%)", 100 * $0[k]) } ?? "") },
        columns: Array(names.prefix(limit)), values: values, scale: isProbability ? .unit : .standardised,
        title: marginal.name
      ).picture()
      let what = isProbability ? "Probabilities" : "Means, standardised over the components,"
      return ("profile-\(marginal.name)", "\(what) of \(marginal.name) by component.", picture)
    }
  }
}
