import CKernels
import Foundation
import Testing

extension KernelTests {
  @Suite struct RowTests {
    private let rows = 5

    private func index(_ m: Int, _ numbers: inout Numbers) -> [Double] {
      (0..<m).map { i in i % 5 == 3 ? .nan : (numbers.next() * Double(rows)).rounded(.down) }
    }

    @Test func gather() throws {
      var numbers = Numbers(seed: 1)
      try atEachLevel { level in
        for width in counts {
          for m in counts {
            let (table, index) = (numbers.array(rows * width), index(m, &numbers))
            // Eight doubles a row vector that are not the kernel's to touch.
            let ldt = padded(m) + 8
            let before = numbers.array(max(1, width * ldt))
            for adding in [false, true] {
              var (tile, wanted) = (before, before)
              suffice_gather_rows(&tile, ldt, table, width, index, m, adding ? 1 : 0)
              for f in 0..<width {
                for i in 0..<m {
                  let value = index[i].isNaN ? 0 : table[Int(index[i]) * width + f]
                  wanted[f * ldt + i] = value + (adding ? wanted[f * ldt + i] : 0)
                }
                for i in m..<padded(m) { tile[f * ldt + i] = wanted[f * ldt + i] }
              }
              try #require(tile == wanted, "level \(level), width \(width), m \(m), adding \(adding)")
            }
          }
        }
      }
    }

    @Test func scatter() throws {
      var numbers = Numbers(seed: 2)
      try atEachLevel { level in
        for width in counts {
          for m in counts {
            let index = index(m, &numbers)
            let ldt = padded(m) + 8
            var tile = numbers.array(max(1, width * ldt))
            for f in 0..<width { for i in m..<padded(m) { tile[f * ldt + i] = .nan } }
            var table = numbers.array(rows * width + 1)
            var wanted = table
            suffice_scatter_rows(&table, width, tile, ldt, index, m)
            for i in 0..<m where !index[i].isNaN {
              for f in 0..<width { wanted[Int(index[i]) * width + f] += tile[f * ldt + i] }
            }
            try #require(table == wanted, "level \(level), width \(width), m \(m)")
          }
        }
      }
    }

    @Test func noTableWhereAllAreMissing() throws {
      try atEachLevel { _ in
        let index = [Double](repeating: .nan, count: 9)
        var tile = [Double](repeating: 1, count: 3 * 16)
        suffice_gather_rows(&tile, 16, [], 3, index, 9, 0)
        for f in 0..<3 { try #require(tile[(f * 16)..<(f * 16 + 9)].allSatisfy { $0 == 0 }) }
        suffice_scatter_rows(nil, 3, tile, 16, index, 9)
      }
    }

    @Test func products() throws {
      var numbers = Numbers(seed: 3)
      try atEachLevel { level in
        for m in counts {
          let (a, b, before) = (numbers.array(m), numbers.array(m), numbers.array(m + 1))
          for adding in [false, true] {
            for second in [b, nil] {
              var out = before
              var wanted = before
              suffice_multiply_add(&out, a, second, 1.7, m, adding ? 1 : 0)
              for i in 0..<m {
                wanted[i] = (adding ? wanted[i] : 0) + 1.7 * a[i] * (second?[i] ?? 1)
              }
              try #require(close(out, wanted, within: 1e-15) && out[m] == before[m], "level \(level), m \(m)")
            }
          }
        }
      }
    }
  }
}
