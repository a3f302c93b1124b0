import Glibc
import Plots
import Suffice

/// A column in units of its deviation, about its mean.
public func standardised(_ column: Column, name: String? = nil) -> Column {
  let values = (0..<column.count).map { column[$0] }
  let present = values.filter { !$0.isNaN }
  let mean = average(present)
  let deviation = average(present.map { ($0 - mean) * ($0 - mean) }).squareRoot()
  return Column(name: name ?? column.name, values: values.map { ($0 - mean) / deviation })
}

/// The mean of some numbers.
public func average(_ values: [Double]) -> Double { values.reduce(0, +) / Double(max(values.count, 1)) }

extension DataTable {
  /// The values of a column.
  public func values(_ name: String) -> [Double] {
    guard let column = self[name] else { fatalError("no column \(name)") }
    return (0..<rowCount).map { column[$0] }
  }

  /// The table with only some rows.
  public func rows(where isPicked: (Int) -> Bool) throws -> DataTable {
    let picked = (0..<rowCount).filter(isPicked)
    return try DataTable(
      columns: columns.map { column in
        Column(name: column.name, values: picked.map { column[$0] }, kind: column.kind)
      }, origin: origin)
  }
}

/// Solves a small system of linear equations by elimination.
public func solve(_ matrix: [[Double]], _ right: [Double]) -> [Double] {
  var a = zip(matrix, right).map { $0 + [$1] }
  let n = right.count
  for k in 0..<n {
    let pivot = (k..<n).max { abs(a[$0][k]) < abs(a[$1][k]) } ?? k
    a.swapAt(k, pivot)
    for i in 0..<n where i != k {
      let factor = a[i][k] / a[k][k]
      for j in k...n { a[i][j] -= factor * a[k][j] }
    }
  }
  return (0..<n).map { a[$0][n] / a[$0][$0] }
}

/// Weighted least squares with an intercept: the intercept, then a coefficient for each input.
public func leastSquares(_ inputs: [[Double]], _ output: [Double], weights: [Double]? = nil) -> [Double] {
  let columns = [[Double](repeating: 1, count: output.count)] + inputs
  let weighted = weights.map { w in columns.map { zip($0, w).map { $0 * $1 } } } ?? columns
  return solve(weighted.map { a in columns.map { dot(a, $0) } }, weighted.map { dot($0, output) })
}

/// Stops the example where what it shows does not hold.
public func check(_ condition: Bool, _ message: String) {
  if condition { return }
  fflush(nil)
  fatalError(message)
}

/// A number with a few decimals.
public func short(_ value: Double, _ decimals: Int = 2) -> String {
  NumberText.fixed(value, decimals: decimals, style: .ascii)
}

/// Writes a picture to the folder of the examples' pictures and says so.
public func write(_ picture: Picture, _ name: String) throws {
  let folder = ".build/pictures"
  mkdir(".build", 0o755)
  mkdir(folder, 0o755)
  try AtomicFile.write(to: "\(folder)/\(name).svg") { (writer) throws(DataError) in try writer.write(picture.svg) }
  print("picture: \(folder)/\(name).svg")
}

/// The expected values of a row variable, row by row: the first statistics of its family.
public func expectedValues(_ fit: Fit, _ table: DataTable, of name: String) throws -> [[Double]] {
  let application = try Application(fit, to: table)
  guard let local = application.engine.plan.locals.first(where: { $0.name == name }) else {
    fatalError("no row variable \(name)")
  }
  let all = application.engine.expectations(of: local, over: .range(0..<table.rowCount))
  let size = all.count / table.rowCount
  return (0..<table.rowCount).map { Array(all[$0 * size..<$0 * size + local.shape.dimension]) }
}

/// Eigenvalues in descending order with eigenvectors of a symmetric matrix, by Jacobi's rotations.
public func eigen(_ matrix: [[Double]]) -> (values: [Double], vectors: [[Double]]) {
  var a = matrix
  let n = a.count
  var v = (0..<n).map { i in (0..<n).map { $0 == i ? 1.0 : 0 } }
  for _ in 0..<30 {
    for p in 0..<n {
      for q in p + 1..<max(n, p + 1) where abs(a[p][q]) > 1e-12 {
        let theta = (a[q][q] - a[p][p]) / (2 * a[p][q])
        let t = (theta < 0 ? -1 : 1) / (abs(theta) + (theta * theta + 1).squareRoot())
        let c = 1 / (t * t + 1).squareRoot()
        let s = t * c
        for k in 0..<n { (a[k][p], a[k][q]) = (c * a[k][p] - s * a[k][q], s * a[k][p] + c * a[k][q]) }
        for k in 0..<n { (a[p][k], a[q][k]) = (c * a[p][k] - s * a[q][k], s * a[p][k] + c * a[q][k]) }
        for k in 0..<n { (v[k][p], v[k][q]) = (c * v[k][p] - s * v[k][q], s * v[k][p] + c * v[k][q]) }
      }
    }
  }
  let order = (0..<n).sorted { a[$0][$0] > a[$1][$1] }
  return (order.map { a[$0][$0] }, order.map { k in (0..<n).map { v[$0][k] } })
}
