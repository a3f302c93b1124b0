import Models
import Suffice
import Testing

@testable import PlanIR

/// Memory that is not there.
@Suite struct MemoryTests {
  private let table = try? DataTable(["x": (0..<300).map { Double($0 % 17) }])

  private func refusal(
    limit: Int?, components: Int = 10, _ change: (inout FitSettings) throws -> Void = { _ in }
  ) throws -> String? {
    var model = GaussianMixture()
    model.components = components
    var settings = FitSettings()
    settings.restarts = 1
    try change(&settings)
    let table = try #require(table)
    return Memory.$limit.withValue(limit) {
      do throws(FitError) {
        _ = try Fit(model, to: table, settings: settings)
        return nil
      } catch { return "\(error)" }
    }
  }

  @Test func noRoomForParameters() throws {
    #expect(try refusal(limit: nil) == nil)
    let message = try #require(try refusal(limit: 20_000))
    #expect(message.hasPrefix("there is no room in memory for the "))
    #expect(message.hasSuffix(" MB were asked for."))
  }

  @Test func noRoomForMembers() throws {
    let message = try #require(try refusal(limit: 100_000, components: 1000))
    #expect(message.hasPrefix("there is no room in memory for the 1000 members of \"cluster\""))
    #expect(message.contains("fewer components"))
  }

  /// Whichever request is refused, the fit ends with an error or succeeds.
  @Test(arguments: [0, 1 << 10, 1 << 14, 1 << 16, 1 << 17, 1 << 18, 1 << 20, 1 << 22]) func anyLimit(limit: Int) throws
  {
    if let message = try refusal(limit: limit) { #expect(message.contains("no room in memory")) }
  }

  @Test func startsWithoutNumber() throws {
    #expect(
      try refusal(limit: nil) { $0.restarts = .max }
        == "there is no room in memory for the parameters of 9223372036854775807 starts: more bytes than can be counted "
        + "were asked for.")
  }

  @Test func partsWithoutRoom() throws {
    let limit = 1 << 20
    #expect(try refusal(limit: limit) { $0.schedule = try MemoizedAscent(parts: 3) } == nil)
    let message = try refusal(limit: limit) { $0.schedule = try MemoizedAscent(parts: .max) }
    #expect(message?.hasPrefix("there is no room in memory for the sums over 300 parts of the rows") ?? true)
  }

  /// Rows without data are left out by copying the others, where there is room.
  @Test func emptyRowsWithoutRoom() throws {
    let table = try DataTable(["x": (0..<50).map { $0 % 10 == 3 ? .nan : Double($0 % 17) }])
    Memory.$limit.withValue(100) {
      do throws(FitError) {
        _ = try Fit(DiagonalGaussianMixture(), to: table)
        Issue.record("there was room")
      } catch {
        #expect(
          error.description
            == "the table: 5 of 50 rows are empty, and there is no room in memory for a copy without them. Leave them out of "
            + "the file.")
      }
    }
  }

  /// Sizes that no number of 64 bits holds are refused, not computed.
  @Test func sizesThatOverflow() {
    #expect(Memory.bytes(3, 5) == 120)
    #expect(Memory.bytes(.max) == nil && Memory.bytes(1 << 31, 1 << 31) == nil)
    #expect(!Memory.has(nil) && !Memory.has(.max) && Memory.has(1 << 25))
  }

  /// Batches larger than the data are all rows.
  @Test func batchesWithoutNumber() throws {
    #expect(try refusal(limit: nil) { $0.schedule = try StochasticNaturalGradient(batchSize: .max) } == nil)
    #expect(try refusal(limit: nil) { $0.threads = .max } == nil)
  }
}
