import Suffice
import SufficeTesting
import Testing

/// Two effects that two hidden labels choose.
private protocol TwoEffects: Model {
  var wa: Latent<Dirichlet> { get }
  var wb: Latent<Dirichlet> { get }
  var a: Latent<Normal> { get }
  var b: Latent<Normal> { get }
  var noise: Latent<Gamma> { get }
  var la: Latent<Categorical> { get }
  var lb: Latent<Categorical> { get }
  var y: Observed<Normal> { get }
}

extension TwoEffects {
  @ModelBuilder var body: [Statement] {
    wa ~ Dirichlet(concentration: 1.0, count: 2)
    wb ~ Dirichlet(concentration: 1.0, count: 3)
    Plate("ka", 2) { a ~ Normal(mean: y.mean, precision: 0.1 * y.precision) }
    Plate("kb", 3) { b ~ Normal(mean: 0.0, precision: 0.1 * y.precision) }
    noise ~ Gamma(shape: 0.5, rate: 0.05 * y.variance)
    Plate.rows {
      la ~ Categorical(wa)
      lb ~ Categorical(wb)
      y ~ Normal(mean: a[la] + b[lb], precision: noise)
    }
  }
}

/// Two chains of labels whose effects add up.
private protocol TwoChains: Model {
  var ta: Latent<Dirichlet> { get }
  var tb: Latent<Dirichlet> { get }
  var a: Latent<Normal> { get }
  var b: Latent<Normal> { get }
  var noise: Latent<Gamma> { get }
  var la: Latent<Categorical> { get }
  var lb: Latent<Categorical> { get }
  var y: Observed<Normal> { get }
}

extension TwoChains {
  @ModelBuilder var body: [Statement] {
    Plate("ka", 2) {
      ta ~ Dirichlet(concentration: 1.0, count: 2)
      a ~ Normal(mean: y.mean, precision: 0.1 * y.precision)
    }
    Plate("kb", 3) {
      tb ~ Dirichlet(concentration: 1.0, count: 3)
      b ~ Normal(mean: 0.0, precision: 0.1 * y.precision)
    }
    noise ~ Gamma(shape: 0.5, rate: 0.05 * y.variance)
    Chain {
      la ~ MarkovChain(initial: Categorical([0.5, 0.5]), transition: Categorical(ta[la.previous]))
      lb ~ MarkovChain(initial: Categorical([0.3, 0.3, 0.4]), transition: Categorical(tb[lb.previous]))
      y ~ Normal(mean: a[la] + b[lb], precision: noise)
    }
  }
}

/// Products of an effect of each of two groups.
private protocol Products: Model {
  var a: Latent<MultivariateNormal> { get }
  var b: Latent<MultivariateNormal> { get }
  var noise: Latent<Gamma> { get }
  var left: Groups { get }
  var right: Groups { get }
  var y: Observed<Normal> { get }
}

extension Products {
  @ModelBuilder var body: [Statement] {
    Plate(per: left) { a ~ MultivariateNormal(mean: 0.0, precision: 1.0, count: 1) }
    Plate(per: right) { b ~ MultivariateNormal(mean: 0.0, precision: 0.1, count: 1) }
    noise ~ Gamma(shape: 1, rate: 1)
    Plate.rows { y ~ Normal(mean: a[left] * b[right], precision: noise) }
  }
}

/// The order in which a model declares its variables decides nothing: default fits reach one bound.
@Suite struct DeclarationOrderTests {
  private struct Effects: TwoEffects {
    let wa = Latent<Dirichlet>(), wb = Latent<Dirichlet>(), a = Latent<Normal>(), b = Latent<Normal>()
    let noise = Latent<Gamma>(), la = Latent<Categorical>(), lb = Latent<Categorical>(), y = Observed<Normal>()
  }

  private struct EffectsOtherLabels: TwoEffects {
    let wa = Latent<Dirichlet>(), wb = Latent<Dirichlet>(), a = Latent<Normal>(), b = Latent<Normal>()
    let noise = Latent<Gamma>(), lb = Latent<Categorical>(), la = Latent<Categorical>(), y = Observed<Normal>()
  }

  private struct EffectsBackwards: TwoEffects {
    let y = Observed<Normal>(), lb = Latent<Categorical>(), la = Latent<Categorical>(), noise = Latent<Gamma>()
    let b = Latent<Normal>(), a = Latent<Normal>(), wb = Latent<Dirichlet>(), wa = Latent<Dirichlet>()
  }

