import PlanIR

/// The plan with what it costs; the LaTeX has a table of the steps.
struct PlanSection {
  let plan: Plan
  let rows: Int

  init(_ plan: Plan, rows: Int) {
    self.plan = plan
    self.rows = rows
  }

  var section: Explanation.Section {
    Explanation.Section(
      title: "Plan", text: plan.text(rows: rows) + "\n\n" + legend.map { "  " + $0 }.joined(separator: "\n"),
      latex: latex)
  }

  private var legend: [String] {
    var lines = [
      "A product and its addition are 2 flops; A is the log partition of a family and ∇A its mean map, counted apart.",
      "△(a,b) is the place of element (a, b) of a symmetric matrix in its lower triangle, which is what is stored.",
    ]
    let hasTables = plan.rows.contains { if case .gather = $0 { true } else { false } }
    if hasTables { lines.append("table[label] is the part of a table that the row's label chooses.") }
    return lines
  }

  private var latex: String {
    var lines: [String] = []
    for phase in PlanListing(plan).phases {
      let title = phase.title + (phase.isPerRow ? ", for each row" : "")
      lines.append("\\multicolumn{4}{@{}l}{\\rule{0pt}{3ex}\\textit{\(LaTeX.text(title))}} \\\\*")
      for line in phase.lines {
        let formula = LaTeX.text(line.formula + (line.ranges.isEmpty ? "" : " " + line.ranges))
        lines.append("\(line.number) & \(formula) & \(line.cost.flops) & \(line.cost.bytes) \\\\")
      }
    }
    let cost = plan.cost(rows: rows)
    func whole(_ n: Int) -> String { "$\(Formula.whole(n).latex)$" }
    return """
      {\\small
      \\begin{longtable}{@{}r@{\\quad}>{\\raggedright\\arraybackslash}p{0.68\\textwidth}rr@{}}
      & & flops & bytes \\\\
      \(lines.joined(separator: "\n"))
      \\end{longtable}
      }

      One sweep over \(whole(rows)) rows takes \(whole(rows * cost.contractionFlops)) flops in contractions of rows
      (\(whole(cost.contractionFlops)) a row) and \(whole(rows * cost.row.exponentials)) exponentials, and reads
      \(whole(rows * cost.dataBytes)) bytes of data.

      """
  }
}
