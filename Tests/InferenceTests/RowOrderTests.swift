import Suffice
import Testing

/// Random orders and nested samples that take no memory.
@Suite struct RowOrderTests {
  private func numbers(_ rows: RowSelection) -> [Int] {
    switch rows {
    case .range(let range): Array(range)
    case .list(let list): list.map(Int.init)
    }
  }

  @Test(arguments: [1, 2, 3, 36, 37, 1000, 65_537])
  func passesArePermutations(total: Int) {
    let order = RowOrder(total: total, aside: total / 3, random: RandomSource(seed: 5))
    let kept = order.keptAside.map(Int.init)
    #expect(kept.count == total / 3)
    let all = numbers(order.all)
    #expect((all + kept).sorted() == Array(0..<total))
    for pass in 0..<3 {
      let half = order.count / 2
      let taken = numbers(order.rows(0..<half, ofPass: pass)) + numbers(order.rows(half..<order.count, ofPass: pass))
      #expect(taken.sorted() == all)
    }
  }

  /// Passes differ, and a batch is not a stretch of the data.
  @Test func passesAreRandom() {
    let order = RowOrder(total: 10_000)
    let (first, second) = (numbers(order.rows(0..<1000, ofPass: 0)), numbers(order.rows(0..<1000, ofPass: 1)))
    // Of 1000 rows about 100 are in both; 160 are six deviations off.
    #expect(Set(first).intersection(second).count < 160)
    let mean = Double(first.reduce(0, +)) / 1000
    // The mean of 1000 of 10,000 rows has a deviation of 87.
    #expect(abs(mean - 4999.5) < 6 * 87)
  }

  @Test(arguments: [1, 2, 5, 64, 1000, 1023])
  func samplesAreNested(total: Int) {
    let order = RowOrder(total: total, random: RandomSource(seed: 1))
    for level in 1...(order.levels + 1) {
      let (sample, below) = (numbers(order.sample(level: level)), Set(numbers(order.sample(level: level - 1))))
      #expect(sample.count == order.sampleCount(level: level))
      #expect(Set(sample).isSubset(of: below))
      // One row of each stratum.
      #expect(sample.enumerated().allSatisfy { $0.element >> level == $0.offset && $0.element < total })
    }
  }

  /// Rows are drawn by numbers of 32 bits: of more rows, samples are of the first ones.
  @Test func samplesOfMoreRowsThanNumbers() {
    let order = RowOrder(total: 5_000_000_000)
    #expect(order.sampleCount(level: 0) == 5_000_000_000)
    let sample = numbers(order.sample(level: 21))
    #expect(sample.count == order.sampleCount(level: 21) && sample.count == 1024)
    #expect(zip(sample, sample.dropFirst()).allSatisfy(<) && sample[0] >= 0)
    #expect(Set(sample).isSubset(of: numbers(order.sample(level: 20))))
  }
}
