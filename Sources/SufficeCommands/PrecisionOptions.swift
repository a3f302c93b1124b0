import ArgumentParser
import Suffice

extension Precision: ExpressibleByArgument {}

/// In what precision rows are worked on.
struct PrecisionOptions: ParsableArguments {
  @Option(help: "single: rows of mixtures in single precision, sums over rows in double; faster, to about six digits.")
  var precision = Precision.double

  var backend: CPUBackend { CPUBackend(precision: precision) }
}
