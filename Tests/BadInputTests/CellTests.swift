import Models
import Suffice
import Testing

@Suite struct CellTests {
  @Test func cellsThatAreNoNumbers() throws {
    let end = ", but \"x\" takes finite numbers."
    #expect(
      refusal(NormalSample(), try table([[1, 2, .infinity]])) == "the table: column \"a\", row 3 is inf" + end)
    #expect(
      refusal(PoissonMixture(), try table([[-.infinity, 2]]), bind: ["x": ["a"]])
        == "the table: column \"a\", row 1 is -inf" + end)
  }

  /// A row whose only cell is missing is as good as none.
  @Test func missingCells() throws {
    let (whole, holed) = (try table([[1, 2, 4]]), try table([[1, .nan, 2, 4, .nan]]))
    let expected = try Fit(NormalSample(), to: whole)
    let found = try Fit(NormalSample(), to: holed)
    #expect(agree([found.bound], [expected.bound]))
    #expect(found.naturals.count == expected.naturals.count)
    for (a, b) in zip(found.naturals, expected.naturals) { #expect(agree(a, b)) }
    let (few, all) = (
      try FitSession(ModelGraph(NormalSample()), to: holed), try FitSession(ModelGraph(NormalSample()), to: whole)
    )
    #expect(few.engine.data.emptyRowCount == 2 && all.engine.data.emptyRowCount == 0)
  }

  /// A missing label says nothing of the other columns of its row, and nothing of its own profile.
  @Test func missingLabels() throws {
    func fit(_ values: [Double]) throws -> Fit {
      var model = MixedMixture()
      model.components = 1
      return try Fit(
        model,
        to: DataTable(columns: [Column(name: "kind", values: values, kind: .categorical(levels: ["no", "yes"]))]),
        bind: ["categories": ["kind"]])
    }
    let profile = try #require(fit([0, 1, .nan, 1]).marginal("profile")?.parameter("concentration").first)
    #expect(agree(profile, [1.5, 2.5]))
  }

  @Test func whollyMissingColumns() throws {
    let message =
      "the table: column \"b\" is wholly missing: it says nothing. Leave it out, or bind other columns to \"x\"."
    #expect(refusal(GaussianMixture(), try table([[1, 2, 3], [.nan, .nan, .nan]])) == message)
  }

  /// A column that is built by hand may hold labels that it does not have.
  @Test(arguments: [(2.0, "2"), (-1, "-1"), (0.5, "0.5")])
  func labelsThatDoNotExist(value: Double, shown: String) throws {
    let labels = Column(name: "kind", values: [0, 1, value], kind: .categorical(levels: ["no", "yes"]))
    #expect(
      refusal(MixedMixture(), try DataTable(columns: [labels]), bind: ["categories": ["kind"]])
        == "the table: column \"kind\", row 3 is the label \(shown), but the column has the labels 0 to 1.")
    #expect(
      refusal(BernoulliMixture(), try DataTable(columns: [labels]))
        == "the table: column \"kind\", row 3 is the label \(shown), but the column has the labels 0 to 1.")
  }

  @Test func negativeCounts() throws {
    let data = try table([[1, 0, -2], [4, 2, 3]])
    #expect(
      refusal(PoissonMixture(), data, bind: ["x": ["a", "b"]])
        == "the table: column \"a\", row 3 is -2, but \"x\" is Poisson: a count 0, 1, 2 … was expected.")
    #expect(
      refusal(PoissonMixture(), try table([[1, 0, -2]]))
        == "the table: no column fits \"x\", which takes columns of counts 0, 1, 2 …; column \"a\" is -2 in row 3. Bind columns "
        + "to it; there are \"a\".")
  }

  @Test func brokenCounts() throws {
    #expect(
      refusal(PoissonMixture(), try table([[1, 0.5, 2]]), bind: ["x": ["a"]])
        == "the table: column \"a\", row 2 is 0.5, but \"x\" is Poisson: a count 0, 1, 2 … was expected.")
  }

  @Test func answersThatAreNotBinary() throws {
    #expect(
      refusal(BernoulliMixture(), try table([[1, 0, 2]]), bind: ["x": ["a"]])
        == "the table: column \"a\", row 3 is 2, but \"x\" is Bernoulli: 0 or 1 was expected.")
    #expect(
      refusal(BernoulliMixture(), try table([[1, 0, 2]]))
        == "the table: no column fits \"x\", which takes columns of 0 and 1, or with two levels; column \"a\" is 2 in row 3. "
        + "Bind columns to it; there are \"a\".")
    let three = Column(name: "kind", values: [0, 1, 2], kind: .categorical(levels: ["no", "yes", "maybe"]))
    #expect(
      refusal(BernoulliMixture(), try DataTable(columns: [three]), bind: ["x": ["kind"]])
        == "the table: column \"kind\" has 3 levels, but \"x\" takes columns of 0 and 1 or with two levels.")
  }

  @Test func emptyTable() throws {
    #expect(refusal(GaussianMixture(), try DataTable(columns: [])) == "the table has no columns.")
    for model in [GaussianMixture(), PoissonMixture(), BernoulliMixture(), MixedMixture()] as [any Model] {
      #expect(refusal(model, try table([[], []])) == "the table has no rows.")
    }
  }
}
