import Suffice
import SufficeTesting
import Testing

/// Backends with one mistake each; every one must be caught, and by the law that it breaks.
@Suite struct WrongBackends {
  private func laws(_ backend: any Backend, threads: [Int] = [1]) throws -> Set<String> {
    do {
      try checkBackend(backend, threads: threads, rowCounts: [33])
      return []
    } catch let violation as LawViolation { return violation.laws }
  }

  @Test func lastRowDropped() throws {
    let found = try laws(WrongBackend { $0.forgetLastRow() })
    #expect(found.contains("accumulate"))
  }

  @Test func rowsOfListReadAsRange() throws {
    let found = try laws(WrongBackend { $0.rows = .range(0..<$0.rows.count) })
    #expect(found.contains("load") && found.isSubset(of: ["load", "gather", "chain", "resume", "outputs"]))
  }

  @Test func sumsNotCleared() throws {
    let found = try laws(WrongBackend { $0.keepsSums = true })
    #expect(found.contains("accumulate"))
  }

  @Test func givenExpectationsIgnored() throws {
    let found = try laws(WrongBackend { $0.overrides = [:] })
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
    #expect(found == ["sweeps", "chain", "outputs"])
  }

  @Test func goneOnFromAnotherRow() throws {
    let found = try laws(
      WrongBackend { $0.kept = $0.kept.mapValues { Array($0[($0.count / 2)...] + $0[..<($0.count / 2)]) } })
    #expect(found.contains("resume") && found.isSubset(of: ["resume", "outputs"]))
  }

  @Test func alwaysAfresh() throws {
    let found = try laws(WrongBackend { $0.kept = [:] })
    #expect(found.contains("resume") && found.isSubset(of: ["resume", "outputs"]))
  }

  @Test func rateIgnored() throws {
    let found = try laws(WrongBackend(rate: { _ in 1 }))
    #expect(found == ["parameters"])
  }

  @Test func missingValuesKept() throws {
    let found = try laws(WrongBackend(steps: { $0.withoutFilling }))
    #expect(found.contains("fillMissing") && found.isSubset(of: ["fillMissing", "outputs"]))
  }

  @Test func firstElementAloneFilled() throws {
    let found = try laws(WrongBackend(steps: { $0.fillingOne }))
    #expect(found.contains("fillMissing") && found.isSubset(of: ["fillMissing", "outputs"]))
  }

  @Test func otherLabelLookedUp() throws {
    #expect(try laws(WrongBackend(steps: { $0.gatheringByFirst })) == ["gather"])
  }

  @Test func missingLabelLookedUp() throws {
    let found = try laws(WrongBackend(expanding: { $0.withFirstRowForMissing }))
    #expect(found.contains("gather"))
  }

  @Test func otherLabelAddedTo() throws {
    let found = try laws(WrongBackend(steps: { $0.scatteringByFirst }))
    #expect(found == ["scatter", "outputs"])
  }

  @Test func addedOnce() throws {
    let found = try laws(WrongBackend(expanding: { $0.withoutRepeatedScatter }))
    #expect(found == ["scatter", "outputs"])
  }

  @Test func coefficientForgotten() throws {
    #expect(try laws(WrongBackend(steps: { $0.withoutCoefficient })) == ["combine"])
  }

  @Test func productSet() throws {
    #expect(try laws(WrongBackend(steps: { $0.settingProducts })) == ["combine"])
  }

  @Test func productAdded() throws {
    #expect(try laws(WrongBackend(steps: { $0.addingProducts })) == ["combine"])
  }

  @Test func knownValuesIgnored() throws {
    #expect(try laws(WrongBackend(steps: { $0.withoutKnownValues })) == ["meanMap"])
  }

  @Test func sequencesRunTogether() throws {
    let found = try laws(WrongBackend(steps: { $0.changingChain { $0.with(first: 0) } }))
    #expect(found == ["chain", "outputs"])
  }

  @Test func neighboursForgotten() throws {
    let found = try laws(WrongBackend(steps: { $0.changingChain { $0.with(cross: $0.pairs) } }))
    #expect(found == ["chain", "outputs"])
  }

  @Test func linksForgotten() throws {
    let found = try laws(WrongBackend(steps: { $0.changingChain { $0.with(isLinked: false) } }))
    #expect(found == ["chain", "outputs"])
  }

  @Test func chainNotSolved() throws {
    let found = try laws(WrongBackend(expanding: { $0.filter { if case .chain = $0 { false } else { true } } }))
    #expect(found == ["chain", "outputs"])
  }

  @Test func givenChainIgnored() throws {
    let found = try laws(WrongBackend { $0.overrides = [:] })
    #expect(found.contains("chain"))
  }

  @Test func threadsChangeBits() throws {
    let found = try laws(WrongBackend(perThread: 0x1p-50), threads: [1, 2])
    #expect(found == ["threads"])
  }
}

