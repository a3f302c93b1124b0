import Suffice

/// Applies a fit to a table.
@_cdecl("suffice_fit_apply")
public func suffice_fit_apply(
  _ fit: UnsafeRawPointer?, _ rows: Int, _ columns: Int, _ names: UnsafePointer<UnsafePointer<CChar>?>?,
  _ bases: UnsafePointer<UnsafePointer<Double>?>?, _ strides: UnsafePointer<Int>?,
  _ levels: UnsafePointer<UnsafePointer<CChar>?>?, _ threads: Int32, _ probabilities: UnsafeMutablePointer<Double>?,
  _ labels: Int, _ logDensities: UnsafeMutablePointer<Double>?
) -> Int32 {
  sorted {
    let table = try table(rows, columns, names, bases, strides, levels)
    let application = try Application(FitBox.open(fit), to: table, threads: max(1, Int(threads)))
    if let probabilities {
      guard let (_, values, count) = application.responsibilities() else {
        throw Failure(.model, "the model has no label: there is nothing to predict. Its density is what 'score' gives.")
      }
      guard count == labels else {
        throw Failure(.argument, "the label has \(count) values; there is room for \(labels).")
      }
      try application.requireFinite(values, what: "the probability of a label")
      application.spread(values, width: count, over: rows, to: probabilities)
    }
    if let logDensities { try application.spread(application.logDensities(), width: 1, over: rows, to: logDensities) }
  }
}

/// Fills in the missing cells of a table; see suffice.h.
@_cdecl("suffice_fit_impute")
public func suffice_fit_impute(
  _ fit: UnsafeRawPointer?, _ rows: Int, _ columns: Int, _ names: UnsafePointer<UnsafePointer<CChar>?>?,
  _ bases: UnsafePointer<UnsafePointer<Double>?>?, _ strides: UnsafePointer<Int>?,
  _ levels: UnsafePointer<UnsafePointer<CChar>?>?, _ threads: Int32, _ seed: UnsafePointer<UInt64>?,
  _ values: UnsafeMutablePointer<Double>?, _ size: Int
) -> Int32 {
  sorted {
    let table = try table(rows, columns, names, bases, strides, levels)
    let application = try Application(FitBox.open(fit), to: table, threads: max(1, Int(threads)))
    let filled = try application.imputed(seed: seed?.pointee).columns
    guard let values, size == rows * filled.count else {
      throw Failure(.argument, "\(rows) rows of \(filled.count) columns do not fit \(size) numbers.")
    }
    let cells = (0..<application.engine.rowCount).flatMap { row in filled.map { $0[row] } }
    application.spread(cells, width: filled.count, over: rows, to: values)
  }
}

extension Application {
  /// Writes what the model's rows have to the rows of the table; those that the model leaves out, before the first lag
  /// say, have NaN.
  fileprivate func spread(_ values: [Double], width: Int, over count: Int, to target: UnsafeMutablePointer<Double>) {
    guard let rows = engine.data.rows else {
      for (i, value) in values.enumerated() { target[i] = value }
      return
    }
    target.update(repeating: .nan, count: count * width)
    for (i, row) in rows.enumerated() { for j in 0..<width { target[row * width + j] = values[i * width + j] } }
  }
}

/// Draws rows from the posterior predictive distribution.
@_cdecl("suffice_fit_sample")
public func suffice_fit_sample(
  _ fit: UnsafeRawPointer?, _ count: Int, _ seed: UInt64, _ values: UnsafeMutablePointer<Double>?, _ size: Int
) -> Int32 {
  sorted {
    guard count >= 0 else { throw Failure(.setting, "\(count) rows were asked for; at least 0 can be drawn.") }
    try hand(FitBox.open(fit).sample(count, seed: seed).columns[...], of: count, to: values, size)
  }
}

/// Draws the columns that a model predicts for rows of those that it conditions on; see suffice.h.
@_cdecl("suffice_fit_sample_given")
public func suffice_fit_sample_given(
  _ fit: UnsafeRawPointer?, _ rows: Int, _ columns: Int, _ names: UnsafePointer<UnsafePointer<CChar>?>?,
  _ bases: UnsafePointer<UnsafePointer<Double>?>?, _ strides: UnsafePointer<Int>?,
  _ levels: UnsafePointer<UnsafePointer<CChar>?>?, _ seed: UInt64, _ values: UnsafeMutablePointer<Double>?, _ size: Int
) -> Int32 {
  sorted {
    let (fit, table) = try (FitBox.open(fit), table(rows, columns, names, bases, strides, levels))
    let graph = fit.model.graph
    let drawn = zip(graph.observed, fit.model.facts.observed).filter { graph.variables[$0.0].role == .observed }
    // Those that the model conditions on come first.
    let all = try fit.sample(given: table, seed: seed).columns
    try hand(all.suffix(drawn.reduce(0) { $0 + $1.1.columns.count }), of: rows, to: values, size)
  }
}

private func hand(
  _ columns: ArraySlice<Column>, of count: Int, to values: UnsafeMutablePointer<Double>?, _ size: Int
) throws {
  guard let values, size == count * columns.count else {
    throw Failure(.argument, "\(count) rows of \(columns.count) columns do not fit \(size) numbers.")
  }
  for (c, column) in columns.enumerated() {
    for row in 0..<count { values[row * columns.count + c] = column[row] }
  }
}
