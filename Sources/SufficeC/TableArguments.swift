import Suffice

/// A table in the caller's memory, which outlives the call that uses it.
func table(
  _ rows: Int, _ columns: Int, _ names: UnsafePointer<UnsafePointer<CChar>?>?,
  _ bases: UnsafePointer<UnsafePointer<Double>?>?, _ strides: UnsafePointer<Int>?,
  _ levels: UnsafePointer<UnsafePointer<CChar>?>?
) throws -> DataTable {
  guard rows >= 0, columns >= 0 else {
    throw Failure(.argument, "a table of \(rows) rows and \(columns) columns is no table.")
  }
  guard let names, let bases, let strides else { throw Failure(.argument, "the table has no columns.") }
  return try DataTable(
    columns: (0..<columns).map { c in
      let name = try string(names[c], "a column's name")
      guard let base = bases[c] else { throw Failure(.argument, "column \"\(name)\" has no address.") }
      var kind = Column.Kind.numeric
      if let text = levels?[c] {
        guard case .array(let elements) = try JSON(parsing: String(cString: text)) else {
          throw Failure(.argument, "the levels of column \"\(name)\" are no JSON array.")
        }
        let labels = elements.map { if case .string(let label) = $0 { label } else { $0.description } }
        for row in 0..<rows {
          let code = base[row * strides[c]]
          if !(code.isNaN || (code >= 0 && code < Double(labels.count) && code == code.rounded())) {
            throw Failure(
              .data, "column \"\(name)\": row \(row) has the code \(code), but there are \(labels.count) levels.")
          }
        }
        kind = .categorical(levels: labels)
      }
      var (stride, owner) = (strides[c], ColumnOwner(base: base) {})
      if stride < 0 {
        // Columns run forwards.
        owner = ColumnOwner(copying: (0..<rows).map { base[$0 * strides[c]] })
        stride = 1
      }
      var findings = Column.Findings()
      for row in 0..<rows where base[row * strides[c]].isNaN { findings.missingCount += 1 }
      return Column(
        name: name, owner: owner, count: rows, stride: stride, kind: kind, findings: findings)
    })
}
