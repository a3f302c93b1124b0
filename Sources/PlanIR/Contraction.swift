/// A sum of products: `output[…] += coefficient · Π operands[…]`, over all values of the indices.
public struct Contraction: Hashable, Sendable {
  /// How an operand or the output is addressed.
  public struct Access: Hashable, Sendable {
    /// An index, and how far one more of it moves.
    public enum Axis: Hashable, Sendable {
      /// Element `index · stride`.
      case strided(index: Int, stride: Int)
      /// Element (i, j) of a symmetric matrix that is stored as its lower triangle, with a distance between elements.
      case symmetric(Int, Int, stride: Int)
    }

    /// The slot.
    public let slot: ParameterSlot
    /// Where it begins.
    public let offset: Int
    /// Its axes; an index without an axis does not move.
    public let axes: [Axis]

    /// Describes an access.
    public init(_ slot: ParameterSlot, offset: Int = 0, axes: [Axis] = []) {
      self.slot = slot
      self.offset = offset
      self.axes = axes
    }
  }

  /// The number in front.
  public let coefficient: Double
  /// How many values each index takes.
  public let extents: [Int]
  /// What is multiplied.
  public let operands: [Access]
  /// Where the sum goes.
  public let output: Access

  /// Describes a contraction.
  public init(_ coefficient: Double, extents: [Int], operands: [Access], output: Access) {
    self.coefficient = coefficient
    self.extents = extents
    self.operands = operands
    self.output = output
  }
}

/// A sum of products within each row: `output[…] = coefficient · Π operands[…]`, over all values of the indices.
public struct RowContraction: Hashable, Sendable {
  /// How an operand is addressed.
  public struct Operand: Hashable, Sendable {
    /// Where an operand lies.
    public enum Place: Hashable, Sendable {
      /// In the tile: one value for each row.
      case tile(TileSlot)
      /// Outside the tile: one value for all rows.
      case parameter(ParameterSlot)
    }

    /// Where it lies.
    public let place: Place
    /// Where it begins.
    public let offset: Int
    /// Its axes.
    public let axes: [Contraction.Access.Axis]

    /// Describes an operand.
    public init(_ place: Place, offset: Int = 0, axes: [Contraction.Access.Axis] = []) {
      self.place = place
      self.offset = offset
      self.axes = axes
    }
  }

  /// The number in front.
  public let coefficient: Double
  /// How many values each index takes.
  public let extents: [Int]
  /// What is multiplied.
  public let operands: [Operand]
  /// Where the sum goes.
  public let output: TileSlot
  /// Where it begins in the output.
  public let offset: Int
  /// The output's axes.
  public let axes: [Contraction.Access.Axis]

  /// Describes a sum of products.
  public init(
    _ coefficient: Double, extents: [Int], operands: [Operand], output: TileSlot, offset: Int = 0,
    axes: [Contraction.Access.Axis] = []
  ) {
    self.coefficient = coefficient
    self.extents = extents
    self.operands = operands
    self.output = output
    self.offset = offset
    self.axes = axes
  }
}
