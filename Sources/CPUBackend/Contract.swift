import CKernels
import PlanIR

/// Adds up a contraction: one index runs in an inner loop with one running address for each operand.
///
/// Threads take parts of the output; every number of it is added up by one of them, in the same order.
func contract(_ contraction: Contraction, on memory: inout ParameterMemory, threads: Int) {
  guard contraction.extents.allSatisfy({ $0 > 0 }) else { return }
  let operands = contraction.operands.map { Pinned(memory[$0.slot]) }
  let nest = LoopNest(contraction)
  let bases = operands.map(\.base)
  memory[contraction.output.slot].withUnsafeMutableBufferPointer { output in
    guard let target = output.baseAddress else { return }
    bases.withUnsafeBufferPointer { operands in
      inParallel(threads, tasks: nest.parts) { part, _ in nest.run(part: part, operands, target) }
    }
  }
}

/// The loops of a contraction, the inner one last.
private struct LoopNest {
  /// Products of one part: their sums stay in the first-level cache, whichever way they are walked through.
  private static let partSize = 1 << 12

  /// Into how many parts the work is cut.
  let parts: Int
  /// The index that is cut, and how many of its values each part takes.
  private let cut: (index: Int, size: Int)?
  /// Indices from the outermost to the innermost.
  private let order: [Int]
  private let extents: [Int]
  private let coefficient: Double
  private let walks: [Walk]
  /// What one more of the innermost index adds to each operand's address and the output's; nil where that is no constant.
  private let strides: [Int]?

  init(_ contraction: Contraction) {
    extents = contraction.extents
    coefficient = contraction.coefficient
    let accesses = contraction.operands + [contraction.output]
    let inner = Self.innermost(extents, accesses)
    order = extents.indices.filter { $0 != inner } + (inner.map { [$0] } ?? [])
    walks = accesses.map { Walk($0, inner: inner) }
    strides = walks.allSatisfy(\.isStrided) ? walks.map(\.stride) : nil
    let products = extents.reduce(1, *)
    if products > 4 * Self.partSize, strides != nil, let index = Self.widest(contraction) {
      let size = max(1, Self.partSize / (products / extents[index]))
      cut = (index, size)
      parts = (extents[index] + size - 1) / size
    } else {
      cut = nil
      parts = 1
    }
  }

  /// The longest index of the output, where different values of it never go to the same place; nil elsewhere.
  private static func widest(_ contraction: Contraction) -> Int? {
    var axes: [(index: Int, stride: Int)] = []
    for axis in contraction.output.axes {
      guard case .strided(let index, let stride) = axis else { return nil }
      axes.append((index, stride))
    }
    // Each axis steps over all that those with shorter steps reach.
    var reach = 0
    for axis in axes.sorted(by: { $0.stride < $1.stride }) {
      if axis.stride <= reach { return nil }
      reach += axis.stride * (contraction.extents[axis.index] - 1)
    }
    return axes.map(\.index).max { contraction.extents[$0] < contraction.extents[$1] }
  }

  /// The index with the shortest steps among those long enough to be worth a loop of their own; of several, the last.
  private static func innermost(_ extents: [Int], _ accesses: [Contraction.Access]) -> Int? {
    let candidates = extents.indices.compactMap { index -> (index: Int, cost: Int)? in
      var cost = 0
      for axis in accesses.flatMap(\.axes) {
        switch axis {
        case .strided(let i, let stride) where i == index: cost += min(abs(stride), 64)
        case .symmetric(let i, let j, _) where i == index || j == index: return nil
        default: continue
        }
      }
      return (index, cost)
    }
    let long = candidates.filter { extents[$0.index] >= 8 }
    if let best = long.reversed().min(by: { $0.cost < $1.cost }) { return best.index }
    return candidates.max { extents[$0.index] < extents[$1.index] }?.index ?? extents.indices.last
  }

