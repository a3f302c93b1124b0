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
      #expect(read.outcome?.expectedRemainingGain.bitPattern == written.outcome?.expectedRemainingGain.bitPattern)
      #expect(read.forecastWords == written.forecastWords)
      #expect(read.acceleration == written.acceleration)
      #expect(read.passesWithoutImprovement == written.passesWithoutImprovement)
      #expect((read.failedMoves, read.sweptAll) == (written.failedMoves, written.sweptAll))
      #expect((read.isAscent, read.isBetweenPasses) == (written.isAscent, written.isBetweenPasses))
      #expect((read.groupsGoOn, read.moved) == (written.groupsGoOn, written.moved))
    }
  }

  /// Where a pass has started from extrapolated parameters, the checkpoint holds where the fit goes back to.
  @Test func keepsTheWayBack() throws {
    let folder = try TemporaryFolder()
    let acceleration = {
      var acceleration = Acceleration()
      acceleration.largestStep = 16
      acceleration.step = 2.5
      acceleration.isOn = true
      return acceleration
    }()
    for schedule in [CoordinateAscent(), try MemoizedAscent(parts: 2)] as [any Schedule] {
      let plain = try checkpoint(schedule)
      var way = acceleration
      way.trail = Array(plain.acceleration.trail.suffix(2))
      #expect(!way.trail.isEmpty)
      way.fallback = Acceleration.Fallback(bound: -0.1, memory: plain.memory, rows: plain.rows, parts: plain.parts)
      let written = FitCheckpoint(
        fit: plain.fit, memory: plain.memory, rows: plain.rows, parts: plain.parts, absorbed: plain.absorbed,
        scheduleWords: plain.scheduleWords, outcome: plain.outcome, forecastWords: plain.forecastWords,
        acceleration: way, passesWithoutImprovement: 0, judged: [], failedMoves: plain.failedMoves,
        trials: plain.trials, isAscent: true,
        isBetweenPasses: false, groupsGoOn: false, moved: plain.moved, sweptAll: plain.sweptAll, seconds: 1)
      try CheckpointFile.write(written, command: ["/tmp", "fit"], to: folder.file("c"))
      #expect(try CheckpointFile.read(folder.file("c")).checkpoint.acceleration == way)
    }
  }

  /// What rows go on from is in the file, to the bit, rows that have not been swept among it.
  @Test func keepsRows() throws {
    struct Coupled: Model {
      let level = Latent<Normal>()
      let u = Latent<Normal>(), v = Latent<Gamma>()
      let x = Observed<Normal>()
      var body: [Statement] {
        level ~ Normal(mean: 0.0, precision: 0.1)
        Plate.rows {
          u ~ Normal(mean: level, precision: 1.0)
          v ~ Gamma(shape: 2, rate: 2)
          x ~ Normal(mean: u, precision: v)
        }
      }
    }
    var settings = FitSettings()
    settings.schedule = try MemoizedAscent(parts: 2)
    settings.restarts = 1
    let table = try DataTable(["x": [0.5, -1, 2, 0.1, 3, 1, -0.5]])
    var session = try FitSession(ModelGraph(Coupled()), to: table, settings: settings)
    try session.start()
    _ = try session.step()
    let written = try #require(session.checkpoint)
    #expect(written.rows.count == 1 && written.rows[0].contains(where: \.isNaN) && !written.rows[0].allSatisfy(\.isNaN))
    let folder = try TemporaryFolder()
    try CheckpointFile.write(written, command: [], to: folder.file("c"))
    let read = try CheckpointFile.read(folder.file("c")).checkpoint
    #expect(read.rows.map { $0.map(\.bitPattern) } == written.rows.map { $0.map(\.bitPattern) })
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
