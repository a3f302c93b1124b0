import ExponentialFamilies
import ModelLanguage
import PlanIR

/// Which latent vectors of a model live in one space, found from how the terms of its log joint join their elements.
///
/// Two vectors meet where an index runs over the elements of both and of nothing else: an inner product. One of them is then a
/// vector, the other a covector of one space; whatever meets these belongs to the space as well.
struct LatentSpaces {
  /// What an index of a term runs over.
  enum Carrier: Hashable {
    /// The elements of a latent vector.
    case elements(of: Int)
    /// The members of a variable, one for each element of a latent vector: rows of a matrix.
    case members(perElementOf: Int)
    /// Anything else.
    case other

    /// The latent vector.
    var vector: Int? {
      switch self {
      case .elements(let v), .members(let v): v
      case .other: nil
      }
    }
  }

  /// The vectors of each space, by variable; every space has some of both sides.
  private(set) var spaces: [[Int: LatentBasis.Side]] = []
  private let graph: ModelGraph

  init(_ logJoint: LogJoint, shapes: [FamilyShape]) {
    graph = logJoint.graph
    var meetings: [Int: Set<Int>] = [:]
    for term in logJoint.terms where !term.isZero(in: graph) {
      for index in letters(of: term) {
        let found = carriers(of: index, in: term)
        guard found.count == 2, case .elements(let u) = found[0].carrier, case .elements(let v) = found[1].carrier,
          u != v,
          shapes[u].dimension == shapes[v].dimension
        else { continue }
        meetings[u, default: []].insert(v)
        meetings[v, default: []].insert(u)
      }
    }
    // Row variables are vectors, by convention; so is the first variable of a space without any.
    let order = meetings.keys.sorted { (graph.isRowVariable($0) ? 0 : 1, $0) < (graph.isRowVariable($1) ? 0 : 1, $1) }
    var seen: Set<Int> = []
    for first in order where !seen.contains(first) {
      var sides: [Int: LatentBasis.Side] = [first: .vector]
      var waiting = [first]
      var isConsistent = true
      while let next = waiting.popLast() {
        let opposite: LatentBasis.Side = sides[next] == .vector ? .covector : .vector
        for other in (meetings[next] ?? []).sorted() {
          if let known = sides[other] {
            isConsistent = isConsistent && known == opposite
          } else {
            sides[other] = opposite
            waiting.append(other)
          }
        }
      }
      seen.formUnion(sides.keys)
      if isConsistent { spaces.append(sides) }
    }
  }

  /// The indices over elements of a term, each once.
  func letters(of term: LogJoint.JointTerm) -> [LogJoint.TermIndex] {
    var letters: [LogJoint.TermIndex] = []
    for index in term.factors.flatMap({ $0.indices + $0.members }) {
      if case .element = index, !letters.contains(index) { letters.append(index) }
    }
    return letters
  }

  /// What an index of a term runs over, factor by factor.
  func carriers(of index: LogJoint.TermIndex, in term: LogJoint.JointTerm) -> [(factor: Int, carrier: Carrier)] {
    var found: [(factor: Int, carrier: Carrier)] = []
    for (i, factor) in term.factors.enumerated() {
      let variable = factor.operand.variable
      let isVector = variable.map(isLatentVector) ?? false
      let isMoment = factor.statistic == .value || factor.statistic == .outerProduct
      for written in factor.indices where written == index {
        found.append((i, isVector && isMoment ? .elements(of: variable ?? 0) : .other))
      }
      for (position, member) in factor.members.enumerated() where member == index {
        if let variable, graph.variables[variable].plates.indices.contains(position),
          case .elements(let user) = graph.plates[graph.variables[variable].plates[position]].extent,
          isLatentVector(user)
        {
          found.append((i, .members(perElementOf: user)))
        } else {
          found.append((i, .other))
        }
      }
    }
    return found
  }

  private func isLatentVector(_ variable: Int) -> Bool {
    graph.variables[variable].role == .latent && graph.variables[variable].family == Family(MultivariateNormal.self)
  }

  /// The vector along whose elements the members of a variable lie, where that is one of a space: the variable is then a matrix.
  func rowsOfMatrix(_ variable: Int, in space: [Int: LatentBasis.Side]) -> Int? {
    for plate in graph.variables[variable].plates {
      if case .elements(let user) = graph.plates[plate].extent, space[user] != nil { return user }
    }
    return nil
  }

  /// The indices of a term that a change of basis of a space does not leave what they are.
  ///
  /// An index is left alone where it runs over a vector and a covector and nothing else: R and R⁻ᵀ cancel.
  func openLetters(of term: LogJoint.JointTerm, in space: [Int: LatentBasis.Side]) -> [LogJoint.TermIndex] {
    letters(of: term).filter { index in
      let found = carriers(of: index, in: term)
      let sides = found.compactMap { $0.carrier.vector.flatMap { space[$0] } }
      if sides.isEmpty { return false }
      return !(found.count == 2 && sides.count == 2 && sides[0] != sides[1] && found[0].factor != found[1].factor)
    }
  }

  /// A label that rows' vectors are solved given, and the plate, by variable, out of which it chooses what they meet.
  struct Choice {
    let label: Int
    let plates: [Int: Int]
  }

  /// The label, if any, given each of whose values a space falls into spaces of their own.
  func choice(in space: [Int: LatentBasis.Side], _ logJoint: LogJoint, _ blocks: RowBlocks) -> Choice? {
    let rows = space.keys.filter(graph.isRowVariable)
    let labels = Set(rows.map { v in blocks.variables.firstIndex(of: v).flatMap { blocks.labels[$0] } })
    guard labels.count == 1, case .some(.some(let label)) = labels.first else { return nil }
    var plates: [Int: Int] = [:]
    for v in space.keys.sorted() where !rows.contains(v) {
      for term in logJoint.terms where term.variables.contains(where: rows.contains) {
        for factor in term.factors where factor.operand == .variable(v) {
          let chosen = factor.members.indices.filter { factor.members[$0] == .label(ModelGraph.Use(label)) }
          guard chosen.count == 1, let place = chosen.first else { return nil }
          let plate = graph.variables[v].plates[place]
          guard plates[v] == nil || plates[v] == plate else { return nil }
          plates[v] = plate
        }
      }
      if plates[v] == nil { return nil }
    }
    return Choice(label: label, plates: plates)
  }
}
