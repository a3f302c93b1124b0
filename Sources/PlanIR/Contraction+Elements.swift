extension Contraction {
  /// Calls a function for every combination of index values, with the address of each operand and of the output.
  public func forEachElement(_ body: (_ operands: [Int], _ output: Int) -> Void) {
    guard extents.allSatisfy({ $0 > 0 }) else { return }
    var counter = [Int](repeating: 0, count: extents.count)
    var addresses = [Int](repeating: 0, count: operands.count)
    while true {
      for (i, operand) in operands.enumerated() { addresses[i] = operand.address(counter) }
      body(addresses, output.address(counter))
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
}

extension Contraction.Access {
  /// The address of an element at some values of the indices.
  public func address(_ counter: [Int]) -> Int {
    var address = offset
    for axis in axes {
      switch axis {
      case .strided(let index, let stride): address += counter[index] * stride
      case .symmetric(let i, let j, let stride):
        let (a, b) = (max(counter[i], counter[j]), min(counter[i], counter[j]))
        address += (a * (a + 1) / 2 + b) * stride
      }
    }
    return address
  }
}
