import CKernels
import PlanIR

// Steps that treat every row by itself: lookups, missing values, sums of products within a row.
extension Job {
  func fillMissing(_ range: TileRange, _ tile: Tile) {
    let values = feature(range.features.lowerBound, of: range.slot, tile)
    for f in range.features {
      let column = values + (f - range.features.lowerBound) * layout.stride
      for row in 0..<tile.count { column[row] = column[row].isNaN ? 0 : column[row] }
    }
  }

  func gather(_ table: ParameterSlot, _ index: TileRange, _ into: TileSlot, _ tile: Tile) {
    let labels = feature(index.features.lowerBound, of: index.slot, tile)
    suffice_gather_rows(
      slot(into, tile), layout.stride, memory[table.index].base, plan.tiles[into.index].width, labels, tile.count, 0)
  }

  func scatter(_ from: TileSlot, _ index: TileRange, _ into: ParameterSlot, _ tile: Tile) {
    let labels = feature(index.features.lowerBound, of: index.slot, tile)
    suffice_scatter_rows(
      tile.sums + (layout.sumOffsets[into] ?? 0), plan.tiles[from.index].width, slot(from, tile), layout.stride, labels,
      tile.count)
  }

  func combine(_ contraction: RowContraction, adding: Bool, _ tile: Tile) {
    let (ld, m) = (layout.stride, tile.count)
    let output = slot(contraction.output, tile)
    let products = executor.products(contraction)
    if !adding { for f in products.untouched { (output + f * ld).update(repeating: 0, count: m) } }
    withUnsafeTemporaryAllocation(of: Double.self, capacity: ld) { scratch in
      products.entries.withUnsafeBufferPointer { entries in
        var next = 0
        for _ in 0..<products.count {
          var coefficient = contraction.coefficient
          for place in products.parameters {
            // A contraction that reads an empty slot has no entries.
            coefficient *= memory[place.index].base.unsafelyUnwrapped[entries[next]]
            next += 1
          }
          var (a, b): (UnsafePointer<Double>?, UnsafePointer<Double>?) = (nil, nil)
          for place in products.tiles {
            let factor = UnsafePointer(slot(place, tile) + entries[next] * ld)
            next += 1
            if a == nil {
              a = factor
            } else if let second = b {
              // More than two: all but the first are multiplied beforehand.
              suffice_multiply_add(scratch.baseAddress, second, factor, 1, m, 0)
              b = UnsafePointer(scratch.baseAddress)
            } else {
              b = factor
            }
          }
          let out = output + entries[next] * ld
          let adds = adding || entries[next + 1] == 0
          next += 2
          if let a {
            suffice_multiply_add(out, a, b, coefficient, m, adds ? 1 : 0)
          } else {
            for row in 0..<m { out[row] = adds ? out[row] + coefficient : coefficient }
          }
        }
      }
    }
  }
}

/// The addresses of a row contraction, element by element.
struct RowProducts {
  /// Operands outside the tile, and in it.
  let parameters: [ParameterSlot]
  let tiles: [TileSlot]
  /// For each element the addresses of `parameters` and of `tiles`, the feature of the output, and 1 if no element
  /// before went there.
  let entries: [Int]
  let count: Int
  /// Features of the output where no element goes.
  let untouched: [Int]

  init(_ contraction: RowContraction, width: Int) {
    var parameters: [ParameterSlot] = []
    var tiles: [TileSlot] = []
    for operand in contraction.operands {
      switch operand.place {
      case .parameter(let slot): parameters.append(slot)
      case .tile(let slot): tiles.append(slot)
      }
    }
    let isTile = contraction.operands.map { if case .tile = $0.place { true } else { false } }
    var entries: [Int] = []
    var touched = [Bool](repeating: false, count: width)
    var count = 0
    contraction.forEachElement { addresses, target in
      for (address, isTile) in zip(addresses, isTile) where !isTile { entries.append(address) }
      for (address, isTile) in zip(addresses, isTile) where isTile { entries.append(address) }
      entries.append(target)
      entries.append(touched[target] ? 0 : 1)
      touched[target] = true
      count += 1
    }
    (self.parameters, self.tiles, self.entries, self.count) = (parameters, tiles, entries, count)
    untouched = touched.indices.filter { !touched[$0] }
  }
}
