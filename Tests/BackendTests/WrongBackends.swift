import Suffice
import SufficeTesting
import Testing

/// Backends with one mistake each; every one must be caught, and by the law that it breaks.
@Suite struct WrongBackends {
  private func laws(_ backend: any Backend, threads: [Int] = [1, 2]) throws -> Set<String> {
    do {
      try checkBackend(backend, threads: threads, rowCounts: [2, 33])
      return []
    } catch let violation as LawViolation { return violation.laws }
  }

  @Test func lastRowDropped() throws {
    let found = try laws(WrongBackend { $0.forgetLastRow() })
    #expect(found.contains("accumulate"))
  }

  @Test func rowsOfListReadAsRange() throws {
    let found = try laws(WrongBackend { $0.rows = .range(0..<$0.rows.count) })
    #expect(found == ["load"])
  }

  @Test func sumsNotCleared() throws {
    let found = try laws(WrongBackend { $0.keepsSums = true })
    #expect(found.contains("accumulate"))
  }

  @Test func givenExpectationsIgnored() throws {
    let found = try laws(WrongBackend { $0.given = [:] })
    #expect(found.contains("meanMap"))
  }

  @Test func biasForgotten() throws {
    let found = try laws(WrongBackend(steps: { $0.withoutBias }))
    #expect(found.contains("affine"))
  }

  @Test func additionForgotten() throws {
    let found = try laws(WrongBackend(steps: { $0.setting }))
    #expect(found.contains("affine"))
  }

  @Test func repetitionForgotten() throws {
    let found = try laws(WrongBackend(steps: { $0.once }))
    #expect(found == ["sweeps", "outputs"])
  }

  @Test func rateIgnored() throws {
    let found = try laws(WrongBackend(rate: { _ in 1 }))
    #expect(found == ["parameters"])
  }

  @Test func threadsChangeBits() throws {
    let found = try laws(WrongBackend(perThread: 0x1p-50))
    #expect(found == ["threads"])
  }
}

/// The CPU backend with something wrong.
private struct WrongBackend: Backend {
  /// What a sweep is called with, to be spoilt.
  struct Call {
    var rows: RowSelection
    var given: [TileSlot: [Double]]
    var keepsSums = false
    var dropped = false

    mutating func forgetLastRow() { dropped = true }
  }

  let name = "wrong"
  var call: @Sendable (inout Call) -> Void = { _ in }
  var steps: @Sendable (Step) -> Step = { $0 }
  var rate: @Sendable (Double) -> Double = { $0 }
  var perThread = 0.0

  init(_ call: @escaping @Sendable (inout Call) -> Void) { self.call = call }
  init(steps: @escaping @Sendable (Step) -> Step) { self.steps = steps }
  init(rate: @escaping @Sendable (Double) -> Double) { self.rate = rate }
  init(perThread: Double) { self.perThread = perThread }

  func executor(for plan: Plan, inputs: [InputColumns], threads: Int) throws(BackendError) -> any Executor {
    var spoilt = plan
    spoilt.rows = plan.rows.map(steps)
    let inner = try CPUBackend().executor(for: spoilt, inputs: inputs, threads: threads)
    return WrongExecutor(backend: self, plan: plan, inner: inner, threads: threads)
  }
}

private final class WrongExecutor: Executor {
  private let backend: WrongBackend
  private let plan: Plan
  private let inner: any Executor
  private let threads: Int

  init(backend: WrongBackend, plan: Plan, inner: any Executor, threads: Int) {
    self.backend = backend
    self.plan = plan
    self.inner = inner
    self.threads = threads
  }

  func run(_ steps: [Step], on memory: inout ParameterMemory, rate: Double) {
    inner.run(steps, on: &memory, rate: backend.rate(rate))
  }

  func sweep(
    _ rows: RowSelection, memory: inout ParameterMemory, given: [TileSlot: [Double]], outputs: [TileSlot]
  ) -> [TileSlot: [Double]] {
    var call = WrongBackend.Call(rows: rows, given: given)
    backend.call(&call)
    let before = memory
    let tiles = inner.sweep(call.rows, memory: &memory, given: call.given, outputs: outputs)
    if call.dropped, case .range(let range) = rows, !range.isEmpty {
      // The tiles are right; the sums lack the last row.
      _ = inner.sweep(.range(range.dropLast()), memory: &memory, given: call.given, outputs: [])
    }
    for slot in plan.rowSums {
      for i in memory[slot].indices {
        if call.keepsSums { memory[slot][i] += before[slot][i] }
        memory[slot][i] *= 1 + Double(threads - 1) * backend.perThread
      }
    }
    return tiles
  }
}

extension Step {
  fileprivate var withoutBias: Step {
    guard case .affine(let weights?, _, let features, let into, let adding) = self else { return self }
    return .affine(weights: weights, bias: nil, features: features, into: into, adding: adding)
  }

  fileprivate var setting: Step {
    guard case .affine(let weights, let bias, let features, let into, _) = self else { return self }
    return .affine(weights: weights, bias: bias, features: features, into: into, adding: false)
  }

  fileprivate var once: Step {
    guard case .sweeps(_, let inner) = self else { return self }
    return .sweeps(1, inner)
  }
}
