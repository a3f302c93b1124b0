import ExponentialFamilies
import Testing

/// The image of a member under an affine map is the distribution of the mapped value.
@Suite struct AffineMapTests {
  private let matrix = [[0.5, -1, 0], [2, 1, 0.25], [0, 0.5, -1.5]]

  @Test func densitiesOfVectorsAreThoseOfTheirImages() throws {
    let shape = FamilyShape(dimension: 3)
    let map = try #require(AffineMap(matrix, offset: [1, -2, 0.5]))
    let natural = MultivariateNormal.natural(from: [[0.3, -1, 2], [2, 0.5, 3, -0.2, 0.1, 1]], shape)
    let image = MultivariateNormal.natural(natural, mappedBy: map, shape)
    for x in [[0.0, 0, 0], [1, -0.5, 2], [-3, 1, 0.25]] {
      let own = MultivariateNormal.logDensity(of: x, natural: natural, shape)
      let other = MultivariateNormal.logDensity(of: map.image(of: x), natural: image, shape)
      #expect(abs(own - map.logDeterminant - other) < 1e-10)
    }
    let told = MultivariateNormal.summary(natural, mappedBy: map, shape)
    for (a, b) in zip(told, MultivariateNormal.summary(image, shape)) {
      #expect(a.name == b.name)
      for (x, y) in zip(a.values, b.values) { #expect(abs(x - y) < 1e-10) }
    }
    for (a, b) in zip(
      MultivariateNormal.parameters(from: natural, mappedBy: map, shape),
      MultivariateNormal.parameters(from: image, shape))
    {
      for (x, y) in zip(a, b) { #expect(abs(x - y) < 1e-10) }
    }
  }

  /// M ↦ MAᵀ + B, with an offset for each row of M; the noise's precision matrix stays.
  @Test func densitiesOfLinearMapsAreThoseOfTheirImages() throws {
    let shape = FamilyShape(dimension: 2, inputs: 3)
    let map = try #require(AffineMap(matrix, offset: [1, -2, 0.5, 0, 3, -1]))
    let prior = [[0.3, -1, 2, 0, 1, 0.5], [2, 0.5, 3, -0.2, 0.1, 1], [3.0], [1, 0.2, 0.5]]
    let natural = MatrixNormalWishart.natural(from: prior, shape)
    let image = MatrixNormalWishart.natural(natural, mappedBy: map, shape)
    let noise = [0.8, -0.1, 1.5]
    for rows in [[[0.0, 0, 0], [1, -0.5, 2]], [[-3, 1, 0.25], [0.5, 0.5, -1]]] {
      let own = MatrixNormalWishart.logDensity(of: rows.flatMap { $0 } + noise, natural: natural, shape)
      let mapped = rows.indices.flatMap { map.image(of: rows[$0], $0) }
      let other = MatrixNormalWishart.logDensity(of: mapped + noise, natural: image, shape)
      #expect(abs(own - 2 * map.logDeterminant - other) < 1e-9)
    }
  }

  @Test func singularMatricesHaveNoMap() {
    #expect(AffineMap([[1, 2], [2, 4]]) == nil)
    #expect(AffineMap([[1, 2]]) == nil)
    #expect(AffineMap([[0, 1], [1, 0]])?.inverse == [[0, 1], [1, 0]])
  }
}
