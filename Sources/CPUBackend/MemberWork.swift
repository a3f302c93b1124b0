import CKernels
import ExponentialFamilies

/// Functions of many members of a variable, some of them at a time on each thread.
struct MemberWork {
  /// Numbers below which starting threads costs more than they save, and the family computes as it does elsewhere.
  private static let few = 2048
  /// Members' numbers of one task.
  private static let taskNumbers = 1024

  /// The sum of concentrations up to which log-gamma functions may be subtracted: it costs them 10⁻¹¹ at most.
  private static let largestTotal = 200.0

  let family: Family
  let shape: FamilyShape
  let members: Int
  let threads: Int

  init(_ family: Family, _ shape: FamilyShape, members: Int, threads: Int) {
    (self.family, self.shape, self.members, self.threads) = (family, shape, members, threads)
  }

  /// One call's work.
  private struct Task {
    let work: MemberWork
    let natural: UnsafePointer<Double>
    let result: UnsafeMutablePointer<Double>
    let size: Int
    let members: Int
    /// Whether log partitions are wanted, one number a task, or expectations.
    let addsLogPartitions: Bool

    func run(_ task: Int) {
      let range = task * members..<min((task + 1) * members, work.members)
      if !addsLogPartitions && work.isPlainDirichlet {
        let target = result + range.lowerBound * size
        for i in 0..<range.count * size { target[i] = natural[range.lowerBound * size + i] + 1 }
        return suffice_dirichlet_expectations(target, target, size, range.count)
      }
      var sum = 0.0
      var value = 0.0
      for member in range {
        // Members at one prior are many at the start of a fit: what was computed once is not computed again.
        if member > range.lowerBound && isEqual(member, member - 1) {
          if addsLogPartitions { sum += value } else { copy(member - 1, to: member) }
          continue
        }
        if addsLogPartitions && work.isPlainDirichlet, let own = logBeta(natural + member * size) {
          value = own
          sum += value
          continue
        }
        let numbers = Array(UnsafeBufferPointer(start: natural + member * size, count: size))
        if addsLogPartitions {
          value = work.family.type.logPartition(numbers, work.shape)
          sum += value
        } else {
          let mean = work.family.type.meanStatistics(numbers, work.shape)
          for i in 0..<size { result[member * size + i] = mean[i] }
        }
      }
      if addsLogPartitions { result[task] = sum }
    }

    private func isEqual(_ a: Int, _ b: Int) -> Bool {
      let (first, second) = (natural + a * size, natural + b * size)
      return (0..<size).allSatisfy { first[$0] == second[$0] }
    }

    private func copy(_ from: Int, to: Int) {
      (result + to * size).update(from: result + from * size, count: size)
    }

    /// Σ log Γ(αₖ) − log Γ(Σα), where it is no small difference of large numbers; nil elsewhere.
    private func logBeta(_ natural: UnsafePointer<Double>) -> Double? {
      withUnsafeTemporaryAllocation(of: Double.self, capacity: size + 1) { values -> Double? in
        guard let base = values.baseAddress else { return nil }
        var total = 0.0
        for i in 0..<size {
          base[i] = natural[i] + 1
          total += base[i]
        }
        guard total <= MemberWork.largestTotal else { return nil }
        base[size] = total
        suffice_log_gamma(base, base, size + 1)
        var sum = 0.0
        for i in 0..<size { sum += base[i] }
        return sum - base[size]
      }
    }
  }

  private var isPlainDirichlet: Bool {
    family == Family(Dirichlet.self) && shape.groups.isEmpty && members * shape.dimension >= Self.few
  }

  /// Expected statistics, member by member.
  func expectations(_ natural: [Double], into result: inout [Double]) {
    if result.count != natural.count { result = [Double](repeating: 0, count: natural.count) }
    run(natural, &result, members: membersOfTask(natural.count), addsLogPartitions: false)
  }

  /// The sum of the log partitions, added up in an order that no thread can change.
  func logPartition(_ natural: [Double]) -> Double {
    let each = membersOfTask(natural.count)
    var result = [Double](repeating: 0, count: (members + each - 1) / each)
    run(natural, &result, members: each, addsLogPartitions: true)
    return result.reduce(0, +)
  }

  private func membersOfTask(_ count: Int) -> Int {
    max(1, Self.taskNumbers / max(1, count / max(members, 1)))
  }

  private func run(_ natural: [Double], _ result: inout [Double], members each: Int, addsLogPartitions: Bool) {
    let size = natural.count / max(members, 1)
    natural.withUnsafeBufferPointer { natural in
      result.withUnsafeMutableBufferPointer { result in
        guard let base = natural.baseAddress, let target = result.baseAddress else { return }
        var task = Task(
          work: self, natural: base, result: target, size: size, members: each, addsLogPartitions: addsLogPartitions)
        withUnsafeMutablePointer(to: &task) { task in
          suffice_parallel(
            Int32(natural.count < Self.few ? 1 : threads), (members + each - 1) / each,
            { context, number, _ in context?.assumingMemoryBound(to: Task.self).pointee.run(number) }, task)
        }
      }
    }
  }
}
