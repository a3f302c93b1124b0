import Foundation
import Models
import Suffice
import SufficeC
import Testing

/// The C library as a program calls it: pointers with strides in, numbers that the library has out.
@Suite("The C library") struct CLibraryTests {
  /// A table as C has it: columns with strides, names and levels.
  private final class CTable {
    let names: [UnsafeMutablePointer<CChar>?]
    let levels: [UnsafeMutablePointer<CChar>?]
    let matrix: UnsafeMutablePointer<Double>
    let (rows, columns): (Int, Int)

    /// Row by row.
    init(_ rows: [[Double]], names: [String], levels: [String?]) {
      (self.rows, columns) = (rows.count, names.count)
      self.names = names.map { strdup($0) }
      self.levels = levels.map { $0.flatMap { strdup($0) } }
      matrix = .allocate(capacity: rows.count * names.count)
      for (i, value) in rows.joined().enumerated() { matrix[i] = value }
    }

    deinit {
      matrix.deallocate()
      for text in names + levels { free(text) }
    }

    typealias Texts = UnsafePointer<UnsafePointer<CChar>?>
    typealias Bases = UnsafePointer<UnsafePointer<Double>?>

    func call<Result>(_ body: (Int, Int, Texts?, Bases?, UnsafePointer<Int>?, Texts?) -> Result) -> Result {
      let bases = (0..<columns).map { Optional(UnsafePointer(matrix + $0)) }
      let strides = (0..<columns).map { _ in columns }
      return names.map { UnsafePointer($0) }.withUnsafeBufferPointer { names in
        levels.map { UnsafePointer($0) }.withUnsafeBufferPointer { levels in
          bases.withUnsafeBufferPointer { bases in
            strides.withUnsafeBufferPointer { strides in
              body(rows, columns, names.baseAddress, bases.baseAddress, strides.baseAddress, levels.baseAddress)
            }
          }
        }
      }
    }
  }

  private let rows = (0..<40).map { i -> [Double] in
    let side = Double(i % 2)
    return [8 * side + sin(Double(i)), i % 24 == 6 ? .nan : Double((i / 2) % 3) + 5 * side, Double(i % 2)]
  }

  private func table(_ range: Range<Int> = 0..<40) -> CTable {
    CTable(Array(rows[range]), names: ["a", "n", "kind"], levels: [nil, nil, "[\"u\", \"v\"]"])
  }

  private func swiftTable(_ range: Range<Int> = 0..<40) throws -> DataTable {
    let part = rows[range]
    return try DataTable(columns: [
      Column(name: "a", values: part.map { $0[0] }), Column(name: "n", values: part.map { $0[1] }),
      Column(name: "kind", values: part.map { $0[2] }, kind: .categorical(levels: ["u", "v"])),
    ])
  }

  private let request = """
    {"hyperparameters": {"components": "2"}, "bind": {"numbers": ["a"], "counts": ["n"], "categories": ["kind"]},
     "seed": "4", "restarts": 2, "tolerance": 1e-9}
    """

  private func message() -> String { suffice_last_error().map { String(cString: $0) } ?? "" }

  private func fit(_ table: CTable) throws -> UnsafeMutableRawPointer {
    var fit: UnsafeMutableRawPointer?
    let code = table.call { suffice_fit("mixed-mixture", request, $0, $1, $2, $3, $4, $5, nil, nil, 0, nil, nil, &fit) }
    try #require(code == 0, "\(message())")
    return try #require(fit)
  }

  private func swiftFit(_ range: Range<Int> = 0..<40) throws -> Fit {
    var model = MixedMixture()
    model.components = 2
    var settings = FitSettings()
    (settings.seed, settings.restarts, settings.tolerance) = (4, 2, 1e-9)
    return try Fit(
      model, to: swiftTable(range), bind: ["numbers": ["a"], "counts": ["n"], "categories": ["kind"]],
      settings: settings)
  }

