import ExponentialFamilies
import ModelLanguage
import PlanIR

/// What a change of basis of each latent space does to the bound, as the terms of the log joint say it.
///
/// A space is left out where a term depends on its basis in a way that is no quadratic form of second moments (a prior mean
/// that is not 0, say): it is then fitted in the basis that it has.
extension Lowering {
  /// A term that was lowered to contractions, with its sum over rows.
  struct ContractedTerm {
    var parts: Parts
    var rows: Contraction.Access?
    var extents: [Int]

    init(_ parts: Parts, rows: Contraction.Access?) {
      self.parts = parts
      self.rows = rows
      extents = parts.lowering.extents
    }

    /// The part of the term where some indices have one value.
    func fixing(_ indices: [Int], at value: Int) -> ContractedTerm {
      var fixed = self
      fixed.parts.outer = parts.outer.map { ($0.factor, $0.access.fixing(indices, at: value)) }
      fixed.rows = rows?.fixing(indices, at: value)
      for index in indices { fixed.extents[index] = 1 }
      return fixed
    }
  }

  mutating func latentBases() throws(ModelError) -> [LatentBasis] {
    let spaces = LatentSpaces(logJoint, shapes: shapes)
    var bases: [LatentBasis] = []
    // A scale of two spaces would have to follow both.
    func areApart(_ bases: [LatentBasis]) -> Bool {
      let scales = bases.flatMap(\.scales)
      return Set(scales).count == scales.count
    }
    for space in spaces.spaces {
      let before = self
      var found: [LatentBasis] = []
      if let choice = spaces.choice(in: space, logJoint, blocks) {
        // Given each value of a label, vectors have a basis of their own.
        for value in 0..<shapes[choice.label].dimension {
          var builder = LatentBasisBuilder(self, spaces, space, given: (choice, value))
          guard let basis = try builder.basis() else { break }
          self = builder.lowering
          found.append(basis)
        }
        if found.count == shapes[choice.label].dimension && areApart(bases + found) {
          bases += found
          continue
        }
        self = before
      }
      var builder = LatentBasisBuilder(self, spaces, space)
      if let basis = try builder.basis(), areApart(bases + [basis]) {
        self = builder.lowering
        bases.append(basis)
      }
    }
    return bases
  }
}

extension Contraction.Access {
  /// The part where some indices have one value.
  fileprivate func fixing(_ indices: [Int], at value: Int) -> Contraction.Access {
    var (offset, kept) = (offset, [Axis]())
    for axis in axes {
      if case .strided(let index, let stride) = axis, indices.contains(index) {
        offset += value * stride
      } else {
        kept.append(axis)
      }
    }
    return Contraction.Access(slot, offset: offset, axes: kept)
  }
}
