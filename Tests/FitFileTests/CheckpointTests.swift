import Suffice
import Testing

@Suite struct CheckpointTests {
  private func checkpoint(_ schedule: any Schedule) throws -> FitCheckpoint {
    var settings = Example.settings(passes: 3)
    settings.schedule = schedule
    var session = try FitSession(ModelGraph(Mixture()), to: Example.rows(), settings: settings)
    try session.start()
    _ = try session.step()
    _ = try session.step()
    return try #require(session.checkpoint)
  }

  @Test func roundTrips() throws {
    let folder = try TemporaryFolder()
    for schedule in [
      CoordinateAscent(), try StochasticNaturalGradient(batchSize: 5, rates: .adaptive), try MemoizedAscent(parts: 2),
    ] as [any Schedule] {
      let written = try checkpoint(schedule)
      try CheckpointFile.write(written, command: ["/tmp", "fit", "ü \n\""], to: folder.file("c"))
      let (read, command) = try CheckpointFile.read(folder.file("c"))
      #expect(command == ["/tmp", "fit", "ü \n\""])
      #expect(read.memory.map { $0.map(\.bitPattern) } == written.memory.map { $0.map(\.bitPattern) })
      #expect(read.parts == written.parts)
      #expect(read.absorbed == written.absorbed)
      #expect(read.scheduleWords == written.scheduleWords)
      #expect(read.outcome?.direction == written.outcome?.direction)
      #expect(read.outcome?.bound.bitPattern == written.outcome?.bound.bitPattern)
      #expect(read.outcome?.parameterCount == written.outcome?.parameterCount)
      #expect(isIdentical(read.fit, written.fit))
      #expect((read.calm, read.failedMoves, read.sweptAll) == (written.calm, written.failedMoves, written.sweptAll))
      #expect(
        (read.isAscent, read.groupsGoOn, read.moved) == (written.isAscent, written.groupsGoOn, written.moved))
    }
  }

  /// A checkpoint is a fit too; a fit is no checkpoint; any flipped byte is noticed.
  @Test func recognisesDamage() throws {
    let folder = try TemporaryFolder()
    try CheckpointFile.write(try checkpoint(CoordinateAscent()), command: ["/tmp", "fit"], to: folder.file("c"))
    _ = try FitFile.read(folder.file("c"))
    try FitFile.write(Example.mixture(), to: folder.file("fit"))
    expectError(is: "fit: is a finished fit, not a checkpoint: there is nothing to resume.", in: folder) {
      () throws(DataError) in _ = try CheckpointFile.read(folder.file("fit"))
    }
    let bytes = try folder.bytes("c")
    for place in stride(from: 9, to: bytes.count, by: max(bytes.count / 97, 1)) {
      var damaged = bytes
      damaged[place] ^= 0x10
      _ = try folder.write(damaged, as: "d")
      #expect(throws: DataError.self) { try CheckpointFile.read(folder.file("d")) }
      _ = try folder.write(Array(bytes[..<place]), as: "d")
      #expect(throws: DataError.self) { try CheckpointFile.read(folder.file("d")) }
    }
  }
}
