import ExponentialFamilies

/// A block of numbers that outlives a tile of rows: natural parameters, expectations, weights, sums over rows.
public struct ParameterSlot: Hashable, Sendable {
  /// The slot's number: an index into ``Plan/parameters``.
  public let index: Int
  /// Names a slot.
  public init(_ index: Int) { self.index = index }
}

/// A block of numbers of one tile of rows, stored feature by feature: a width, times the rows of the tile.
public struct TileSlot: Hashable, Sendable {
  /// The slot's number: an index into ``Plan/tiles``.
  public let index: Int
  /// Names a slot.
  public init(_ index: Int) { self.index = index }
}

/// Some consecutive features of a tile slot.
public struct TileRange: Hashable, Sendable {
  /// The slot.
  public let slot: TileSlot
  /// The features.
  public let features: Range<Int>

  /// Names a range of features.
  public init(_ slot: TileSlot, _ features: Range<Int>) {
    self.slot = slot
    self.features = features
  }
}

/// One operation of a plan.
///
/// Every backend runs each of them; the reference backend says what each means.
public enum Step: Hashable, Sendable {
  // Over a tile of rows.

  /// Copies the columns of an input into a tile, minus their centres.
  case load(input: Int, into: TileSlot)
  /// A statistic of values, into a tile from a feature on.
  case statistic(StatisticKernel, from: TileSlot, into: TileRange)
  /// Sets features to 0 where they are NaN: what a missing value contributes.
  case fillMissing(TileRange)
  /// Row `index[row]` of a table, into a tile: as many numbers as the tile is wide; zeros where the index is NaN.
  case gather(ParameterSlot, index: TileRange, into: TileSlot)
  /// Adds a tile to row `index[row]` of a table, row after row; a NaN index adds nowhere.
  case scatter(TileSlot, index: TileRange, into: ParameterSlot)
  /// A sum of products within each row, set or added to what is there.
  case combine(RowContraction, adding: Bool)
  /// The outer product of the features of several ranges, row by row; the last range runs fastest.
  case product([TileRange], into: TileSlot)
  /// Natural parameters of a row variable: `into = bias + weights · features`, or added to what is there.
  case affine(weights: ParameterSlot?, bias: ParameterSlot?, features: TileRange?, into: TileSlot, adding: Bool)
  /// Natural parameters of some members into expected statistics, in place; their log partitions into another slot.
  ///
  /// With observed values, elements that are not NaN are known, and the others are distributed given them.
  case meanMap(Family, FamilyShape, TileSlot, members: Int, observed: TileSlot?, normalizer: TileSlot)
  /// Natural parameters of each row of a chain into expected statistics, in place, over whole sequences.
  case chain(ChainBlock)
  /// Sums over rows of the products of every row feature with every other feature; nil stands for 1.
  case accumulate(rows: TileSlot?, features: TileRange?, into: ParameterSlot)
  /// Sets a slot to what ``ParameterMemory/rows`` has of it in this row, where it has anything and the slot is not given:
  /// what rounds go on from.
  case resume(TileSlot)
  /// Repeats steps over the tile: coordinate ascent among several variables of a row.
  case sweeps(Int, [Step])

  // Between sweeps.

  /// Sets a slot to zero.
  case clear(ParameterSlot)
  /// Adds a contraction of slots to a slot.
  case contract(Contraction)
  /// Expected statistics of all members of a variable from their natural parameters.
  case expectations(Family, FamilyShape, members: Int, natural: ParameterSlot, mean: ParameterSlot)
  /// Adds the coefficient times the sum of the members' log partitions.
  case logPartition(Family, FamilyShape, members: Int, natural: ParameterSlot, coefficient: Double, into: ParameterSlot)
  /// Moves natural parameters towards a target by the rate of the sweep: λ ← (1 − ρ) λ + ρ target.
  case blend(target: ParameterSlot, into: ParameterSlot)
}

/// How a statistic is computed from the values of a row.
public enum StatisticKernel: Hashable, Sendable {
  /// 1 where a value is present, 0 where it is missing.
  case observed
  /// 1 where any value is present, 0 where all are missing.
  case seen
  /// The logarithms of the values.
  case logarithm
  /// A power of each value.
  case power(Double)
  /// log Γ(number + sign · x) of each value x.
  case logGamma(number: Double, sign: Double)
  /// The values.
  case value
  /// Their squares.
  case square
  /// The products x_i x_j, i ≥ j, row by row of the lower triangle.
  case outerProduct
  /// One-hot vectors of labels, one group after another.
  case indicator(FamilyShape)
  /// Whether a label has each of its values but the last.
  case split(FamilyShape)
  /// Whether a label has each of its values but the last, or a later one.
  case reached(FamilyShape)
  /// Whatever a family computes: numbers `offset` and following of its statistics.
  case family(Family, FamilyShape, offset: Int)
}

