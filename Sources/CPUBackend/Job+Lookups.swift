import CKernels
import PlanIR

// Steps that treat every row by itself: lookups, missing values, sums of products within a row.
extension Job {
  func fillMissing(_ range: TileRange, _ tile: Tile) {
    let values = slot(range.slot, tile)
    for f in range.features {
      let column = values + f * layout.stride
      for row in 0..<tile.count where column[row].isNaN { column[row] = 0 }
    }
  }

  func gather(_ table: ParameterSlot, _ index: TileRange, _ into: TileSlot, _ tile: Tile) {
    let (ld, width) = (layout.stride, plan.tiles[into.index].width)
    let labels = slot(index.slot, tile) + index.features.lowerBound * ld
    let target = slot(into, tile)
    guard let base = memory[table.index].base else { return }
    for row in 0..<tile.count {
      guard !labels[row].isNaN else {
        for f in 0..<width { target[f * ld + row] = 0 }
        continue
      }
      let source = base + Int(labels[row]) * width
      for f in 0..<width { target[f * ld + row] = source[f] }
    }
  }

  func scatter(_ from: TileSlot, _ index: TileRange, _ into: ParameterSlot, _ tile: Tile) {
    let (ld, width) = (layout.stride, plan.tiles[from.index].width)
    let labels = slot(index.slot, tile) + index.features.lowerBound * ld
    let source = slot(from, tile)
    let sums = tile.sums + (layout.sumOffsets[into] ?? 0)
    for row in 0..<tile.count where !labels[row].isNaN {
      let target = sums + Int(labels[row]) * width
      for f in 0..<width { target[f] += source[f * ld + row] }
    }
  }

  func combine(_ contraction: RowContraction, adding: Bool, _ tile: Tile) {
    let (ld, m) = (layout.stride, tile.count)
    let output = slot(contraction.output, tile)
    if !adding {
      for f in 0..<plan.tiles[contraction.output.index].width { (output + f * ld).update(repeating: 0, count: m) }
    }
    let places = contraction.operands.map { operand -> (UnsafePointer<Double>?, isTile: Bool) in
      switch operand.place {
      case .tile(let slot): (UnsafePointer(self.slot(slot, tile)), true)
      case .parameter(let slot): (memory[slot.index].base, false)
      }
    }
    withUnsafeTemporaryAllocation(of: Double.self, capacity: max(m, 1)) { product in
      guard let scratch = product.baseAddress else { return }
      contraction.forEachElement { addresses, target in
        let out = output + target * ld
        var coefficient = contraction.coefficient
        var factors: (UnsafePointer<Double>?, UnsafePointer<Double>?) = (nil, nil)
        var count = 0
        for (place, address) in zip(places, addresses) {
          guard let base = place.0 else { return }
          if !place.isTile {
            coefficient *= base[address]
          } else {
            let next = base + address * ld
            switch count {
            case 0: factors.0 = next
            case 1: factors.1 = next
            default:
              // More than two: fold the second into scratch memory.
              if let second = factors.1 { for i in 0..<m { scratch[i] = second[i] * next[i] } }
              factors.1 = UnsafePointer(scratch)
            }
            count += 1
          }
        }
        switch factors {
        case (let a?, let b?): for i in 0..<m { out[i] += coefficient * a[i] * b[i] }
        case (let a?, nil): for i in 0..<m { out[i] += coefficient * a[i] }
        default: for i in 0..<m { out[i] += coefficient }
        }
      }
    }
  }
}
