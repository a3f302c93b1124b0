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

/// `suffice-bench chain`: times passes over one sequence of rows that such a model has drawn.
func runChain(_ arguments: Arguments) throws {
  let rows = try arguments.integer("rows", 200_000)
  let columns = try arguments.integer("columns", 4)
  let threads = try arguments.integer("threads", 2)
  var model = HiddenMarkovModel()
  model.states = try arguments.integer("states", 8)
  let states = max(model.states, 1)
  var random = RandomSource(seed: 1)
  let centers = (0..<states).map { _ in (0..<columns).map { _ in 3 * random.normal() } }
  var values = (0..<columns).map { _ in [Double]() }
  var labels = [Double](repeating: 0, count: rows * states)
  var state = 0
  for row in 0..<rows {
    if random.uniform() < 0.1 { state = Int(random.uniform() * Double(states)) }
    for column in 0..<columns { values[column].append(centers[state][column] + random.normal()) }
    // The true state as often as not: passes have something left to do.
    let seen = random.uniform() < 0.5 ? state : Int(random.uniform() * Double(states))
    labels[row * states + seen] = 1
  }
  let table = try DataTable(columns: values.enumerated().map { Column(name: "x\($0)", values: $1) })
  let graph = try ModelGraph(model)
  let backend = CPUBackend()
  let data = try BoundData(graph, table: table, binding: ColumnBinding(graph, table: table, explicit: [:]))
  let facts = try DataFacts(graph, data, backend: backend, threads: threads)
  let engine = try Engine(CompiledModel(graph, facts: facts), data: data, backend: backend, threads: threads)
  let all = RowSelection.range(0..<rows)
  engine.sweep(all, given: [engine.plan.locals[0].mean: labels])
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
