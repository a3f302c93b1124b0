import Foundation
import Plots
import Suffice

/// Names of columns as a summary lists them.
func shownNames(_ names: [String]) -> String {
  names.prefix(50).map(shown).joined(separator: ", ") + (names.count > 50 ? " and \(names.count - 50) more" : "")
}

/// What a person or a program wants to know of a fit.
struct FitSummary {
  let fit: Fit
  /// How many rows of the data were left out because nothing is observed in them.
  let emptyRows: Int
  /// The columns of the data that the fit makes no use of.
  let unused: [String]
  /// The probabilities of the labels, where the model has one label with weights.
  let weights: [Double]?
  /// What priors and data contradict each other about.
  let conflicts: [PriorConflict]

  init(_ fit: Fit, emptyRows: Int = 0, unused: [String] = []) {
    self.fit = fit
    self.unused = unused
    self.emptyRows = emptyRows
    conflicts = fit.priorConflicts
    let graph = fit.model.graph
    let label = fit.model.plan.componentLabel.flatMap { graph.variable(named: $0.name) }
    // Of a chain's labels only the first in a sequence has weights.
    let isChain = label.map { graph.factor(of: $0).terms.contains { $0.rows != .all } } ?? false
    let parents = label.map { isChain ? [] : graph.factor(of: $0).arguments } ?? []
    let parent = parents.compactMap { if case .variable(let use) = $0.value { use.variable } else { nil } }.first
    weights = parent.flatMap { fit.marginal(graph.variables[$0].name) }.flatMap {
      $0.naturals.count == 1 ? $0.mean : nil
    }
  }

  /// Members in descending order of weight, without those that hold next to nothing.
  func order(_ members: Int) -> [Int] {
    guard let weights, weights.count == members else { return Array(0..<members) }
    return (0..<members).filter { weights[$0] >= 0.001 }.sorted { weights[$0] > weights[$1] }
  }

  // MARK: Text

  private var facts: [(String, String)] {
    let graph = fit.model.graph
    var facts = [
      ("model", graph.name + graph.hyperparameters.map { " --\($0.optionName) \($0.value)" }.joined()),
      (
        "rows", "\(fit.model.facts.rowCount)" + (emptyRows > 0 ? ", and \(emptyRows) in which nothing is observed" : "")
      ),
    ]
    for (observed, known) in zip(graph.observed, fit.model.facts.observed) {
      switch graph.variables[observed].role {
      case .lagged, .position: continue
      case .latent, .observed, .given: break
      }
      facts.append(
        (graph.variables[observed].name, known.columns.isEmpty ? "no columns" : shownNames(known.columns)))
    }
    if !unused.isEmpty { facts.append(("not used", shownNames(unused))) }
    if fit.bound.isFinite {
      let notes =
        (fit.isLostInRounding ? " ± \(number(fit.boundRounding * Double(fit.model.facts.rowCount))) (rounding)" : "")
        + (fit.isBoundOfSample ? " (of \(NumberText.count(fit.rowsOfBound)) rows, scaled to all)" : "")
      facts.append(
        (fit.isBoundOfSample ? "bound of a sample" : "bound (ELBO)", String(format: "%.6f", fit.bound) + notes))
    }
    if let last = fit.trace.last, last.heldOut.isFinite {
      facts.append(
        ("held-out log density", String(format: "%.6f ± %.6f (standard error)", last.heldOut, last.heldOutError)))
    }
    let seconds = fit.trace.last.map { String(format: " in %.2f s", $0.seconds) } ?? ""
    if let schedule = fit.settings["schedule"] {
      facts.append(("schedule", schedule + (fit.settings["scheduleReason"].map { " (\($0))" } ?? "")))
    }
    facts.append(("passes", "\(fit.trace.count)\(seconds), \(convergence)"))
    if fit.restartBounds.count > 1 {
      facts.append(
        ("bounds of the starts", fit.restartBounds.map { String(format: "%.2f", $0) }.joined(separator: ", ")))
    }
    return facts
  }

