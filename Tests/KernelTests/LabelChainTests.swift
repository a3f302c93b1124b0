import CKernels
import Foundation
import Testing

extension KernelTests {
  @Suite struct LabelChainTests {
    private struct Posterior {
      var total: Double
      var marginals: [Double]
      var pairs: [Double]
      /// What each row adds to the total.
      var logs: [Double] = []

      func isClose(to other: Posterior, within tolerance: Double = 1e-11) -> Bool {
        close(total, other.total, within: tolerance) && close(marginals, other.marginals, within: tolerance)
          && close(pairs, other.pairs, within: tolerance) && close(logs, other.logs, within: tolerance)
      }
    }

    private func kernel(_ scores: [Double], _ transitions: [Double], _ T: Int, _ K: Int) -> Posterior {
      var (marginals, pairs) = (scores, [Double](repeating: 0.5, count: K * K))
      var scratch = [Double](repeating: .nan, count: suffice_forward_backward_scratch(T, K))
      var logs = [Double](repeating: .nan, count: T + 1)
      let total = suffice_forward_backward(&marginals, transitions, nil, T, K, &pairs, &logs, &scratch)
      #expect(logs[T].isNaN)
      return Posterior(total: total, marginals: marginals, pairs: pairs.map { $0 - 0.5 }, logs: Array(logs[..<T]))
    }

    /// All paths, one by one.
    private func enumerated(
      _ scores: [Double], _ transitions: [Double], links: [Double]? = nil, _ T: Int, _ K: Int
    ) -> Posterior {
      let before = T > 1 && links == nil ? enumerated(Array(scores.dropLast(K)), transitions, T - 1, K) : nil
      func link(_ t: Int, _ j: Int, _ k: Int) -> Double {
        links.map { $0[t * (K + K * K) + j] + $0[t * (K + K * K) + K + j * K + k] } ?? 0
      }
      var (path, paths) = ([Int](repeating: 0, count: T), [([Int], Double)]())
      func extend(_ t: Int, _ score: Double) {
        guard t < T else { return paths.append((path, score)) }
        for k in 0..<K {
          path[t] = k
          let step = t > 0 ? transitions[path[t - 1] * K + k] + link(t, path[t - 1], k) : 0
          extend(t + 1, score + scores[t * K + k] + step)
        }
      }
      extend(0, 0)
      let most = paths.map(\.1).max() ?? 0
      let total = most + log(paths.reduce(0) { $0 + exp($1.1 - most) })
      var result = Posterior(
        total: total, marginals: [Double](repeating: 0, count: T * K), pairs: [Double](repeating: 0, count: K * K),
        logs: (before?.logs ?? []) + [total - (before?.total ?? 0)])
      for (path, score) in paths {
        for t in 0..<T {
          result.marginals[t * K + path[t]] += exp(score - total)
          if t > 0 { result.pairs[path[t - 1] * K + path[t]] += exp(score - total) }
        }
      }
      return result
    }

    private func logSum(_ x: [Double]) -> Double {
      let most = x.max() ?? -.infinity
      return most == -.infinity ? most : most + log(x.reduce(0) { $0 + exp($1 - most) })
    }

    /// The recursions with logarithms throughout, each message less its largest.
    private func recursive(_ scores: [Double], _ transitions: [Double], _ T: Int, _ K: Int) -> Posterior {
      var (forward, total, logs, last) = ([[Double]](), 0.0, [Double](), 0.0)
      for t in 0..<T {
        var message = Array(scores[(t * K)..<((t + 1) * K)])
        if let last = forward.last {
          for k in 0..<K { message[k] += logSum((0..<K).map { last[$0] + transitions[$0 * K + k] }) }
        }
        let most = message.max() ?? 0
        forward.append(message.map { $0 - most })
        total += most
        let sum = logSum(forward[t])
        logs.append(most + (sum - last))
        last = sum
      }
      total += logSum(forward[T - 1])
      var (backward, marginals) = ([Double](repeating: 0, count: K), [[Double]]())
      var pairs = [Double](repeating: 0, count: K * K)
      for t in (0..<T).reversed() {
        let joint = zip(forward[t], backward).map(+)
        let sum = logSum(joint)
        marginals.append(joint.map { exp($0 - sum) })
        guard t > 0 else { break }
        var after = (0..<K).map { scores[t * K + $0] + backward[$0] }
        let most = after.max() ?? 0
        after = after.map { $0 - most }
        backward = (0..<K).map { j in logSum((0..<K).map { transitions[j * K + $0] + after[$0] }) }
        let both = (0..<(K * K)).map { forward[t - 1][$0 / K] + (transitions[$0] + after[$0 % K]) }
        let whole = logSum(both)
        for i in 0..<(K * K) { pairs[i] += exp(both[i] - whole) }
      }
      return Posterior(total: total, marginals: marginals.reversed().flatMap { $0 }, pairs: pairs, logs: logs)
    }

    @Test func besideAllPaths() throws {
      var numbers = Numbers(seed: 7)
      try atEachLevel { level in
        for (T, K) in [(1, 1), (1, 3), (2, 2), (7, 2), (5, 3), (9, 2), (4, 5), (3, 9)] {
          let (scores, transitions) = (numbers.array(T * K, from: -4), numbers.array(K * K, from: -4, to: 2))
          try #require(
            kernel(scores, transitions, T, K).isClose(to: enumerated(scores, transitions, T, K)),
            "level \(level), T \(T), K \(K)")
        }
      }
    }

