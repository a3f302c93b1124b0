import Suffice
import Testing

@Suite struct FitFileTests {
  private func rewritten(_ fit: Fit, families: [Family] = []) throws -> Fit {
    let folder = try TemporaryFolder()
    try FitFile.write(fit, to: folder.file("fit"))
    return try FitFile.read(folder.file("fit"), families: families)
  }

  @Test func roundTrips() throws {
    for fit in try [
      Example.mixture(), Example.sample(), Fit(Grid(), to: Example.rows(), settings: Example.settings(passes: 2)),
    ] {
      let read = try rewritten(fit)
      #expect(isIdentical(read, fit))
      #expect(read.withoutTrace == fit.withoutTrace)
      #expect(read.model == fit.model)
    }
  }

  /// One row has no variance, and a stochastic fit no bound.
  @Test func keepsNumbersThatJSONHasNot() throws {
    let row = try Example.sample([2.5])
    #expect(row.model.facts.observed[0].variance[0].isNaN)
    let fit = Fit(
      model: row.model, naturals: row.naturals, bound: -.nan,
      trace: [
        TraceEntry(pass: 1, rows: 3, bound: .nan, heldOut: -1.25, seconds: 0.1),
        TraceEntry(pass: 2, rows: 3, bound: -.infinity, heldOut: -.nan, seconds: -0.0),
      ], restartBounds: [.infinity, .leastNonzeroMagnitude], converged: true, settings: ["ü": "\n", "": ""])
    #expect(isIdentical(try rewritten(fit), fit))
    let bare = Fit(
      model: row.model, naturals: row.naturals, bound: .infinity, trace: [], restartBounds: [], converged: false,
      settings: [:])
    #expect(isIdentical(try rewritten(bare), bare))
  }

  @Test func predictsTheSame() throws {
    let new = try Example.rows(20, seed: 7)
    let fit = try Example.mixture()
    let (before, after) = try (Application(fit, to: new), Application(rewritten(fit), to: new))
    #expect(isIdentical(try before.logDensities(), try after.logDensities()))
    #expect(isIdentical(before.responsibilities()?.values ?? [], after.responsibilities()?.values ?? [.nan]))
    let sample = try Example.sample()
    let table = try DataTable(["y": [0, 1, 2]])
    #expect(
      isIdentical(
        try Application(sample, to: table).logDensities(), try Application(rewritten(sample), to: table).logDensities())
    )
  }

  @Test func keepsFamiliesOfOnesOwn() throws {
    let fit = try Fit(Distances(), to: DataTable(["r": [0.5, 1, 2]]), settings: Example.settings())
    #expect(isIdentical(try rewritten(fit, families: [Family(Rayleigh.self)]), fit))
    let folder = try TemporaryFolder()
    try FitFile.write(fit, to: folder.file("fit"))
    expectError(
      is:
        "fit: the fit uses the family \"Rayleigh\", which is not the library's; apply it with the model file that it was fitted with.",
      in: folder
    ) { () throws(DataError) in _ = try FitFile.read(folder.file("fit")) }
  }

  @Test func equalFitsGiveEqualFiles() throws {
    let folder = try TemporaryFolder()
    let fit = try Example.mixture()
    try FitFile.write(fit, to: folder.file("a"))
    try FitFile.write(FitFile.read(folder.file("a")), to: folder.file("b"))
    #expect(try folder.bytes("a") == folder.bytes("b"))
  }

  @Test func holdsArraysForPeople() throws {
    let folder = try TemporaryFolder()
    let fit = try Example.mixture()
    try FitFile.write(fit, to: folder.file("fit"))
    let file = try SafeTensors(path: folder.file("fit"))
    let cluster = try #require(fit.marginal("cluster"))
    #expect(file["weights.concentration"]?.shape == [3])
    #expect(file["cluster.mean"]?.shape == [3, 2])
    #expect(file["cluster.mean"]?.values == cluster.parameter("mean").flatMap { $0 })
    #expect(file["cluster.mean"]?.values.allSatisfy { $0 < 20 || $0 > 999_990 } == true)
    #expect(file["cluster.meanPrecision"]?.shape == [3])
    #expect(file["cluster.covariance"]?.shape == [3, 2, 2])
    for (member, packed) in cluster.parameter("covariance").enumerated() {
      let whole = Array(file["cluster.covariance"]?.values[member * 4..<member * 4 + 4] ?? [])
      #expect(whole == [packed[0], packed[1], packed[1], packed[2]])
    }
    #expect(file["natural/cluster"]?.shape == [3, 7])
    #expect(file["natural/cluster"]?.values == fit.naturals[1])
    #expect(file["center/x"]?.values == fit.model.facts.observed[0].mean)
    #expect(file["trace/pass"]?.values == fit.trace.map { Double($0.pass) })
    #expect(file["restartBounds"]?.values == fit.restartBounds)
    #expect(file.metadata["bound"].flatMap(Double.init) == fit.bound)
    #expect(file.metadata["version"] == "4")
    #expect(file.metadata["converged"] == "\(fit.converged)")

    try FitFile.write(Fit(Grid(), to: Example.rows(), settings: Example.settings(passes: 2)), to: folder.file("grid"))
    let grid = try SafeTensors(path: folder.file("grid"))
    #expect(grid["cell.mean"]?.shape == [2, 3, 2])
    #expect(grid["cell.covariance"]?.shape == [2, 3, 2, 2])
    #expect(grid["cell.degreesOfFreedom"]?.shape == [2, 3])
    #expect(grid["natural/cell"]?.shape == [6, 7])
  }

  @Test func refusesToWriteWhatIsNoFit() throws {
    let fit = try Example.sample()
    func changed(_ naturals: [[Double]]) -> Fit {
      Fit(
        model: fit.model, naturals: naturals, bound: 0, trace: [], restartBounds: [], converged: true, settings: [:])
    }
    for (naturals, finding) in [
      ([], "it has the parameters of 0 variables, but its model has 2"),
      ([[1, -1, 0], [-1, 1]], "\"mean\" has 3 natural parameters, but its model asks for 1 × 2"),
      ([[1, 1], [-1, 1]], "the parameters of \"mean\" are not those of a Normal"),
      ([[1, -1], [-1, .nan]], "the parameters of \"precision\" are not those of a Gamma"),
    ] {
      expectError(is: "fit: the fit cannot be written: \(finding).") { () throws(DataError) in
        try FitFile.write(changed(naturals), to: "fit")
      }
    }
  }
}