  private var convergence: String {
    let left = remainingGainText(fit.expectedRemainingGain)
    if fit.converged {
      return "converged" + (left.map { ": an estimated \($0) nats a row left" } ?? "")
        + (isLimitedByRounding ? ", as far as rounding lets one tell" : "")
    }
    if fit.isLostInRounding { return "ended in rounding: whether they converged cannot be told" }
    return "not converged" + (left.map { ": about \($0) nats a row left" } ?? "")
  }

  /// Whether a fit ended because passes changed the bound by no more than rounding, and not at its tolerance.
  private var isLimitedByRounding: Bool {
    let left = fit.expectedRemainingGain
    // A schedule may end above the usual tolerance.
    return fit.settings["tolerance"].flatMap(Double.init).map { left > $0 }
      ?? (left > FitSettings.usualTolerance && fit.boundRounding > FitSettings.usualTolerance)
  }

  /// One table for each global variable.
  var tables: [(title: String, table: TextTable)] {
    let graph = fit.model.graph
    return zip(graph.globals, fit.marginals).compactMap { variable, marginal in
      let names = fit.elementNames(of: variable, count: marginal.shown.first?.count ?? 0).map(shown)
      if names.isEmpty { return nil }
      if marginal.naturals.count == 1 {
        let lines = marginal.summary().filter { $0.values.count == names.count }
        // Weights stand beside the members that they weigh.
        if let weights, weights == marginal.mean { return nil }
        return (
          "\(marginal.name) ~ \(marginal.family)",
          TextTable(
            columns: [""] + lines.map(\.name),
            rows: names.indices.map { i in [names[i]] + lines.map { number($0.values[i]) } })
        )
      }
      return memberTable(marginal, of: variable, names: names)
    }
  }

  private func memberTable(_ marginal: Marginal, of variable: Int, names: [String]) -> (String, TextTable) {
    let members = marginal.naturals.count
    let weighing = order(members)
    // There may be many groups of rows, and all are in the fit file.
    let most = 30
    let listed = Array(weighing.prefix(most))
    let limit = 8
    let weighted = weights?.count == members
    let (title, memberNames) = fit.memberNames(of: variable, count: members)
    var columns = [title] + (weighted ? ["weight"] : [])
    let values = marginal.shown
    let deviations = marginal.deviations.first?.count == names.count ? marginal.deviations : []
    for name in names.prefix(limit) { columns.append(name.isEmpty ? "mean" : name) }
    if names.count > limit { columns.append("…") }
    let rows = listed.map { m -> [String] in
      var row = [shown(memberNames[m])] + (weighted ? [String(format: "%.4f", weights?[m] ?? 0)] : [])
      for i in names.indices.prefix(limit) {
        let deviation = deviations.isEmpty ? "" : " ± \(number(deviations[m][i]))"
        row.append(number(values[m][i]) + deviation)
      }
      return row + (names.count > limit ? [""] : [])
    }
    let hidden = members - weighing.count
    let note =
      listed.count < weighing.count
      ? " (the first \(most) of \(members))" : hidden > 0 ? " (\(hidden) with weight below 0.001 not shown)" : ""
    let what = marginal.means.isEmpty ? "probabilities" : "mean"
    return (
      "\(marginal.name) ~ \(marginal.family): \(what)\(deviations.isEmpty ? "" : " ± deviation")\(note)",
      TextTable(columns: columns, rows: rows)
    )
  }

  private func number(_ x: Double) -> String { String(format: "%.5g", x) }

  var text: String {
    let width = facts.map(\.0.count).max() ?? 0
    var text =
      facts.map { $0.0.padding(toLength: width + 2, withPad: " ", startingAt: 0) + $0.1 }.joined(separator: "\n") + "\n"
    if let weights, !fit.marginals.contains(where: { $0.naturals.count == weights.count }) {
      text += "\nweights\n" + weights.map(number).joined(separator: " ") + "\n"
    }
    for (title, table) in tables { text += "\n\(title)\n" + TerminalPlot.table(table) }
    if !conflicts.isEmpty { text += "\n" + conflicts.map { "warning: \(fit.message($0))\n" }.joined() }
    return text
  }

