import CPUBackend
import ExponentialFamilies
import ModelCompiler
import ModelLanguage
import PlanIR

/// What one share of the rows says to a fit: sums under its parameters, which may be made anywhere and are added up.
///
/// A pass of coordinate ascent over rows that no machine holds together is one `statistics` for each share (map), their sum
/// (reduce), and one `updated`:
///
/// ```swift
/// var fit = try Fit(model, to: sample)
/// repeat {
///   let sums = try shares.map { try fit.statistics(of: $0) }
///   fit = try fit.updated(with: sums)
/// } while !fit.converged
/// ```
///
/// Sums depend on the parameters they are formed at: those of another fit, or of the same fit before its last update, are refused.
public struct ShareStatistics: Hashable, Sendable {
  /// Which parameters the sums were formed at.
  let identity: UInt64
  private(set) var base: BaseMeasures
  private(set) var statistics: RowStatistics

  /// How many rows these are.
  public var rowCount: Int { base.rowCount }

  fileprivate init(identity: UInt64, base: BaseMeasures, statistics: RowStatistics) {
    (self.identity, self.base, self.statistics) = (identity, base, statistics)
  }

  /// Adds the sums of another share.
  ///
  /// - Throws: ``FitError`` where they were formed at other parameters.
  public mutating func add(_ other: ShareStatistics) throws(FitError) {
    guard identity == other.identity else { throw Self.foreign }
    base = base + other.base
    statistics.add(other.statistics)
  }

  fileprivate static let foreign = FitError.setting(
    SettingError(
      "the statistics were formed at the parameters of another fit, or of this one before it was updated. Form those of every share with "
        + "the fit that is to be updated."))

  /// How many ``numbers`` the statistics of shares of a fit's rows have; 0 where sums cannot be shared.
  public static func count(of fit: Fit) -> Int {
    guard let statistics = fit.statistics else { return 0 }
    return statistics.sums.reduce(4 + fit.model.facts.observed.count) { $0 + $1.count }
  }

  /// All of it as numbers, to be sent or kept.
  ///
  /// All but the first two, which say whose parameters the sums were formed at, add up over shares.
  public var numbers: [Double] {
    [Double(identity >> 32), Double(identity & 0xFFFF_FFFF), Double(base.rowCount), base.counted] + base.sums
      + statistics.sums.flatMap { $0 }
  }

  /// The statistics that gave these numbers, of shares of a fit.
  ///
  /// - Throws: ``FitError`` where no statistics of this fit did.
  public init(numbers: [Double], of fit: Fit) throws(FitError) {
    let slots = fit.model.plan.rowTotals
    let sizes = slots.map { fit.model.plan.parameters[$0.index].count }
    let observed = fit.model.facts.observed.count
    guard numbers.count == 4 + observed + sizes.reduce(0, +), let high = UInt32(exactly: numbers[0]),
      let low = UInt32(exactly: numbers[1]), let rows = Int(exactly: numbers[2]), rows >= 0,
      numbers.allSatisfy(\.isFinite)
    else { throw Self.foreign }
    var sums: [[Double]] = []
    var first = 4 + observed
    for size in sizes {
      sums.append(Array(numbers[first..<first + size]))
      first += size
    }
    self.init(
      identity: UInt64(high) << 32 | UInt64(low),
      base: BaseMeasures(rowCount: rows, counted: numbers[3], sums: Array(numbers[4..<4 + observed])),
      statistics: RowStatistics(slots: slots, sums: sums))
    guard identity == fit.identity else { throw Self.foreign }
  }
}

