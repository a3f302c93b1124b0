import SpecialFunctions

/// An invertible affine map of vectors of one length, x ↦ Ax + b.
public struct AffineMap: Hashable, Sendable {
  /// The rows of A.
  public let matrix: [[Double]]
  /// The rows of A⁻¹.
  public let inverse: [[Double]]
  /// The logarithm of the absolute value of A's determinant.
  public let logDeterminant: Double
  /// b, or one such vector after another where the map is applied to several vectors.
  public let offset: [Double]

  /// Number of elements of a vector.
  public var order: Int { matrix.count }

  /// A map by its matrix; nil where the matrix is singular or not square.
  ///
  /// - Parameters:
  ///   - matrix: The rows of A.
  ///   - offset: b; zeros where it is left out. For families over several vectors, one for each, one after another.
  public init?(_ matrix: [[Double]], offset: [Double]? = nil) {
    let n = matrix.count
    guard matrix.allSatisfy({ $0.count == n }) else { return nil }
    // Gauss–Jordan elimination with the largest pivot of each column.
    var rows = matrix
    var inverse = (0..<n).map { i in (0..<n).map { $0 == i ? 1.0 : 0 } }
    var logDeterminant = 0.0
    for column in 0..<n {
      let best = (column..<n).max { abs(rows[$0][column]) < abs(rows[$1][column]) } ?? column
      rows.swapAt(column, best)
      inverse.swapAt(column, best)
      let pivot = rows[column][column]
      guard pivot != 0, pivot.isFinite else { return nil }
      logDeterminant += _log(abs(pivot))
      for j in 0..<n {
        rows[column][j] /= pivot
        inverse[column][j] /= pivot
      }
      for i in 0..<n where i != column && rows[i][column] != 0 {
        let factor = rows[i][column]
        for j in 0..<n {
          rows[i][j] -= factor * rows[column][j]
          inverse[i][j] -= factor * inverse[column][j]
        }
      }
    }
    self.matrix = matrix
    self.inverse = inverse
    self.logDeterminant = logDeterminant
    self.offset = offset ?? [Double](repeating: 0, count: n)
  }

  /// Ax + b; where there are several offsets, with the one of a place.
  public func image(of x: [Double], _ place: Int = 0) -> [Double] {
    (0..<order).map { dot(matrix[$0], x) + offset[place * order + $0] }
  }

  /// A S Aᵀ: the covariance matrix of the image.
  public func image(ofCovariance covariance: SymmetricMatrix) -> SymmetricMatrix {
    Self.congruence(matrix, covariance)
  }

  /// A⁻ᵀ K A⁻¹: the precision matrix of the image.
  public func image(ofPrecision precision: SymmetricMatrix) -> SymmetricMatrix {
    Self.congruence(Self.transposed(inverse), precision)
  }

  /// A⁻ᵀ x: how what is multiplied with a vector changes where the vector is mapped by A.
  public func dual(of x: [Double]) -> [Double] {
    (0..<order).map { i in (0..<order).reduce(0) { $0 + inverse[$1][i] * x[$1] } }
  }

  /// B S Bᵀ of a matrix given by its rows.
  private static func congruence(_ rows: [[Double]], _ matrix: SymmetricMatrix) -> SymmetricMatrix {
    let halves = rows.map(matrix.times)
    return SymmetricMatrix(
      order: rows.count, packed: rows.indices.flatMap { i in (0...i).map { dot(halves[i], rows[$0]) } })
  }

  private static func transposed(_ rows: [[Double]]) -> [[Double]] {
    rows.indices.map { i in rows.map { $0[i] } }
  }
}

/// A family over vectors that stays itself under affine maps: of vectors x, or of the rows m of a linear map.
///
/// The image of a member is the distribution of Ax + b where the member is that of x. Conventional parameters and
/// summaries are mapped by themselves, as natural parameters of an image far from the origin would lose digits.
public protocol LinearlyMappedFamily: ExponentialFamily {
  /// How many elements a mapped vector has.
  static func mappedCount(_ shape: FamilyShape) -> Int

  /// How many vectors a member has that are mapped alike, with an offset each.
  static func mappedVectors(_ shape: FamilyShape) -> Int

  /// The natural parameters of the image of a member.
  static func natural(_ natural: [Double], mappedBy map: AffineMap, _ shape: FamilyShape) -> [Double]

  /// The conventional parameters of the image of a member, in the order of ``ExponentialFamily/parameters(_:)``.
  static func parameters(from natural: [Double], mappedBy map: AffineMap, _ shape: FamilyShape) -> [[Double]]