  @Test func fitsAndReadsBack() throws {
    let fit = try fit(table())
    defer { suffice_fit_free(fit) }
    let own = try swiftFit()
    var text: UnsafeMutablePointer<CChar>?
    #expect(suffice_fit_about(fit, &text) == 0)
    let about = try JSONSerialization.jsonObject(with: Data(String(cString: #require(text)).utf8)) as? [String: Any]
    suffice_free_text(text)
    #expect(about?["bound"].flatMap { Double("\($0)") }.map { abs($0 - own.bound) <= 1e-12 * abs(own.bound) } == true)
    var rates = [0.0, 0]
    #expect(suffice_fit_parameter(fit, "rate", "rate", &rates, 2) == 0)
    #expect(rates == own.marginal("rate")?.parameter("rate").flatMap { $0 })
    #expect(suffice_fit_parameter(fit, "rate", "none", &rates, 2) != 0 && !message().isEmpty)
    let path = NSTemporaryDirectory() + UUID().uuidString + ".safetensors"
    defer { try? FileManager.default.removeItem(atPath: path) }
    #expect(suffice_fit_write(fit, path) == 0)
    #expect(try FitFile.read(path).naturals == own.naturals)
    var again: UnsafeMutableRawPointer?
    #expect(suffice_fit_read(path, &again) == 0)
    suffice_fit_free(again)
  }

  @Test func applies() throws {
    let (table, own) = (table(), try swiftFit())
    let fit = try fit(table)
    defer { suffice_fit_free(fit) }
    let application = try Application(own, to: swiftTable())
    var (probabilities, densities) = ([Double](repeating: 7, count: 80), [Double](repeating: 7, count: 40))
    #expect(
      table.call { suffice_fit_apply(fit, $0, $1, $2, $3, $4, $5, 2, &probabilities, 2, &densities) } == 0)
    #expect(probabilities == application.responsibilities()?.values)
    #expect(densities == (try application.logDensities()))
    var filled = [Double](repeating: 7, count: 120)
    #expect(table.call { suffice_fit_impute(fit, $0, $1, $2, $3, $4, $5, 1, nil, &filled, 120) } == 0)
    let imputed = try application.imputed()
    #expect(filled == (0..<40).flatMap { row in imputed.columns.map { $0[row] } })
    var seed: UInt64 = 9
    #expect(table.call { suffice_fit_impute(fit, $0, $1, $2, $3, $4, $5, 1, &seed, &filled, 120) } == 0)
    let drawn = try application.imputed(seed: 9)
    #expect(filled == (0..<40).flatMap { row in drawn.columns.map { $0[row] } })
    var sampled = [Double](repeating: 7, count: 15)
    #expect(suffice_fit_sample(fit, 5, 11, &sampled, 15) == 0)
    let sample = try own.sample(5, seed: 11)
    #expect(sampled == (0..<5).flatMap { row in sample.columns.map { $0[row] } })
    #expect(suffice_fit_sample(fit, 5, 11, &sampled, 14) != 0)
  }

  @Test func updates() throws {
    let first = try fit(table(0..<24))
    defer { suffice_fit_free(first) }
    var next: UnsafeMutableRawPointer?
    let later = table(24..<40)
    #expect(later.call { suffice_fit_update(first, "{\"seed\": \"4\"}", $0, $1, $2, $3, $4, $5, 0.5, nil, &next) } == 0)
    defer { suffice_fit_free(next) }
    var settings = FitSettings()
    settings.seed = 4
    var session = try FitSession(
      updating: swiftFit(0..<24), with: swiftTable(24..<40), forgetting: 0.5, settings: settings)
    try session.run()
    var weights = [0.0, 0]
    #expect(suffice_fit_parameter(next, "weights", "concentration", &weights, 2) == 0)
    #expect(weights == session.fit.marginal("weights")?.parameters(0)[0].values)
    #expect(abs(weights[0] + weights[1] - (0.2 + 12 + 16)) < 1e-9)
  }

  /// A sweep over floats with strides is the sum over labels that plain loops find.
  @Test func sweepsMixtures() {
    let values: [Float] = (0..<30).map { Float(sin(Double($0 * $0))) }
    let (center, weights, bias) = ([0.25, -0.5], [0.5, -1, 0.25, 1.0], [0.1, -0.2])
    var counts = [0.0, 0], sums = [0.0, 0, 0, 0], total = 0.0
    var best = [Int64](repeating: -1, count: 10)
    let rowWeights = (0..<10).map { Double($0 % 3) }
    // The first two numbers of each three.
    let code = suffice_mixture_sweep(
      values, 1, 10, 2, 12, 4, rowWeights, 0, 2, center, weights, nil, bias, 0, &counts, &sums, &total, nil, nil, &best,
      2)
    #expect(code == 0)
    var (wantedCounts, wantedSums, wantedTotal) = ([0.0, 0], [0.0, 0, 0, 0], 0.0)
    for row in 0..<10 {
      let x = (0..<2).map { Double(values[3 * row + $0]) - center[$0] }
      let scores = (0..<2).map { k in bias[k] + weights[2 * k] * x[0] + weights[2 * k + 1] * x[1] }
      let normalizer = log(exp(scores[0]) + exp(scores[1]))
      wantedTotal += rowWeights[row] * normalizer
      for k in 0..<2 {
        let r = rowWeights[row] * exp(scores[k] - normalizer)
        wantedCounts[k] += r
        for d in 0..<2 { wantedSums[2 * k + d] += r * x[d] }
      }
      #expect(best[row] == (scores[1] > scores[0] ? 1 : 0))
    }
    func near(_ a: [Double], _ b: [Double]) -> Bool { zip(a, b).allSatisfy { abs($0 - $1) < 1e-5 } }
    #expect(near(counts, wantedCounts) && near(sums, wantedSums) && near([total], [wantedTotal]))
  }
}
