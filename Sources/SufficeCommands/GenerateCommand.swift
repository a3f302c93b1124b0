import ArgumentParser
import Suffice

/// Draws rows of a joint distribution that is declared by margins and correlations.
struct GenerateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "generate", abstract: "Draws rows whose columns have given distributions and given correlations.",
    discussion: """
      SPEC is a JSON file with "columns" (each with a "name", a "law" and its parameters) and "correlations" (each \
      "between" two names, with a "value" and a "kind": pearson, spearman, kendall or latent), or a whole "matrix". \
      A normal law is a standard one, and a uniform law one from 0 to 1, as far as its parameters are left out. \
      Correlations that no columns with these distributions can have are an error that lists what is possible. With \
      --exact the rows themselves have the Pearson correlations, not only the distribution that they come from.
      """)

  @ArgumentParser.Argument(help: "The declaration: a JSON file; '-' is standard input.") var spec: String
  @Option(name: .customShort("n"), parsing: .unconditional, help: "How many rows.") var rows: Int
  @Option(name: .shortAndLong, help: "The file to write: .npy, or CSV; '-' is standard output.") var output = "-"
  @Option(parsing: .unconditional, help: "Seed; equal seeds give equal rows.", transform: seedNumber)
  var seed: UInt64 = 0
  @Option(help: "What happens where the correlations are impossible: error, or clip, which takes the nearest ones.")
  var infeasible = JointDistribution.Infeasible.error
  @Flag(help: "Rows whose own Pearson correlations are the given ones; all rows are held in memory.") var exact = false
  @OptionGroup var threads: ThreadOptions
  @OptionGroup var said: OutputOptions

  func validate() throws {
    if rows < 1 { throw ValidationError("-n \(rows): at least 1 row was expected.") }
    if said.json, output == "-" {
      throw ValidationError("--json: the rows go to standard output; name a file with -o.")
    }
  }

  func run() {
    reporting {
      try AtomicFile.check(output)
      var files = [spec]
      let statements = try JointFile.read(spec) { files.append($0) }
      try checkPlaces(outputs: [output], inputs: files)
      let joint: JointDistribution
      do throws(JointError) {
        joint = try JointDistribution(statements, infeasible: infeasible, threads: threads.count)
      } catch { throw DataError("\(spec): \(error)") }
      let sample = exact ? try exactRows(joint) : nil
      if sample == nil { try joint.writeRows(rows, seed: seed, to: output, threads: threads.count) }
      if said.json { return try write(summary(joint, sample).description + "\n") }
      if said.quiet { return }
      try report(joint, sample)
    }
  }

  private func exactRows(_ joint: JointDistribution) throws -> ExactSample {
    let sample: ExactSample
    do throws(JointError) {
      sample = try joint.exactSample(rows: rows, seed: seed, threads: threads.count)
    } catch { throw UsageError("--exact: \(error)") }
    try joint.write(sample.columns, to: output)
    return sample
  }

  /// What was changed goes to standard error, since the rows may go to standard output.
  private func report(_ joint: JointDistribution, _ sample: ExactSample?) throws {
    let writer = ByteWriter(descriptor: 2, name: "standard error")
    var lines: [String] = []
    let changes = joint.changes
    for pair in changes.prefix(20) {
      let reason: String
      switch pair.reason {
      case .bounds(let bounds): reason = "possible are \(fixed(bounds.lowerBound)) to \(fixed(bounds.upperBound))"
      case .notPositiveDefinite, nil: reason = "all correlations at once are impossible"
      }
      lines.append(
        "\(names(joint, pair).joined(separator: ", ")): \(pair.kind.name) correlation \(fixed(pair.achieved)) instead of "
          + "\(fixed(pair.target)); \(reason).")
    }
    if changes.count > 20 { lines.append("\(changes.count - 20) more correlations were changed.") }
    for pair in joint.pairs where pair.error > 1e-8 {
      lines.append("\(names(joint, pair).joined(separator: ", ")): the correlation may be off by \(pair.error).")
    }
    let error = joint.pairs.reduce(0) { max($0, $1.error) }
    lines.append(
      "\(rows) rows of \(joint.margins.count) columns, \(joint.pairs.count) correlations"
        + (joint.pairs.isEmpty
          ? "" : changes.isEmpty ? " as given, within \(error)" : ", \(changes.count) of them changed")
        + (output == "-" ? "" : "; saved to \(output)") + ".")
    if let sample {
      lines.append(
        "The rows' own Pearson correlations are off by at most \(sample.continuousError) where a column is continuous, and by "
          + "\(sample.discreteError) between columns of atoms.")
    }
    try writer.write(lines.joined(separator: "\n") + "\n")
    try writer.flush()
  }

  private func names(_ joint: JointDistribution, _ pair: MatchedPair) -> [String] {
    [joint.margins[pair.first].name, joint.margins[pair.second].name]
  }

  private func summary(_ joint: JointDistribution, _ sample: ExactSample?) -> JSON {
    let exactness = sample.map {
      [
        JSON.Member("continuousError", .number($0.continuousError)),
        JSON.Member("discreteError", .number($0.discreteError)),
      ]
    }
    return .object(
      [
        JSON.Member("rows", .number(Double(rows))), JSON.Member("columns", .number(Double(joint.margins.count))),
        JSON.Member(
          "correlations",
          .array(
            joint.pairs.map { pair in
              .object([
                JSON.Member("between", .array(names(joint, pair).map { .string($0) })),
                JSON.Member("kind", .string(pair.kind.rawValue)), JSON.Member("target", .number(pair.target)),
                JSON.Member("achieved", .number(pair.achieved)), JSON.Member("latent", .number(pair.latent)),
                JSON.Member("error", .number(pair.error)), JSON.Member("changed", .bool(pair.isChanged)),
              ])
            })),
      ] + (exactness ?? []))
  }

  private func fixed(_ x: Double) -> String { ((x * 1e6).rounded() / 1e6).description }
}

extension JointDistribution.Infeasible: ExpressibleByArgument {}