  /// The readable summary of the image of a member.
  static func summary(_ natural: [Double], mappedBy map: AffineMap, _ shape: FamilyShape) -> [Summary]
}

extension LinearlyMappedFamily {
  /// From the conventional parameters of the image.
  public static func natural(_ natural: [Double], mappedBy map: AffineMap, _ shape: FamilyShape) -> [Double] {
    self.natural(from: parameters(from: natural, mappedBy: map, shape), shape)
  }
}

extension MultivariateNormal: LinearlyMappedFamily {
  public static func mappedCount(_ shape: FamilyShape) -> Int { shape.dimension }

  public static func mappedVectors(_ shape: FamilyShape) -> Int { 1 }

  /// A⁻ᵀΛμ + Λ'b and −Λ'/2 with Λ' = A⁻ᵀΛA⁻¹: no matrix is inverted but A.
  public static func natural(_ natural: [Double], mappedBy map: AffineMap, _ shape: FamilyShape) -> [Double] {
    let d = shape.dimension
    let precision = map.image(ofPrecision: SymmetricMatrix(order: d, natural: natural[d...], times: -2))
    return zip(map.dual(of: Array(natural[..<d])), precision.times(map.offset)).map { $0 + $1 }
      + precision.natural(times: -0.5)
  }

  public static func parameters(from natural: [Double], mappedBy map: AffineMap, _ shape: FamilyShape) -> [[Double]] {
    let own = parameters(from: natural, shape)
    let precision = map.image(ofPrecision: SymmetricMatrix(order: shape.dimension, packed: own[1]))
    return [map.image(of: own[0]), precision.packed]
  }

  public static func summary(_ natural: [Double], mappedBy map: AffineMap, _ shape: FamilyShape) -> [Summary] {
    summary(natural, shape).map { line in
      switch line.name {
      case "mean": return Summary("mean", map.image(of: line.values), isLocation: line.isLocation)
      case "covariance", "deviation":
        guard let own = summary(natural, shape).first(where: { $0.name == "covariance" }) else { return line }
        let covariance = map.image(ofCovariance: SymmetricMatrix(order: shape.dimension, packed: own.values))
        return line.name == "covariance"
          ? Summary("covariance", covariance.packed)
          : Summary("deviation", covariance.diagonal.map { $0.squareRoot() })
      default: return line
      }
    }
  }
}

/// Matrix normal families: M's rows are mapped, M ↦ MAᵀ + B, so that K ↦ A⁻ᵀKA⁻¹; the noise stays.
private func mappedMap(_ parameters: [[Double]], by map: AffineMap, _ shape: FamilyShape) -> [[Double]] {
  var result = parameters
  let rows = MatrixNormalWishart.rows(parameters[0], shape)
  result[0] = rows.indices.flatMap { map.image(of: rows[$0], $0) }
  result[1] = map.image(ofPrecision: SymmetricMatrix(order: shape.inputs, packed: parameters[1])).packed
  return result
}

private func mappedMap(_ summary: [Summary], by map: AffineMap, _ shape: FamilyShape) -> [Summary] {
  summary.map { line in
    if line.name != "mean" { return line }
    let rows = MatrixNormalWishart.rows(line.values, shape)
    return Summary("mean", rows.indices.flatMap { map.image(of: rows[$0], $0) }, isLocation: line.isLocation)
  }
}

extension MatrixNormalWishart: LinearlyMappedFamily {
  public static func mappedCount(_ shape: FamilyShape) -> Int { shape.inputs }

  public static func mappedVectors(_ shape: FamilyShape) -> Int { shape.dimension }

  public static func parameters(from natural: [Double], mappedBy map: AffineMap, _ shape: FamilyShape) -> [[Double]] {
    mappedMap(parameters(from: natural, shape), by: map, shape)
  }

  public static func summary(_ natural: [Double], mappedBy map: AffineMap, _ shape: FamilyShape) -> [Summary] {
    mappedMap(summary(natural, shape), by: map, shape)
  }
}

extension MatrixNormal: LinearlyMappedFamily {
  public static func mappedCount(_ shape: FamilyShape) -> Int { shape.inputs }

  public static func mappedVectors(_ shape: FamilyShape) -> Int { shape.dimension }

  public static func parameters(from natural: [Double], mappedBy map: AffineMap, _ shape: FamilyShape) -> [[Double]] {
    mappedMap(parameters(from: natural, shape), by: map, shape)
  }

  public static func summary(_ natural: [Double], mappedBy map: AffineMap, _ shape: FamilyShape) -> [Summary] {
    mappedMap(summary(natural, shape), by: map, shape)
  }
}