/// A model's inference as a flat list of steps, with the memory they work on.
public struct Plan: Hashable, Sendable {
  /// A block of parameters.
  public struct ParameterBlock: Hashable, Sendable {
    /// What it is, for people.
    public let name: String
    /// How many numbers.
    public let count: Int
    /// Whether it is a sum over rows: cleared before a sweep, scaled when a sweep covers only a part of the rows.
    public let isRowSum: Bool
    /// What it holds at the start.
    public let initial: [Double]

    /// Describes a block.
    public init(name: String, count: Int, isRowSum: Bool = false, initial: [Double] = []) {
      self.name = name
      self.count = count
      self.isRowSum = isRowSum
      self.initial = initial.isEmpty ? [Double](repeating: 0, count: count) : initial
    }
  }

  /// A block of a tile.
  public struct TileBlock: Hashable, Sendable {
    /// What it is, for people.
    public let name: String
    /// How many features.
    public let width: Int

    /// Describes a block.
    public init(name: String, width: Int) {
      self.name = name
      self.width = width
    }
  }

  /// An observed variable's columns.
  public struct Input: Hashable, Sendable {
    /// The variable's name.
    public let name: String
    /// What is subtracted from each column.
    public let centers: [Double]

    /// Describes an input.
    public init(name: String, centers: [Double]) {
      self.name = name
      self.centers = centers
    }
  }

  /// A global latent variable: where its parameters are, and how they are updated.
  public struct GlobalVariable: Hashable, Sendable {
    /// The variable's name.
    public let name: String
    /// Its family.
    public let family: Family
    /// The shape of each member.
    public let shape: FamilyShape
    /// How many members its plates give it.
    public let members: Int
    /// Natural parameters, member by member.
    public let natural: ParameterSlot
    /// Expected statistics, member by member.
    public let mean: ParameterSlot
    /// What a coordinate update sets the natural parameters to.
    public let target: ParameterSlot
    /// Computes the target from sums over rows and other variables' expectations, blends, and takes expectations.
    public let update: [Step]
    /// The same of the variable's own distribution alone: sets it to what it is without anything that depends on it.
    public let prior: [Step]
    /// The global variables, by position, whose expectations entered the sums over rows that the update reads: once one
    /// of them has moved, the rows are to be swept again first.
    public let staleAfter: Set<Int>

    /// Describes a variable.
    public init(
      name: String, family: Family, shape: FamilyShape, members: Int, natural: ParameterSlot, mean: ParameterSlot,
      target: ParameterSlot, update: [Step], prior: [Step], staleAfter: Set<Int> = []
    ) {
      self.name = name
      self.family = family
      self.shape = shape
      self.members = members
      self.natural = natural
      self.mean = mean
      self.target = target
      self.update = update
      self.prior = prior
      self.staleAfter = staleAfter
    }
  }

  /// A latent variable of each row.
  public struct LocalVariable: Hashable, Sendable {
    /// The variable's name.
    public let name: String
    /// Its family.
    public let family: Family
    /// The shape.
    public let shape: FamilyShape
    /// Expected statistics of each row: of one member, or of one for each value of the label that it is given.
    ///
    /// Those of a label that is solved as a part of a ``JointLabel`` are written by ``Plan/marginals`` alone.
    public let mean: TileSlot
    /// Log partition of each member in each row; that of a part of a joint label is the joint label's.
    public let normalizer: TileSlot
    /// How many members: 1, or the number of values of the label that the variable is solved given.
    public let members: Int
    /// Where the natural parameters begin that no data contribute to; zeros for a part of a joint label.
    public let bias: ParameterSlot
    /// The label that the variable is solved given, by position among the row variables; nil for a block of its own.
    public let label: Int?

    /// Describes a variable.
    public init(
      name: String, family: Family, shape: FamilyShape, mean: TileSlot, normalizer: TileSlot, members: Int = 1,
      bias: ParameterSlot, label: Int? = nil
    ) {
      self.label = label
      self.name = name
      self.family = family
      self.shape = shape
      self.mean = mean
      self.normalizer = normalizer
      self.members = members
      self.bias = bias
    }
  }

  /// Labels of a row that are solved as one label, whose values are the combinations of theirs; the last one's run fastest.
  public struct JointLabel: Hashable, Sendable {
    /// The labels, by position among the row variables.
    public let labels: [Int]
    /// The probability of each combination, in each row.
    public let mean: TileSlot

    /// Describes a joint label.
    public init(labels: [Int], mean: TileSlot) {
      self.labels = labels
      self.mean = mean
    }
  }

  /// The log density of each row at known values of the global variables, integrated over the row's latent variables.
  public struct Density: Hashable, Sendable {
    /// Run before a sweep, after the messages.
    public let messages: [Step]
    /// Run for every tile, after the rows' steps.
    public let rows: [Step]
    /// Where the density is, but for base measures.
    public let slot: TileSlot
    /// Whether it is a lower bound: the row's latent variables are coupled, and integrated over block by block.
    public let isLowerBound: Bool

