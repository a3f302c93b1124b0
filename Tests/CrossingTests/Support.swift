import Foundation
import Suffice
import SufficeTesting

/// What is crossed: all subsets of the features where they are asked for (`make laws`), and otherwise all at once.
let crossings: Crossings = ProcessInfo.processInfo.environment["SUFFICE_LAWS"] == "all" ? .all : .covering

/// Rows of every kind, in groups, sequences and two clusters.
func rows(_ count: Int = 48) throws -> DataTable {
  var random = RandomSource(seed: 3)
  func normal() -> [Double] { (0..<count).map { _ in random.normal() } }
  let side = (0..<count).map { Double($0 % 2) }
  let (a, b, noise) = (normal(), normal(), normal())
  let chance = (0..<4 * count).map { _ in random.uniform() }
  func each(_ value: (Int) -> Double) -> [Double] { (0..<count).map(value) }
  let sum = each { 1 + a[$0] - 0.5 * b[$0] + 0.5 * noise[$0] }
  let binary = (0..<4).map { j in
    Column(name: "q\(j)", values: each { chance[4 * $0 + j] < (side[$0] > 0 ? 0.8 : 0.3) ? 1 : 0 })
  }
  return try DataTable(
    columns: [
      Column(name: "a", values: each { 20 + a[$0] + 4 * side[$0] }),
      Column(name: "b", values: each { b[$0] - 3 * side[$0] }),
      Column(name: "sum", values: sum), Column(name: "other", values: each { -a[$0] + noise[count - 1 - $0] }),
      Column(name: "count", values: each { max((sum[$0] + 3 * side[$0]).rounded(), 0) }),
      Column(name: "visits", values: each { (3 * chance[4 * $0]).rounded() + side[$0] }),
      Column(name: "years", values: each { 1 + abs(b[$0]) }),
      Column(name: "time", values: each { _exp(0.5 * a[$0]) + 0.75 }),
      Column(name: "group", values: each { Double($0 % 4) }),
      Column(name: "item", values: each { Double($0 / 4 % 3) }),
      Column(name: "run", values: each { Double($0 / 12) }),
      Column(
        name: "kind", values: sum.map { $0 > 1 ? 0 : $0 > 0 ? 1 : 2 }, kind: .categorical(levels: ["u", "v", "w"])),
      Column(
        name: "sort", values: each { Double(Int(4 * chance[4 * $0 + 1])) },
        kind: .categorical(levels: ["k", "l", "m", "n"])),
    ] + binary)
}
