import Suffice

/// A Gaussian hidden Markov model: what hmmlearn fits with `VariationalGaussianHMM(covariance_type="full")`.
struct HiddenMarkovModel: Model {
  static let summary = "A chain of labels, and rows that are normal given theirs."

  @Hyperparameter("Number of states.") var states = 8

  let start = Latent<Dirichlet>()
  let move = Latent<Dirichlet>()
  let cluster = Latent<NormalWishart>()
  let state = Latent<Categorical>()
  let x = Observed<MultivariateNormal>()

  var body: [Statement] {
    start ~ Dirichlet(concentration: 1.0, count: states)
    Plate("state", states) {
      move ~ Dirichlet(concentration: 1.0, count: states)
      cluster ~ NormalWishart(mean: x.mean, covariance: x.covariance)
    }
    Chain {
      state ~ MarkovChain(initial: Categorical(start), transition: Categorical(move[state.previous]))
      x ~ MultivariateNormal(cluster[state])
    }
  }
}

/// `suffice-bench chain`: times passes over one sequence of rows, from a file or drawn from such a model.
func runChain(_ arguments: Arguments) throws {
  let threads = try arguments.integer("threads", 2)
  var model = HiddenMarkovModel()
  model.states = try arguments.integer("states", 8)
  let states = max(model.states, 1)
  let (table, labels) =
    if let path = arguments.words.first {
      try readChain(path, states: states)
    } else {
      try drawChain(
        rows: arguments.integer("rows", 200_000), columns: arguments.integer("columns", 4), states: states)
    }
  let (rows, columns) = (table.rowCount, table.columns.count)
  let graph = try ModelGraph(model)
  let backend = CPUBackend()
  let data = try BoundData(graph, table: table, binding: ColumnBinding(graph, table: table, explicit: [:]))
  let facts = try DataFacts(graph, data, backend: backend, threads: threads)
  let engine = try Engine(CompiledModel(graph, facts: facts), data: data, backend: backend, threads: threads)
  let all = RowSelection.range(0..<rows)
  engine.sweep(all, overrides: [engine.plan.locals[0].mean: .labels(labels)])
  engine.updateAll()
  var seconds: [Double] = []
  var bounds: [Double] = []
  for _ in 0..<(try arguments.integer("passes", 7)) {
    let began = monotonicSeconds()
    engine.sweep(all)
    engine.updateAll()
    bounds.append(engine.bound())
    seconds.append(monotonicSeconds() - began)
  }
  guard zip(bounds, bounds.dropFirst()).allSatisfy({ $1 >= $0 - 1e-11 * abs($0) }) else {
    throw BenchError("the bound fell: \(bounds).")
  }
  printRecord([
    "work": "chain", "rows": rows, "columns": columns, "components": states, "threads": threads,
    "secondsPerSweep": median(seconds), "seconds": seconds, "bound": bounds.last ?? .nan,
  ])
}

/// Rows of a chain that seldom changes its state, and starting labels that are right as often as not.
private func drawChain(rows: Int, columns: Int, states: Int) throws -> (DataTable, [Int32]) {
  var random = RandomSource(seed: 1)
  let centers = (0..<states).map { _ in (0..<columns).map { _ in 3 * random.normal() } }
  var values = (0..<columns).map { _ in [Double]() }
  var labels: [Int32] = []
  var state = 0
  for _ in 0..<rows {
    if random.uniform() < 0.1 { state = Int(random.uniform() * Double(states)) }
    for column in 0..<columns { values[column].append(centers[state][column] + random.normal()) }
    // The true state as often as not: passes have something left to do.
    let seen = random.uniform() < 0.5 ? state : Int(random.uniform() * Double(states))
    labels.append(Int32(seen))
  }
  return (try DataTable(columns: values.enumerated().map { Column(name: "x\($0)", values: $1) }), labels)
}

/// Rows from a file, with starting labels by which columns lie above 0.
private func readChain(_ path: String, states: Int) throws -> (DataTable, [Int32]) {
  let table = try DataFile.read(path: path)
  var labels: [Int32] = []
  for row in 0..<table.rowCount {
    let code = table.columns.reduce(0) { ($0 * 2 + ($1[row] > 0 ? 1 : 0)) % states }
    labels.append(Int32(code))
  }
  return (table, labels)
}