    /// Describes how densities are computed.
    public init(messages: [Step], rows: [Step], slot: TileSlot, isLowerBound: Bool) {
      self.isLowerBound = isLowerBound
      self.messages = messages
      self.rows = rows
      self.slot = slot
    }
  }

  /// The model's name.
  public var name: String
  /// Blocks that outlive a tile.
  public var parameters: [ParameterBlock]
  /// Blocks of a tile.
  public var tiles: [TileBlock]
  /// The columns that are read.
  public var inputs: [Input]
  /// Global latent variables, in the order of their updates.
  public var globals: [GlobalVariable]
  /// Latent variables of each row.
  public var locals: [LocalVariable]
  /// Labels that are solved as one.
  public var joints: [JointLabel] = []
  /// Run for every tile, after the rows' steps, where what they write is asked for: the probabilities of each label of a
  /// joint label.
  public var marginals: [Step] = []
  /// The slots that rounds among several variables of a row go on from in the next sweep: see ``ParameterMemory/rows``.
  public var resumed: [TileSlot] {
    rows.compactMap { if case .resume(let slot) = $0 { slot } else { nil } }
  }
  /// Turns expectations of global variables into the weights that rows need; run before a sweep.
  public var messages: [Step]
  /// Run for every tile of rows.
  public var rows: [Step]
  /// Adds up the entropies of row variables, with the weights of the sweep that was just made; run after a sweep.
  public var entropy: [Step]
  /// Adds up the bound from sums over rows, expectations and log partitions.
  public var bound: [Step]
  /// Where the entropies of row variables are.
  public var entropySlot: ParameterSlot
  /// Where the bound is.
  public var boundSlot: ParameterSlot
  /// Where the number of rows is.
  public var countSlot: ParameterSlot
  /// What the bound gains for each row that no parameter touches: logs of base measures and constants.
  public var constantPerRow: Double
  /// The log density of each row, or a lower bound of it; nil for a plan that runs over groups.
  public var density: Density?
  /// The global variables, by position, after whose updates the sums that the bound reads are out of date.
  public var boundStaleAfter: Set<Int> = []
  /// Whether all that rows say is in sums of the feature block, times one row variable or none.
  public var isContracted = true
  /// The input that holds the weights of rows; nil where every row counts once.
  public var weightInput: Int?
  /// Spaces of latent vectors whose basis is free.
  public var latentBases: [LatentBasis] = []
  /// How groups of rows are solved before the rows' steps; nil for a plan that takes rows one by one.
  public var groups: GroupBlock?

  /// Puts a plan together.
  public init(
    name: String, parameters: [ParameterBlock], tiles: [TileBlock], inputs: [Input], globals: [GlobalVariable],
    locals: [LocalVariable], messages: [Step], rows: [Step], entropy: [Step], bound: [Step],
    entropySlot: ParameterSlot, boundSlot: ParameterSlot, countSlot: ParameterSlot, constantPerRow: Double
  ) {
    self.name = name
    self.parameters = parameters
    self.tiles = tiles
    self.inputs = inputs
    self.globals = globals
    self.locals = locals
    self.messages = messages
    self.rows = rows
    self.entropy = entropy
    self.bound = bound
    self.entropySlot = entropySlot
    self.boundSlot = boundSlot
    self.countSlot = countSlot
    self.constantPerRow = constantPerRow
  }

  /// The steps of rows that a sweep runs, and those that slots which are copied out ask for.
  public func rowSteps(for outputs: [TileSlot]) -> [Step] {
    let wanted = Set(outputs)
    var steps = rows
    if marginals.contains(where: { !$0.writes.isDisjoint(with: wanted) }) { steps += marginals }
    if let density, wanted.contains(density.slot) { steps += density.rows }
    return steps
  }

  /// The labels of a row: those that are solved by themselves, then those that are solved given one of them.
  public var labels: [LocalVariable] {
    let all = locals.filter { $0.family == Family(Categorical.self) }
    return all.filter { $0.label == nil } + all.filter { $0.label != nil }
  }

  /// The label that is meant where a row has several and nobody says which: the first of more values than one that is solved by
  /// itself, or else the first of all; nil for a plan without labels.
  public var componentLabel: LocalVariable? {
    labels.first { $0.label == nil && $0.shape.dimension > 1 } ?? labels.first
  }

  /// The slots that are sums over rows.
  public var rowSums: [ParameterSlot] {
    parameters.indices.filter { parameters[$0].isRowSum }.map(ParameterSlot.init)
  }

  /// All that rows add up to: ``rowSums``, and the entropy that a sweep computes from them.
  public var rowTotals: [ParameterSlot] { rowSums + [entropySlot] }
}