  func report(_ pictures: [(caption: String, picture: Picture)]) -> String {
    HTMLReport(
      title: fit.model.graph.name, subtitle: fit.model.graph.summary,
      facts: (facts + conflicts.map { ("warning", fit.message($0)) }).map { .init($0.0, $0.1) },
      sections: [
        .init("The fit", pictures.map { .figure($0.picture, caption: $0.caption) }),
        .init("Parameters", tables.map { .table($0.table, caption: $0.title) }),
        .init("The model", [.code((try? Explanation(fit.model.graph).text) ?? "")]),
      ]
    ).html
  }

  // MARK: JSON

  func json(file: String) -> JSON {
    var marginals: [JSON.Member] = []
    for marginal in fit.marginals {
      let members = marginal.naturals.indices.map { m -> JSON in
        .object(
          marginal.parameters(m).map { JSON.Member($0.name, .array($0.values.map { .number($0) })) }
            + [
              JSON.Member(
                "summary",
                .object(marginal.summary(m).map { JSON.Member($0.name, .array($0.values.map { .number($0) })) }))
            ])
      }
      marginals.append(
        JSON.Member(
          marginal.name,
          .object([JSON.Member("family", .string("\(marginal.family)")), JSON.Member("members", .array(members))])))
    }
    return .object([
      JSON.Member("file", .string(file)), JSON.Member("model", .string(fit.model.graph.name)),
      JSON.Member("rows", .number(Double(fit.model.facts.rowCount))),
      JSON.Member("emptyRows", .number(Double(emptyRows))),
      JSON.Member("unusedColumns", .array(unused.map { .string($0) })),
      JSON.Member("bound", .number(fit.bound)), JSON.Member("boundRows", .number(Double(fit.rowsOfBound))),
      JSON.Member("boundRounding", .number(fit.boundRounding)), JSON.Member("converged", .bool(fit.converged)),
      JSON.Member("expectedRemainingGain", .number(fit.expectedRemainingGain)),
      JSON.Member("passes", .number(Double(fit.trace.count))),
      JSON.Member("seconds", .number(fit.trace.last?.seconds ?? 0)),
      JSON.Member("restartBounds", .array(fit.restartBounds.map { .number($0) })),
      JSON.Member(
        "trace",
        .array(
          fit.trace.map {
            .object([
              JSON.Member("pass", .number(Double($0.pass))), JSON.Member("rows", .number(Double($0.rows))),
              JSON.Member("bound", .number($0.bound)),
              JSON.Member("heldOut", .number($0.heldOut)),
            ])
          })),
      JSON.Member("posterior", .object(marginals)),
      JSON.Member(
        "priorConflicts",
        .array(
          conflicts.map { conflict in
            .object([
              JSON.Member("variable", .string(conflict.variable)),
              JSON.Member("member", .number(Double(conflict.member))),
              JSON.Member("element", .number(Double(conflict.element))),
              JSON.Member("members", .number(Double(conflict.memberCount))),
              JSON.Member("log10Tail", .number(conflict.logTail)), JSON.Member("lossInNats", .number(conflict.loss)),
              JSON.Member("message", .string(fit.message(conflict))),
            ])
          })),
    ])
  }
}

/// What further passes would gain, with one digit, rounded up; nil where nothing is known.
func remainingGainText(_ gain: Double) -> String? {
  guard gain.isFinite else { return nil }
  if gain <= 0 { return "0" }
  let power = pow(10, log10(gain).rounded(.down))
  return String(format: "%.1g", (gain / power * (1 - 1e-9)).rounded(.up) * power).replacingOccurrences(
    of: "e-0", with: "e-")
}

extension Marginal {
  /// What stands for each member in a table: its mean or, where it is a label, the probabilities of its values.
  fileprivate var shown: [[Double]] { means.isEmpty ? summaries("probabilities") : means }
}