  private struct Chains: TwoChains {
    let ta = Latent<Dirichlet>(), tb = Latent<Dirichlet>(), a = Latent<Normal>(), b = Latent<Normal>()
    let noise = Latent<Gamma>(), la = Latent<Categorical>(), lb = Latent<Categorical>(), y = Observed<Normal>()
  }

  private struct ChainsBackwards: TwoChains {
    let y = Observed<Normal>(), lb = Latent<Categorical>(), la = Latent<Categorical>(), noise = Latent<Gamma>()
    let b = Latent<Normal>(), a = Latent<Normal>(), tb = Latent<Dirichlet>(), ta = Latent<Dirichlet>()
  }

  private struct Forwards: Products {
    let a = Latent<MultivariateNormal>(), b = Latent<MultivariateNormal>(), noise = Latent<Gamma>()
    let left = Groups(), right = Groups(), y = Observed<Normal>()
  }

  private struct Backwards: Products {
    let y = Observed<Normal>(), right = Groups(), left = Groups(), noise = Latent<Gamma>()
    let b = Latent<MultivariateNormal>(), a = Latent<MultivariateNormal>()
  }

  /// Random numbers differ with the order, and so do ends within what a fit's tolerance leaves.
  private let near = Tolerance.absolute(
    0.5, because: "fits end within a thousandth of a nat a row, and 300 rows are fitted")

  /// Rows of a level of two and an offset of three.
  private func effects(staying: UInt64 = 1) throws -> DataTable {
    var random = RandomSource(seed: 11)
    var (i, j) = (0, 0)
    return try DataTable([
      "y": (0..<300).map { _ in
        if random.next() % staying == 0 { i = Int(random.next() % 2) }
        if random.next() % staying == 0 { j = Int(random.next() % 3) }
        return [0.0, 10][i] + [-2.0, 0, 3][j] + 0.3 * random.normal()
      }
    ])
  }

  @Test func labels() throws {
    let table = try effects()
    let bounds = try ([Effects(), EffectsOtherLabels(), EffectsBackwards()] as [any Model]).map {
      try Fit($0, to: table).bound
    }
    for bound in bounds { #expect(near.allows(bound, bounds.max() ?? 0)) }
  }

  @Test func chains() throws {
    let table = try effects(staying: 8)
    let bounds = try ([Chains(), ChainsBackwards()] as [any Model]).map { try Fit($0, to: table).bound }
    #expect(near.allows(bounds[0], bounds[1]))
  }

  @Test func products() throws {
    var random = RandomSource(seed: 2)
    let (a, b) = ((0..<12).map { _ in random.normal() }, (0..<25).map { _ in 3 * random.normal() })
    let places = (0..<300).map { (row: $0 % 12, column: $0 / 12) }
    func levels(_ count: Int) -> Column.Kind { .categorical(levels: (0..<count).map { "l\($0)" }) }
    let table = try DataTable(columns: [
      Column(name: "left", values: places.map { Double($0.row) }, kind: levels(12)),
      Column(name: "right", values: places.map { Double($0.column) }, kind: levels(25)),
      Column(name: "y", values: places.map { a[$0.row] * b[$0.column] + random.normal() }),
    ])
    let bounds = try ([Forwards(), Backwards()] as [any Model]).map { try Fit($0, to: table).bound }
    #expect(near.allows(bounds[0], bounds[1]))
  }

  /// A start that names both labels is taken whole; of one that names one, the other is found.
  @Test func startsOfSeveralLabels() throws {
    let table = try effects()
    let fit = try Fit(Effects(), to: table)
    let found = try Application(fit, to: table).responsibilitiesOfAllLabels()
    func again(_ names: [String], _ model: any Model = Effects()) throws -> Fit {
      var settings = FitSettings()
      settings.start = .given(
        Dictionary(
          uniqueKeysWithValues: found.filter { names.contains($0.label) }.map { ($0.label, .probabilities($0.values)) })
      )
      return try Fit(model, to: table, settings: settings)
    }
    #expect(near.allows(try again(["la", "lb"]).bound, fit.bound))
    #expect(near.allows(try again(["la", "lb"], EffectsBackwards()).bound, fit.bound))
    // Without lb, its effects do not stay equal.
    for name in ["la", "lb"] { #expect(near.allows(try again([name]).bound, fit.bound)) }
    var settings = FitSettings()
    settings.start = .given(["lc": .values([0])])
    do {
      _ = try Fit(Effects(), to: table, settings: settings)
      Issue.record("a label that the model does not have")
    } catch {
      #expect("\(error)".contains("\"lc\", which is no label of the rows of effects: these have \"la\", \"lb\""))
    }
  }
}