/// The CPU backend with something wrong.
private struct WrongBackend: Backend {
  /// What a sweep is called with, to be spoilt.
  struct Call {
    var rows: RowSelection
    var overrides: [TileSlot: RowOverride]
    var kept: [TileSlot: [Double]]
    var keepsSums = false
    var dropped = false

    mutating func forgetLastRow() { dropped = true }
  }

  let name = "wrong"
  var call: @Sendable (inout Call) -> Void = { _ in }
  var steps: @Sendable ([Step]) -> [Step] = { $0 }
  var rate: @Sendable (Double) -> Double = { $0 }
  var perThread = 0.0

  init(_ call: @escaping @Sendable (inout Call) -> Void) { self.call = call }
  init(steps: @escaping @Sendable (Step) -> Step) { self.steps = { $0.map(steps) } }
  init(expanding steps: @escaping @Sendable ([Step]) -> [Step]) { self.steps = steps }
  init(rate: @escaping @Sendable (Double) -> Double) { self.rate = rate }
  init(perThread: Double) { self.perThread = perThread }

  func executor(for plan: Plan, inputs: [InputColumns], threads: Int) throws(BackendError) -> any Executor {
    var spoilt = plan
    spoilt.rows = steps(plan.rows)
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
    _ rows: RowSelection, at memory: ParameterMemory, overrides: [TileSlot: RowOverride], outputs: [TileSlot]
  ) -> RowSweep {
    var call = WrongBackend.Call(rows: rows, overrides: overrides, kept: memory.rows)
    backend.call(&call)
    var parameters = memory
    parameters.rows = call.kept
    var found = inner.sweep(call.rows, at: parameters, overrides: call.overrides, outputs: outputs)
    if call.dropped, case .range(let range) = rows, !range.isEmpty {
      // The tiles are right; the sums lack the last row.
      found.statistics =
        inner.sweep(.range(range.dropLast()), at: parameters, overrides: call.overrides, outputs: []).statistics
    }
    if call.keepsSums { found.statistics.add(memory.statistics(plan.rowSums)) }
    found.statistics = found.statistics.scaled(by: 1 + Double(threads - 1) * backend.perThread)
    return found
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

  fileprivate var withoutFilling: Step {
    guard case .fillMissing(let range) = self else { return self }
    return .fillMissing(TileRange(range.slot, 0..<0))
  }

  fileprivate var fillingOne: Step {
    guard case .fillMissing(let range) = self else { return self }
    return .fillMissing(TileRange(range.slot, range.features.prefix(1)))
  }

  fileprivate var gatheringByFirst: Step {
    guard case .gather(let table, let index, let into) = self else { return self }
    return .gather(table, index: TileRange(index.slot, 0..<1), into: into)
  }

  fileprivate var scatteringByFirst: Step {
    guard case .scatter(let from, let index, let into) = self else { return self }
    return .scatter(from, index: TileRange(index.slot, 0..<1), into: into)
  }

  fileprivate var withoutCoefficient: Step {
    guard case .combine(let c, let adding) = self else { return self }
    return .combine(
      RowContraction(1, extents: c.extents, operands: c.operands, output: c.output, offset: c.offset, axes: c.axes),
      adding: adding)
  }

  fileprivate var settingProducts: Step {
    guard case .combine(let contraction, _) = self else { return self }
    return .combine(contraction, adding: false)
  }

  fileprivate var addingProducts: Step {
    guard case .combine(let contraction, _) = self else { return self }
    return .combine(contraction, adding: true)
  }

  fileprivate var withoutKnownValues: Step {
    guard case .meanMap(let family, let shape, let slot, let members, _, let normalizer) = self else { return self }
    return .meanMap(family, shape, slot, members: members, observed: nil, normalizer: normalizer)
  }

  fileprivate func changingChain(_ change: (ChainBlock) -> ChainBlock) -> Step {
    switch self {
    case .chain(let block): .chain(change(block))
    case .sweeps(let count, let inner): .sweeps(count, inner.map { $0.changingChain(change) })
    default: self
    }
  }
}

extension ChainBlock {
  fileprivate func with(first: Int? = nil, cross: ParameterSlot? = nil, isLinked: Bool = true) -> ChainBlock {
    ChainBlock(
      family: family, shape: shape, mean: mean, normalizer: normalizer,
      first: first.map { TileRange(self.first.slot, $0..<$0 + 1) } ?? self.first, cross: cross ?? self.cross,
      pairs: pairs, weight: weight, link: isLinked ? link : nil)
  }
}

extension [Step] {
  /// Missing labels are taken for the first.
  fileprivate var withFirstRowForMissing: [Step] {
    flatMap { step -> [Step] in
      guard case .gather(_, let index, _) = step else { return [step] }
      return [.fillMissing(index), step]
    }
  }

  /// Whatever is added to the same table a second time is left out.
  fileprivate var withoutRepeatedScatter: [Step] {
    var seen: Set<Step> = []
    return filter { step in
      guard case .scatter = step else { return true }
      return seen.insert(step).inserted
    }
  }
}
