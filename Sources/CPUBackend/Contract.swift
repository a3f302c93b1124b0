import PlanIR

/// Adds up a contraction: the last index runs in an inner loop with one running address for each operand.
func contract(_ contraction: Contraction, on memory: inout ParameterMemory) {
  guard contraction.extents.allSatisfy({ $0 > 0 }) else { return }
  let operands = contraction.operands.map { Pinned(memory[$0.slot]) }
  let accesses = contraction.operands + [contraction.output]
  let last = contraction.extents.count - 1
  let inner = last < 0 ? 1 : contraction.extents[last]
  let walks = accesses.map { Walk($0, last: last) }
  memory[contraction.output.slot].withUnsafeMutableBufferPointer { output in
    withUnsafeTemporaryAllocation(of: Int.self, capacity: max(last, 1)) { counter in
      counter.initialize(repeating: 0)
      let target = walks[walks.count - 1]
      while true {
        let outBase = target.base(counter)
        let bases = walks.map { $0.base(counter) }
        for j in 0..<inner {
          var product = contraction.coefficient
          for o in operands.indices {
            product *= operands[o].base.unsafelyUnwrapped[bases[o] + walks[o].step(j, counter)]
          }
          output[outBase + target.step(j, counter)] += product
        }
        var i = last - 1
        while i >= 0 {
          counter[i] += 1
          if counter[i] < contraction.extents[i] { break }
          counter[i] = 0
          i -= 1
        }
        if i < 0 { return }
      }
    }
  }
}

/// How an address moves: with the outer indices, and with the last one.
private struct Walk {
  private let offset: Int
  private var outer: [Contraction.Access.Axis] = []
  /// What one more of the last index adds, where that is a constant.
  private var stride = 0
  /// The other index of a symmetric pair that holds the last one, and its distance between elements.
  private var pair: (other: Int, stride: Int)?
  private var isSquare = false

  init(_ access: Contraction.Access, last: Int) {
    offset = access.offset
    for axis in access.axes {
      switch axis {
      case .strided(let index, let stride):
        if index == last { self.stride += stride } else { outer.append(axis) }
      case .symmetric(let i, let j, let stride):
        if i == last && j == last {
          pair = (last, stride)
          isSquare = true
        } else if i == last || j == last {
          pair = (i == last ? j : i, stride)
        } else {
          outer.append(axis)
        }
      }
    }
  }

  func base(_ counter: UnsafeMutableBufferPointer<Int>) -> Int {
    var address = offset
    for axis in outer {
      switch axis {
      case .strided(let index, let stride): address += counter[index] * stride
      case .symmetric(let i, let j, let stride): address += Self.packed(counter[i], counter[j]) * stride
      }
    }
    return address
  }

  @inline(__always)
  func step(_ j: Int, _ counter: UnsafeMutableBufferPointer<Int>) -> Int {
    guard let pair else { return j * stride }
    return j * stride + Self.packed(isSquare ? j : counter[pair.other], j) * pair.stride
  }

  @inline(__always)
  private static func packed(_ i: Int, _ j: Int) -> Int {
    i >= j ? i * (i + 1) / 2 + j : j * (j + 1) / 2 + i
  }
}
