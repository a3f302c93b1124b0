extension Contraction {
  /// Calls a function for every combination of index values, with the address of each operand and of the output.
  public func forEachElement(_ body: (_ operands: [Int], _ output: Int) -> Void) {
    var addresses = [Int](repeating: 0, count: operands.count)
    forEachCounter(extents) { counter in
      for (i, operand) in operands.enumerated() { addresses[i] = operand.address(counter) }
      body(addresses, output.address(counter))
    }
  }
}

extension RowContraction {
  /// Calls a function for every combination of index values, with the address of each operand and of the output.
  public func forEachElement(_ body: (_ operands: [Int], _ output: Int) -> Void) {
    var addresses = [Int](repeating: 0, count: operands.count)
    forEachCounter(extents) { counter in
      for (i, operand) in operands.enumerated() { addresses[i] = operand.axes.address(counter, from: operand.offset) }
      body(addresses, axes.address(counter, from: offset))
    }
  }
}

/// Calls a function for every combination of index values, the last index running fastest.
private func forEachCounter(_ extents: [Int], _ body: ([Int]) -> Void) {
  guard extents.allSatisfy({ $0 > 0 }) else { return }
  var counter = [Int](repeating: 0, count: extents.count)
  while true {
    body(counter)
    var i = counter.count - 1
    while i >= 0 {
      counter[i] += 1
      if counter[i] < extents[i] { break }
      counter[i] = 0
      i -= 1
    }
    if i < 0 { return }
  }
}

extension Contraction.Access {
  /// The address of an element at some values of the indices.
  public func address(_ counter: [Int]) -> Int { axes.address(counter, from: offset) }
}

extension [Contraction.Access.Axis] {
  /// The address of an element at some values of the indices.
  public func address(_ counter: [Int], from offset: Int) -> Int {
    var address = offset
    for axis in self {
      switch axis {
      case .strided(let index, let stride): address += counter[index] * stride
      case .symmetric(let i, let j, let stride):
        let (a, b) = (Swift.max(counter[i], counter[j]), Swift.min(counter[i], counter[j]))
        address += (a * (a + 1) / 2 + b) * stride
      }
    }
    return address
  }
}
