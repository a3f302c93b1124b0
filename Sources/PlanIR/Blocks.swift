import ExponentialFamilies

/// A row variable whose neighbouring rows depend on one another: p(z) ∝ exp(Σ ⟨ηₜ, t(zₜ)⟩ + Σ ⟨C, zₜ₋₁ ⊗ zₜ⟩), where z is
/// the one-hot vector of a label or a real vector.
///
/// Where rows follow from the rows before by rules of their own, each has a link besides: Σ ⟨Aₜ, t(zₜ₋₁)⟩ + ⟨Bₜ, zₜ₋₁ ⊗ zₜ⟩.
public struct ChainBlock: Hashable, Sendable {
  /// Categorical or MultivariateNormal.
  public let family: Family
  /// The variable's shape.
  public let shape: FamilyShape
  /// Natural parameters of each row's own potential, then expected statistics.
  public let mean: TileSlot
  /// What each row adds to the log partition of its sequence.
  public let normalizer: TileSlot
  /// 1 in the first row of each sequence, 0 in the others.
  public let first: TileRange
  /// The natural parameters C between neighbours, a matrix row by row: from the row before to the row.
  public let cross: ParameterSlot
  /// The sum over rows of E[zₜ₋₁ ⊗ zₜ], times the weights.
  public let pairs: ParameterSlot
  /// How often each row counts, the same throughout a sequence; nil for once.
  public let weight: TileSlot?
  /// Natural parameters of each row's link to the row before, Aₜ and then Bₜ row by row, then expected statistics of it,
  /// which are 0 in the first row of a sequence; nil where all rows have the same.
  public let link: TileSlot?

  /// How many numbers a link has.
  public var linkCount: Int { family.type.statisticCount(shape) + shape.dimension * shape.dimension }

  /// Describes a chain.
  public init(
    family: Family, shape: FamilyShape, mean: TileSlot, normalizer: TileSlot, first: TileRange, cross: ParameterSlot,
    pairs: ParameterSlot, weight: TileSlot? = nil, link: TileSlot? = nil
  ) {
    self.family = family
    self.shape = shape
    self.mean = mean
    self.normalizer = normalizer
    self.weight = weight
    self.link = link
    self.first = first
    self.cross = cross
    self.pairs = pairs
  }
}

/// Groups of rows whose labels share probabilities of their own: π_g ~ Dirichlet, label | π_g, solved together.
///
/// A group is solved from where ``GroupStart`` says.
/// Source: Blei, Ng & Jordan, *Latent Dirichlet allocation*, JMLR 3 (2003), section 5.2.
public struct GroupBlock: Hashable, Sendable {
  /// The global variable, by position, that holds the probabilities of every group.
  public let variable: Int
  /// The group of each row.
  public let index: TileRange
  /// The label's scores without the group, then its probabilities.
  public let mean: TileSlot
  /// Prior natural parameters, group by group.
  public let prior: ParameterSlot
  /// Natural parameters, group by group: those of solved groups are replaced.
  public let natural: ParameterSlot
  /// Expected statistics, group by group: those of solved groups are replaced.
  public let expected: ParameterSlot
  /// How often each row counts; nil for once.
  public let weight: TileSlot?
  /// Run for every tile of rows, to form the scores.
  public let steps: [Step]
  /// A group is solved when its parameters move by less than this on average, or after so many rounds.
  public let tolerance = 1e-3
  /// The largest number of rounds.
  public let rounds = 100

  /// Describes groups.
  public init(
    variable: Int, index: TileRange, mean: TileSlot, prior: ParameterSlot, natural: ParameterSlot,
    expected: ParameterSlot, weight: TileSlot?, steps: [Step]
  ) {
    self.variable = variable
    self.index = index
    self.mean = mean
    self.prior = prior
    self.natural = natural
    self.expected = expected
    self.weight = weight
    self.steps = steps
  }
}