  func run(
    part: Int, _ operands: UnsafeBufferPointer<UnsafePointer<Double>?>, _ output: UnsafeMutablePointer<Double>
  ) {
    func range(_ index: Int) -> Range<Int> {
      guard let cut, cut.index == index else { return 0..<extents[index] }
      return part * cut.size..<min((part + 1) * cut.size, extents[index])
    }
    let outer = order.dropLast().map { (index: $0, range: range($0)) }
    let inner = order.last.map(range) ?? 0..<1
    withUnsafeTemporaryAllocation(of: Int.self, capacity: extents.count + walks.count) { memory in
      memory.initialize(repeating: 0)
      let counter = UnsafeMutableBufferPointer(rebasing: memory[..<extents.count])
      let bases = UnsafeMutableBufferPointer(rebasing: memory[extents.count...])
      for (index, range) in outer { counter[index] = range.lowerBound }
      while true {
        for w in walks.indices { bases[w] = walks[w].base(counter) + inner.lowerBound * walks[w].stride }
        if let strides {
          add(operands, output, bases, strides, inner.count)
        } else {
          add(operands, output, bases, counter)
        }
        var isDone = true
        for (index, range) in outer.reversed() {
          counter[index] += 1
          if counter[index] < range.upperBound {
            isDone = false
            break
          }
          counter[index] = range.lowerBound
        }
        if isDone { return }
      }
    }
  }

  /// The inner loop with constant strides.
  private func add(
    _ operands: UnsafeBufferPointer<UnsafePointer<Double>?>, _ output: UnsafeMutablePointer<Double>,
    _ bases: UnsafeMutableBufferPointer<Int>, _ strides: [Int], _ length: Int
  ) {
    let count = operands.count
    let (out, step) = (output + bases[count], strides[count])
    guard count > 0, let a0 = operands[0] else {
      for j in 0..<length { out[j * step] += coefficient }
      return
    }
    let (a, sa) = (a0 + bases[0], strides[0])
    guard count > 1, let b0 = operands[1] else {
      if step == 1 && sa == 1 { return suffice_multiply_add(out, a, nil, coefficient, length, 1) }
      if step == 0 {
        var sum = 0.0
        for j in 0..<length { sum += a[j * sa] }
        out[0] += coefficient * sum
      } else {
        for j in 0..<length { out[j * step] += coefficient * a[j * sa] }
      }
      return
    }
    let (b, sb) = (b0 + bases[1], strides[1])
    if count == 2 {
      if step == 0 {
        var sum = 0.0
        for j in 0..<length { sum += a[j * sa] * b[j * sb] }
        out[0] += coefficient * sum
      } else if step == 1 && sa == 1 && sb == 1 {
        suffice_multiply_add(out, a, b, coefficient, length, 1)
      } else if step == 1 && sa == 1 && sb == 0 {
        suffice_multiply_add(out, a, nil, coefficient * b[0], length, 1)
      } else if step == 1 && sa == 0 && sb == 1 {
        suffice_multiply_add(out, b, nil, coefficient * a[0], length, 1)
      } else {
        for j in 0..<length { out[j * step] += coefficient * a[j * sa] * b[j * sb] }
      }
      return
    }
    for j in 0..<length {
      var product = coefficient
      for o in 0..<count { product *= operands[o].unsafelyUnwrapped[bases[o] + j * strides[o]] }
      out[j * step] += product
    }
  }

  /// The inner loop where the index is one of a symmetric pair.
  private func add(
    _ operands: UnsafeBufferPointer<UnsafePointer<Double>?>, _ output: UnsafeMutablePointer<Double>,
    _ bases: UnsafeMutableBufferPointer<Int>, _ counter: UnsafeMutableBufferPointer<Int>
  ) {
    let count = operands.count
    let length = order.last.map { extents[$0] } ?? 1
    for j in 0..<length {
      var product = coefficient
      for o in 0..<count { product *= operands[o].unsafelyUnwrapped[bases[o] + walks[o].step(j, counter)] }
      output[bases[count] + walks[count].step(j, counter)] += product
    }
  }
}

/// How an address moves: with the outer indices, and with the innermost one.
private struct Walk {
  private let offset: Int
  private var outer: [Contraction.Access.Axis] = []
  /// What one more of the innermost index adds, where that is a constant.
  private(set) var stride = 0
  /// The other index of a symmetric pair that holds the innermost one, and its distance between elements.
  private var pair: (other: Int, stride: Int)?
  private var isSquare = false

  var isStrided: Bool { pair == nil }

  init(_ access: Contraction.Access, inner: Int?) {
    offset = access.offset
    for axis in access.axes {
      switch axis {
      case .strided(let index, let stride):
        if index == inner { self.stride += stride } else { outer.append(axis) }
      case .symmetric(let i, let j, let stride):
        if i == inner && j == inner {
          pair = (i, stride)
          isSquare = true
        } else if i == inner || j == inner {
          pair = (i == inner ? j : i, stride)
        } else {
          outer.append(axis)
        }
      }
    }
  }

  @inline(__always)
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
