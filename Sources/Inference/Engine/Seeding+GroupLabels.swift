import ExponentialFamilies
import ModelLanguage
import PlanIR

// Starts for labels that outlive the rows: of groups of rows, or one for all.
extension Seeding {
  /// Categories that are counted one by one; of more, as many sums of them.
  private static let categorySums = 64

  /// Gives the global labels values.
  ///
  /// A label that chooses for a group of rows goes to the nearest of some groups, by the means of their rows, and how often
  /// they have each category; the second label of a group to the second nearest. In every other start, groups are compared
  /// besides by what they have with each of the groups of another kind, as in pairs of senders and receivers.
  /// A label by itself takes one value after another, start by start.
  ///
  /// - Returns: The plates of groups that have several labels, and how many.
  func placeLabelsOfGroups(
    _ labels: [Int], _ points: Points?, _ rows: RowSelection, start: (index: Int, count: Int),
    random: inout RandomSource
  ) -> [(plate: Int, each: Int)] {
    let graph = engine.model.graph
    var ranked: [(plate: Int, each: Int)] = []
    // How many joint values the labels so far have that stand by themselves.
    var joint = 1
    for position in labels {
      let variable = engine.plan.globals[position]
      let count = max(variable.shape.dimension, 1)
      var values = (0..<variable.members).map { _ in Int(random.next() % UInt64(count)) }
      if variable.members == 1 && joint * count <= start.count {
        values = [start.index / joint % count]
        joint *= count
      }
      if let groups = groups(of: graph.globals[position], rows, members: variable.members),
        var means = means(
          points, by: groups, of: variable.members, rows, crossed: start.index % 2 == 1, random: &random)
      {
        values = means.nearest(count: count, ranks: groups.each, random: &random)
        if groups.each > 1 { ranked.append((graph.variables[graph.globals[position]].plates[0], groups.each)) }
      }
      engine.memory[variable.mean] = values.flatMap {
        variable.family.type.statistics(of: [Double($0)], variable.shape)
      }
    }
    return ranked
  }

  /// The group of each row, and how many members a variable has for each group; nil where it has none for groups.
  private func groups(of v: Int, _ rows: RowSelection, members: Int) -> RowGroups? {
    let graph = engine.model.graph
    let plates = graph.variables[v].plates
    guard let first = plates.first, case .levels(let label) = graph.plates[first].extent,
      plates.dropFirst().allSatisfy({ if case .fixed = graph.plates[$0].extent { true } else { false } }),
      let place = graph.observed.firstIndex(of: label), let view = engine.data.inputs[place].views.first
    else { return nil }
    let values = (0..<rows.count).map { view.base[rows[$0] * view.stride] }
    if values.contains(where: \.isNaN) { return nil }
    return RowGroups(
      label: label, rows: values.map { Int($0) }, each: members / max(engine.model.shapes[label].dimension, 1))
  }

  /// The means of groups: of points, and of how often they have each category.
  ///
  /// - Parameter crossed: Whether also those of points that a group has with each of the groups of other kinds.
  private func means(
    _ points: Points?, by groups: RowGroups, of members: Int, _ rows: RowSelection, crossed: Bool,
    random: inout RandomSource
  ) -> Points? {
    let count = members / groups.each
    let weight = engine.plan.weightInput.flatMap { engine.data.inputs[$0].views.first }
    var columns = points?.means(by: groups.rows, count: count).columns ?? []
    if let points, crossed {
      columns += crossMeans(points, by: groups, count: count, rows, random: &random)
    }
    let graph = engine.model.graph
    for (variable, input) in zip(graph.observed, engine.data.inputs)
    where graph.variables[variable].role == .observed && graph.variables[variable].family.type.domain == .label {
      let shape = engine.model.shapes[variable]
      for (view, levels) in zip(input.views, shape.groups.isEmpty ? [shape.dimension] : shape.groups) {
        // Of many categories some sums with random signs: they keep distances (Johnson & Lindenstrauss 1984).
        let isCounted = levels <= Self.categorySums
        let signs = isCounted ? [] : (0..<levels).map { _ in random.next() }
        var totals = [[Double]](
          repeating: [Double](repeating: 0, count: count), count: isCounted ? levels : Self.categorySums)
        var mass = [Double](repeating: 0, count: count)
        for (place, group) in groups.rows.enumerated() {
          let value = view.base[rows[place] * view.stride]
          if value.isNaN { continue }
          let w = weight.map { $0.base[rows[place] * $0.stride] } ?? 1
          mass[group] += w
          if isCounted {
            totals[Int(value)][group] += w
          } else {
            for i in totals.indices { totals[i][group] += signs[Int(value)] >> UInt64(i) & 1 == 0 ? w : -w }
          }
        }
        columns += totals.map { total in zip(total, mass).map { $1 > 0 ? $0 / $1 : .nan } }
      }
    }
    return columns.isEmpty ? nil : Points(columns: columns, count: count)
  }

  /// The means of points in the rows that groups have in common with each of the groups of other kinds; of many of these
  /// some sums with random signs.
  private func crossMeans(
    _ points: Points, by groups: RowGroups, count: Int, _ rows: RowSelection, random: inout RandomSource
  ) -> [[Double]] {
    let graph = engine.model.graph
    var columns: [[Double]] = []
    for (variable, input) in zip(graph.observed, engine.data.inputs) where variable != groups.label {
      guard case .given = graph.variables[variable].role, graph.variables[variable].family.type.domain == .label,
        let view = input.views.first
      else { continue }
      let levels = engine.model.shapes[variable].dimension
      let isCounted = levels <= Self.categorySums
      let signs = isCounted ? [] : (0..<levels).map { _ in random.next() }
      let width = isCounted ? levels : Self.categorySums
      for column in points.columns {
        var sums = [[Double]](repeating: [Double](repeating: 0, count: count), count: width)
        var sizes = sums
        for (place, group) in groups.rows.enumerated() {
          let other = view.base[rows[place] * view.stride]
          if other.isNaN { continue }
          if isCounted {
            sums[Int(other)][group] += column[place]
            sizes[Int(other)][group] += 1
          } else {
            for i in 0..<width {
              sums[i][group] += signs[Int(other)] >> UInt64(i) & 1 == 0 ? column[place] : -column[place]
              sizes[i][group] += 1
            }
          }
        }
        columns += zip(sums, sizes).map { sum, size in zip(sum, size).map { $1 > 0 ? $0 / $1 : .nan } }
      }
    }
    return columns
  }

  /// Rows by the groups that they belong to.
  private struct RowGroups {
    /// The label that tells groups apart.
    let label: Int
    /// The group of each row.
    let rows: [Int]
    /// How many labels each group has.
    let each: Int
  }
}