extension Fit {
  /// A number that other models, data that priors follow, and parameters have not: FNV-1a over their text and bits.
  fileprivate var identity: UInt64 {
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    func note(_ byte: UInt8) { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
    for byte in (model.graph.name + String(reflecting: model.facts)).utf8 { note(byte) }
    for value in naturals.joined() {
      withUnsafeBytes(of: value.bitPattern.littleEndian) { for byte in $0 { note(byte) } }
    }
    return hash
  }

  private func requireSums() throws(FitError) {
    if statistics == nil {
      throw .setting(
        SettingError(
          "a fit of \(model.graph.name) has no sums to share: they depend on several variables at once, or on the order of the rows. Fit "
            + "it to all rows."))
    }
  }

  /// What some rows add up to under the fit's parameters.
  ///
  /// - Parameters:
  ///   - table: A share of the rows, with the columns that the fit was made of; empty rows are left out.
  ///   - weights: The column that says how often each row counts, where the fit's rows had one.
  ///   - threads: How many threads may be used; the result does not depend on it.
  ///   - backend: What runs the plan.
  /// - Throws: ``FitError`` where the rows are not such as the fit was made of, or sums over rows are not all that they say.
  public func statistics(
    of table: DataTable, weights: String? = nil, threads: Int = 1, backend: any Backend = CPUBackend()
  ) throws(FitError) -> ShareStatistics {
    try requireSums()
    let data = try boundData(table, weights: weights)
    let base = try baseMeasures(of: data, backend: backend, threads: threads)
    // A plan that allows for gaps runs over rows without any; one that does not is another plan.
    let hasNewGaps = zip(data.missing, model.facts.observed).contains { !$0.isEmpty && $1.missing.isEmpty }
    if hasNewGaps { throw FitError.unequalGaps(table.origin) }
    let engine = try raising(FitError.backend) { () throws(BackendError) in
      try Engine(model, data: data, backend: backend, threads: threads)
    }
    engine.set(naturals)
    engine.sweep(.range(0..<engine.rowCount))
    return ShareStatistics(
      identity: identity, base: base, statistics: engine.memory.statistics(engine.plan.rowTotals))
  }

  /// The fit after one pass of coordinate ascent over rows that are given by what they add up to.
  ///
  /// The rows take the place of those that the fit was made of; priors that follow the data stay those of the first fit. The bound is
  /// that of all rows, and rises from update to update; ``converged`` tells when further ones would gain no more than the
  /// tolerance.
  ///
  /// - Parameters:
  ///   - shares: The statistics of every share of the rows, formed with this fit; in any order.
  ///   - tolerance: What further updates may still gain, in nats a row.
  /// - Throws: ``FitError`` where there are no shares, or one was formed with other parameters.
  public func updated(
    with shares: [ShareStatistics], tolerance: Double = FitSettings.usualTolerance
  ) throws(FitError) -> Fit {
    try requireSums()
    guard var total = shares.first else {
      throw .setting(
        SettingError("a fit is updated with the statistics of at least one share of the rows; there are none."))
    }
    for share in shares.dropFirst() { try total.add(share) }
    guard total.identity == identity else { throw ShareStatistics.foreign }
    let model = try self.model(of: total.base, missing: model.facts.observed.map(\.missing))
    let engine = try raising(FitError.backend) { () throws(BackendError) in
      try Engine(model, data: BoundData(rowless: model), backend: CPUBackend(), threads: 1)
    }
    engine.set(naturals)
    engine.memory.set(total.statistics)
    engine.updateAll()
    let bound = engine.bound()
    let counted = max(total.base.counted, 1)
    var forecast = GainForecast()
    for entry in trace where entry.rows == total.rowCount { forecast.note(entry.bound, rounding: engine.boundRounding) }
    forecast.note(bound, rounding: engine.boundRounding)
    return Fit(
      model: model, naturals: engine.plan.globals.map { engine.memory[$0.natural] }, bound: bound,
      trace: trace + [
        TraceEntry(pass: trace.count + 1, rows: total.rowCount, bound: bound, seconds: trace.last?.seconds ?? 0)
      ],
      restartBounds: restartBounds, converged: forecast.hasEnded(within: tolerance * counted), settings: settings,
      expectedRemainingGain: forecast.expectedRemainingGain / counted, boundRounding: engine.boundRounding / counted,
      statistics: total.statistics)
  }
}
