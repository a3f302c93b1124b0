import Models
import Suffice
import Testing

@Suite struct LevelTests {
  /// Two thousand levels, each seen once or twice: with one component the posterior is known.
  @Test func manyLevels() throws {
    let count = 2000
    let values = (0..<3000).map { Double($0 % count) }
    let column = Column(name: "city", values: values, kind: .categorical(levels: (0..<count).map { "city \($0)" }))
    var model = MixedMixture()
    model.components = 1
    let fit = try Fit(model, to: DataTable(columns: [column]))
    let profile = try #require(fit.marginal("profile")?.parameter("concentration").first)
    #expect(agree(profile, (0..<count).map { $0 < 1000 ? 2.5 : 1.5 }))
  }

  /// As many levels as rows: each has been seen once.
  @Test func asManyLevelsAsRows() throws {
    var model = MixedMixture()
    model.components = 1
    let fit = try Fit(
      model, to: table([(0..<10_001).map(Double.init)]), bind: ["categories": ["a"]])
    let profile = try #require(fit.marginal("profile")?.parameter("concentration").first)
    #expect(agree(profile, [Double](repeating: 1.5, count: 10_001)))
  }

  /// One level says nothing, and does no harm.
  @Test func oneLevel() throws {
    let column = Column(name: "kind", values: [0, 0, 0], kind: .categorical(levels: ["only"]))
    let fit = try Fit(MixedMixture(), to: DataTable(columns: [column]))
    #expect(fit.bound.isFinite)
    #expect(fit.marginal("profile")?.means == Array(repeating: [1], count: 10))
  }

  /// Known weights of labels that do not sum to 1 mean the probabilities in proportion to them.
  @Test func weightsThatDoNotSumToOne() throws {
    struct Words: Model {
      @Hyperparameter("What the weights sum to.") var total = 1.0
      let word = Observed<Categorical>()
      var body: [Statement] { Plate.rows { word ~ Categorical([0.25 * total, 0.75 * total]) } }
    }
    let column = Column(name: "word", values: [0, 1, 1], kind: .categorical(levels: ["no", "yes"]))
    var model = Words()
    for total in [1, 4, 0.5] {
      model.total = total
      // log ¼ + 2 log ¾
      #expect(agree([try Fit(model, to: DataTable(columns: [column])).bound], [-1.9616585060234524]))
    }
  }
}
