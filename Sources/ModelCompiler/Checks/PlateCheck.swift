import ModelLanguage

/// Plates nest: no two are nested one way here and the other way there, and the rows hold no further plate.
func checkPlates(_ graph: ModelGraph) throws(ModelError) {
  for (i, a) in graph.variables.enumerated() {
    if a.isObserved && !graph.isRowVariable(i) {
      throw ModelError(
        "\"\(a.name)\" is observed but stands outside the rows. Put it inside Plate.rows { … }.", at: a.location)
    }
    if let rows = a.plates.firstIndex(where: { graph.plates[$0].isRows }), a.plates.count > 1 {
      let plate = graph.plates[a.plates[rows == 0 ? 1 : 0]]
      let other = plate.name
      if case .levels = plate.extent {
        throw ModelError(
          "\"\(a.name)\" is inside both the rows and the plate of the levels of \"\(other)\". Put Plate(per: \(other)) { … } outside "
            + "the rows, and let each row choose its member, as in '\(a.name)[\(other)]'.", at: a.location)
      }
      throw ModelError(
        "\"\(a.name)\" is inside both the rows and the plate \"\(other)\". A variable of a row stands in Plate.rows alone; "
          + "bind several columns to one variable instead, or choose members of \"\(other)\" with a label.",
        at: a.location)
    }
    for b in graph.variables[..<i] {
      for (m, p) in a.plates.enumerated() {
        for q in a.plates[..<m] {
          if let pb = b.plates.firstIndex(of: p), let qb = b.plates.firstIndex(of: q), pb < qb {
            throw ModelError(
              "the plates \"\(graph.plates[q].name)\" and \"\(graph.plates[p].name)\" do not nest: around \"\(a.name)\" "
                + "\"\(graph.plates[q].name)\" is the outer one, around \"\(b.name)\" \"\(graph.plates[p].name)\" is. "
                + "Nest them the same way everywhere.", at: a.location)
          }
        }
      }
    }
  }
}