    /// Rows with transitions of their own, and what they say of the label before.
    @Test func linksBesideAllPaths() throws {
      var numbers = Numbers(seed: 13)
      try atEachLevel { level in
        for (T, K) in [(1, 1), (1, 3), (2, 2), (7, 2), (5, 3), (4, 5), (3, 9)] {
          let (scores, transitions) = (numbers.array(T * K, from: -4), numbers.array(K * K, from: -4, to: 2))
          let E = K + K * K
          let links = numbers.array(T * E, from: -3, to: 3)
          let wanted = enumerated(scores, transitions, links: links, T, K)
          var (marginals, own, pairs) = (scores, links, [Double](repeating: 0, count: K * K))
          var scratch = [Double](repeating: .nan, count: suffice_forward_backward_scratch(T, K))
          var logs = [Double](repeating: .nan, count: T)
          let total = suffice_forward_backward(&marginals, transitions, &own, T, K, &pairs, &logs, &scratch)
          let note: Comment = "level \(level), T \(T), K \(K)"
          try #require(close(total, wanted.total) && close(logs.reduce(0, +), total), note)
          try #require(
            close(marginals, wanted.marginals, within: 1e-11) && close(pairs, wanted.pairs, within: 1e-11), note)
          try #require(own[..<E].allSatisfy { $0 == 0 }, note)
          for t in 1..<max(T, 1) {
            let both = Array(own[(t * E + K)..<((t + 1) * E)])
            try #require(Array(own[(t * E)..<(t * E + K)]) == Array(marginals[((t - 1) * K)..<(t * K)]), note)
            let here = (0..<K).map { k in (0..<K).reduce(0) { $0 + both[$1 * K + k] } }
            try #require(close(here, Array(marginals[(t * K)..<((t + 1) * K)]), within: 1e-11), note)
          }
        }
      }
    }

    @Test func besideLogarithms() throws {
      var numbers = Numbers(seed: 8)
      try atEachLevel { level in
        for K in [1, 2, 4, 5, 7, 8, 9, 12, 16, 17, 31, 33] {
          for T in counts where T > 0 {
            for range in [3.0, 60] {
              // Some states excluded, and some transitions, but never all.
              var scores = numbers.array(T * K, from: -range, to: range).map { $0 + 1000 }
              var transitions = numbers.array(K * K, from: -range)
              for t in 0..<T where t % 3 == 1 && K > 2 { scores[t * K + t % (K - 1)] = -.infinity }
              for j in 0..<K where K > 2 { transitions[j * K + (j + 1) % (K - 1)] = -.infinity }
              try #require(
                kernel(scores, transitions, T, K).isClose(to: recursive(scores, transitions, T, K)),
                "level \(level), T \(T), K \(K)")
            }
          }
        }
      }
    }

    /// Paths whose probabilities no double holds: what one row all but rules out the next demands.
    @Test func beyondTheRange() throws {
      var numbers = Numbers(seed: 9)
      try atEachLevel { level in
        for K in [2, 5, 8, 9, 16, 20] {
          for T in [2, 7, 33] {
            var scores = numbers.array(T * K)
            var transitions = numbers.array(K * K, from: -2000)
            for t in 0..<T {
              for k in 0..<K { scores[t * K + k] -= k == t % 2 ? 1500 : 0 }
              if t % 4 == 2 { for k in 1..<K { scores[t * K + k] = -.infinity } }
            }
            try #require(
              kernel(scores, transitions, T, K).isClose(to: recursive(scores, transitions, T, K), within: 1e-10),
              "level \(level), T \(T), K \(K)")
            // Separated labels, as of rows far apart, and stiff transitions.
            scores = scores.map { $0 * 500 }
            transitions = (0..<(K * K)).map { $0 % (K + 1) == 0 ? 0 : -900 }
            try #require(
              kernel(scores, transitions, T, K).isClose(to: recursive(scores, transitions, T, K), within: 1e-10),
              "level \(level), T \(T), K \(K)")
          }
        }
      }
    }

    @Test func nothingToSum() throws {
      try atEachLevel { _ in
        try #require(kernel([], [0, 0, 0, 0], 0, 2).total == 0)
        try #require(suffice_forward_backward(nil, nil, nil, 3, 0, nil, nil, nil) == 0)
        for K in [1, 3, 8, 11, 20] {
          let none = [Double](repeating: -.infinity, count: 4 * K)
          let free = [Double](repeating: 0, count: K * K)
          let result = kernel(none, free, 4, K)
          try #require(result.total == -.infinity && result.marginals.allSatisfy(\.isNaN))
          try #require(kernel([Double](repeating: 0, count: 4 * K), Array(none[..<K]) + free[K...], 4, K).total < 100)
          for wrong in [Double.nan, .infinity] {
            var scores = [Double](repeating: 0, count: 4 * K)
            scores[2 * K] = wrong
            let result = kernel(scores, free, 4, K)
            try #require(result.total.isNaN && result.pairs[0].isNaN)
            var transitions = free
            transitions[0] = wrong
            try #require(kernel(scores, transitions, 4, K).total.isNaN)
          }
        }
      }
    }

    @Test func longAndTheSameTwice() throws {
      let T = 1000
      var numbers = Numbers(seed: 10)
      for K in [3, 8, 17] {
        let (scores, transitions) = (numbers.array(T * K, from: -9), numbers.array(K * K, from: -3))
        let wanted = recursive(scores, transitions, T, K)
        try atEachLevel { _ in
          let first = kernel(scores, transitions, T, K)
          let second = kernel(scores, transitions, T, K)
          try #require(
            first.total == second.total && first.marginals == second.marginals && first.pairs == second.pairs)
          try #require(first.isClose(to: wanted, within: 1e-11))
          try #require(close(first.pairs.reduce(0, +), Double(T - 1)))
        }
      }
    }
  }
}
