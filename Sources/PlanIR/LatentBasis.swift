import ExponentialFamilies

/// A space of latent vectors whose basis the data do not see: its vectors meet others in inner products only.
///
/// Where every vector x of the space becomes Rx, and every vector w that is multiplied with one becomes R⁻ᵀw, the products
/// wᵀx are what they were; what changes is how probable both are by their priors. So a basis can be chosen for the sake of the
/// priors alone, which a sweep over the rows, one variable after the other, does only in many small steps.
///
/// Sources: Luttinen & Ilin, *Transformations in variational Bayesian factor analysis to speed up learning* (2010), section 3;
/// Luttinen, *Fast variational Bayesian linear state-space model* (2013), section 3; Qi & Jaakkola, *Parameter expanded
/// variational Bayesian methods* (2006).
public struct LatentBasis: Hashable, Sendable {
  /// How a change of basis R moves a vector.
  public enum Side: Hashable, Sendable {
    /// x becomes Rx.
    case vector
    /// w becomes R⁻ᵀw.
    case covector
  }

  /// A global variable whose members are vectors of the space.
  public struct Variable: Hashable, Sendable {
    /// Its position among the plan's global variables.
    public let position: Int
    /// How its elements move.
    public let side: Side
    /// Which of its members are of this space.
    ///
    /// Where they are rows of a matrix that maps the space to itself, those rows are in the order of the space's elements.
    public let members: [Int]
    /// Whether the members are the rows of a matrix A that becomes R A R⁻¹.
    public let isMatrix: Bool

    /// Describes a variable.
    public init(position: Int, side: Side, members: [Int], isMatrix: Bool) {
      self.position = position
      self.side = side
      self.members = members
      self.isMatrix = isMatrix
    }
  }

  /// What weighs the second moments of a form: known numbers, each times the expectation of an element of a scale.
  public struct Weights: Hashable, Sendable {
    /// The numbers, a matrix row by row.
    public let numbers: [Double]
    /// The scale's position among the plan's global variables, and which of its numbers goes with each of the matrix.
    public let scale: Scale?

    /// A variable that scales.
    public struct Scale: Hashable, Sendable {
      /// Its position among the plan's global variables.
      public let position: Int
      /// For each element of the matrix, which of the variable's numbers.
      public let addresses: [Int]

      /// Describes a scale.
      public init(position: Int, addresses: [Int]) {
        self.position = position
        self.addresses = addresses
      }
    }

    /// Describes weights.
    public init(numbers: [Double], scale: Scale?) {
      self.numbers = numbers
      self.scale = scale
    }
  }

  /// A term of the bound that depends on the basis: Σ over i, j of weights(i, j) · (T G Tᵀ)(i, j), where G are second moments and
  /// T is R or R⁻ᵀ.
  public struct Form: Hashable, Sendable {
    /// Where G is, row by row; symmetric once its transpose is added and halved.
    public let moments: ParameterSlot
    /// Whether T is R or R⁻ᵀ.
    public let side: Side
    /// The weights.
    public let weights: Weights

    /// Describes a form.
    public init(moments: ParameterSlot, side: Side, weights: Weights) {
      self.moments = moments
      self.side = side
      self.weights = weights
    }
  }

  /// The prior of the rows of a matrix that maps the space to itself: Σ over rows a of A, i, j of
  /// weights(i, j) · E[a aᵀ](i, j).
  public struct MatrixPrior: Hashable, Sendable {
    /// The matrix, by its place in ``LatentBasis/variables``.
    public let variable: Int
    /// The weights.
    public let weights: Weights

    /// Describes a prior.
    public init(variable: Int, weights: Weights) {
      self.variable = variable
      self.weights = weights
    }
  }

  /// What people call it: the names of its variables.
  public let name: String
  /// Number of elements of a vector.
  public let dimension: Int
  /// The global variables.
  public let variables: [Variable]
  /// Where the numbers of vectors among the rows' variables are, with the side of these: each adds as often log|det T| to the
  /// entropy.
  public let rowCounts: [RowCount]
  /// Computes all forms' moments.
  public let moments: [Step]
  /// The terms that depend on the basis.
  public let forms: [Form]
  /// Those of matrices.
  public let matrixPriors: [MatrixPrior]

  /// How many vectors a row variable has.
  public struct RowCount: Hashable, Sendable {
    /// Where the number is.
    public let slot: ParameterSlot, offset: Int
    /// How the vectors move.
    public let side: Side

    /// Describes a number of vectors.
    public init(slot: ParameterSlot, offset: Int, side: Side) {
      self.slot = slot
      self.offset = offset
      self.side = side
    }
  }

  /// Describes a space.
  public init(
    name: String, dimension: Int, variables: [Variable], rowCounts: [RowCount], moments: [Step], forms: [Form],
    matrixPriors: [MatrixPrior]
  ) {
    self.name = name
    self.dimension = dimension
    self.variables = variables
    self.rowCounts = rowCounts
    self.moments = moments
    self.forms = forms
    self.matrixPriors = matrixPriors
  }

  /// The variables, by position, that scale forms: they follow a change of basis at once.
  public var scales: [Int] {
    var found: [Int] = []
    for weights in forms.map(\.weights) + matrixPriors.map(\.weights) {
      if let position = weights.scale?.position, !found.contains(position) { found.append(position) }
    }
    return found
  }
}
