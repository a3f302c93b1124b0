import Testing

@testable import Plots

@Suite("What is drawn of the data")
struct StatisticsTests {
  @Test("a histogram covers an area of one")
  func area() {
    let values = scattered(1000).sorted()
    let bins = HistogramBins(sorted: values, view: Domain(0, 1), limit: 80)
    #expect((bins.heights.reduce(0, +) * bins.width - 1).magnitude < 1e-12)
    #expect(bins.counts.reduce(0, +) == 1000)
    #expect(bins.counts.count > 5 && bins.counts.count <= 80)
  }

  @Test("bins of rounded values are whole multiples of the rounding, with the values in their middles")
  func grain() {
    let ages = scattered(5000).map { ($0 * 60).rounded() + 20 }.sorted()
    let bins = HistogramBins(sorted: ages, view: Domain(15, 85), limit: 80)
    #expect(bins.width == bins.width.rounded())
    #expect(bins.start == 19.5)
    let tenths = scattered(5000).map { ($0 * 20).rounded() / 10 }.sorted()
    let fine = HistogramBins(sorted: tenths, view: Domain(0, 2), limit: 80)
    #expect((fine.width - 0.1).magnitude < 1e-12)
    #expect((fine.start + 0.05).magnitude < 1e-12)
  }

  @Test("heavy tails are cut and counted, light ones kept")
  func tails() {
    let light = scattered(2000).map { -8 * (1 - $0) + $0 }.sorted()
    #expect(RobustView(sorted: light).note == nil)
    let stray = (scattered(30) + [1e9]).sorted()
    let view = RobustView(sorted: stray)
    #expect(view.outside == 1)
    #expect(view.domain.upper < 2)
    #expect(view.note?.contains("1 of 31 values lies outside") == true)
    #expect(RobustView(sorted: []).domain == Domain(0, 1))
    #expect(RobustView(sorted: [Double](repeating: 7, count: 50)).note == nil)
  }

  @Test("a narrow peak between the points of the grid is found")
  func narrowPeak() {
    let sampler = CurveSampler(view: Domain(0, 1000), sorted: [437.123])
    let peak = sampler.values(of: normal(437.123, 1e-3)).max() ?? 0
    #expect(peak > 390)
    let points = sampler.points(of: normal(500, 20), tolerance: 1e-5)
    #expect(zip(points, points.dropFirst()).allSatisfy { $0.x < $1.x })
  }

  @Test("thinning keeps the ends and stays within its tolerance")
  func thinning() {
    let line = (0...1000).map { (Double($0), 3 * Double($0)) }
    #expect(CurveSampler.thinned(line, tolerance: 0.1).count == 2)
    let wave = (0...1000).map { (Double($0) / 2, 50 * normal(250, 60)(Double($0) / 2) * 150) }
    let kept = CurveSampler.thinned(wave, tolerance: 0.1)
    #expect(kept.count < 200)
    #expect(kept[0] == wave[0] && kept[kept.count - 1] == wave[1000])
    for (x, y) in wave {
      let index = max(1, kept.firstIndex { $0.0 >= x } ?? 1)
      let (left, right) = (kept[index - 1], kept[index])
      let chord = left.1 + (x - left.0) / (right.0 - left.0) * (right.1 - left.1)
      #expect((chord - y).magnitude < 0.21)
    }
  }

  @Test("a subsample has the size asked for, ascends, and is the same each time")
  func subsample() {
    let chosen = Subsample.indices(count: 100_000, limit: 1000)
    #expect(chosen.count == 1000)
    #expect(zip(chosen, chosen.dropFirst()).allSatisfy { $0 < $1 })
    #expect(chosen == Subsample.indices(count: 100_000, limit: 1000))
    #expect((400...600).contains(chosen.count { $0 < 50_000 }))
    #expect(Subsample.indices(count: 3, limit: 10) == [0, 1, 2])
    #expect(Subsample.indices(count: 3, limit: 0).isEmpty)
  }

  @Test("counts fall into cells of one, or of several where they are many")
  func cells() {
    let few = CountCells([0, 1, 1, 4], range: nil)
    #expect((few.first, few.size, few.count) == (0, 1, 5))
    #expect(few.shares(of: [0, 1, 1, 4]) == [0.25, 0.5, 0, 0, 0.25])
    let many = CountCells(Array(1000...2000), range: nil)
    #expect(many.size == 9)
    #expect(many.count <= 120)
    #expect(CountCells([.max, .min, 3], range: nil).notes.count == 1)
    #expect(CountCells([7, 7], range: nil).count == 5)
  }

  @Test("a density over a grid is joined by straight lines and ends with the grid")
  func gridded() {
    let curve = DensityCurve(label: "", grid: [0, 1, 3], values: [0, 2, 4])
    #expect([-0.1, 0, 0.5, 1, 2, 3, 3.1].map(curve.density) == [0, 0, 1, 2, 3, 4, 0])
    #expect(DensityCurve(label: "", grid: [], values: []).density(0) == 0)
    #expect(DensityCurve(label: "", grid: [2], values: [5]).density(2) == 5)
  }

  @Test("an ellipse is placed by its covariance")
  func ellipse() {
    let x = LinearScale(domain: Domain(0, 10), start: 0, end: 100)
    let y = LinearScale(domain: Domain(0, 10), start: 100, end: 0)
    let level = GaussianEllipse(label: "", meanX: 5, meanY: 5, sxx: 4, sxy: 0, syy: 1).drawn(x: x, y: y)
    #expect(level.major == 40 && level.minor == 20 && level.degrees == 0)
    let rising = GaussianEllipse(label: "", meanX: 5, meanY: 5, sxx: 1, sxy: 1, syy: 1).drawn(x: x, y: y)
    #expect((rising.degrees + 45).magnitude < 1e-9)
    #expect(rising.minor < 1e-6)
    #expect(!GaussianEllipse(label: "", meanX: 0, meanY: 0, sxx: 1, sxy: 2, syy: 1).isValid)
    #expect(!GaussianEllipse(label: "", meanX: 0, meanY: .nan, sxx: 1, sxy: 0, syy: 1).isValid)
    #expect(!GaussianEllipse(label: "", meanX: 0, meanY: 0, sxx: -1, sxy: 0, syy: 1).isValid)
    #expect(GaussianEllipse(label: "", meanX: 0, meanY: 0, sxx: 0, sxy: 0, syy: 0).isValid)
  }

  @Test("a trace is shown from where its steep start ends")
  func traceView() {
    let run = (0..<100).map { Double($0) < 3 ? -1e6 : -100 - 50 / Double($0) }
    let view = TraceView([run])
    #expect(view.domain.lower > -200)
    #expect(view.note?.contains("early values below the view; the lowest is −1,000,000.") == true)
    #expect(TraceView([[-3, -2, -1]]).note == nil)
    #expect(TraceView([[-3]]).note == "Every value is −3.")
    #expect(TraceView([]).note == nil)
  }
}
