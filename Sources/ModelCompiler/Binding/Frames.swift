import ExponentialFamilies
import ModelLanguage

/// What variables are kept about, so that statistics keep their digits far from the origin, and so that neither origin of the
/// data nor of inputs says anything to priors.
public struct Frames: Hashable, Sendable {
  /// What is subtracted from each variable's location, element by element, by variable: of outputs and what moves along with
  /// them, and of inputs.
  public var centers: [Int: [Double]] = [:]
  /// The data with which each variable that is kept about a centre moves, and whose unit it has, by variable.
  public var sources: [Int: Int] = [:]
  /// Coefficients of inputs less their means, by variable.
  public var coefficients: [Int: CoefficientFrame] = [:]

  /// The plates whose members are kept about centres of their own.
  func memberPlates(of variable: Int, in graph: ModelGraph) -> [Int] {
    guard let output = coefficients[variable]?.output else { return [] }
    return graph.variables[variable].plates.filter { graph.plates[$0].extent == .elements(variable: output) }
  }
}

/// How coefficients α of inputs less their means belong to those of the inputs as given.
///
/// With inputs x = (1, x₁ …) about centres c, α₀ + Σⱼ αⱼ(xⱼ − cⱼ) = y − o: the coefficients of x are αⱼ, and the intercept is
/// α₀ + o − Σⱼ αⱼcⱼ.
public struct CoefficientFrame: Hashable, Sendable {
  /// What is subtracted from each input; 0 for the intercept.
  public let inputCenter: [Double]
  /// The variable whose mean the inner product is, where it is kept about its mean too.
  public let output: Int?
  /// What is subtracted from each element of the output; empty where nothing is.
  public let outputCenter: [Double]

  /// What is subtracted from a member's vectors, one after another: the output's centre from each first element.
  func offset(of shape: FamilyShape, element: Int?) -> [Double] {
    let vectors = shape.inputs > 0 ? shape.dimension : 1
    return (0..<vectors).flatMap { d in
      inputCenter.indices.map { j -> Double in
        if j > 0 || outputCenter.isEmpty { return 0 }
        return outputCenter[element ?? (outputCenter.count == 1 ? 0 : d)]
      }
    }
  }

  /// The map from the coefficients as they are kept to those of the inputs as given.
  func map(of shape: FamilyShape, element: Int?) -> AffineMap? {
    let count = inputCenter.count
    let matrix = (0..<count).map { i in
      (0..<count).map { j -> Double in i == j ? 1 : i == 0 ? -inputCenter[j] : 0 }
    }
    return AffineMap(matrix, offset: offset(of: shape, element: element))
  }
}

extension CompiledModel {
  /// The map of each member of a variable from coefficients as they are kept to those of the inputs as given; empty where
  /// a variable holds no such coefficients.
  public func maps(of variable: Int) -> [AffineMap] {
    guard let frame = frames.coefficients[variable] else { return [] }
    let plates = graph.variables[variable].plates
    let members = plates.reduce(1) { $0 * max(plateSizes[$1], 1) }
    return (0..<members).compactMap { member in
      // The last plate runs fastest.
      var (rest, element): (Int, Int?) = (member, nil)
      for plate in plates.reversed() {
        let size = max(plateSizes[plate], 1)
        if graph.plates[plate].extent == .elements(variable: frame.output ?? -1) { element = rest % size }
        rest /= size
      }
      return frame.map(of: shapes[variable], element: element)
    }
  }
}

/// Finds what to subtract from data, and from what moves along with them.
///
/// - Columns of data that the model is of less their means (``ModelGraph/Variable/isCentered``).
/// - Inputs with an intercept, where all that they do is to be multiplied with coefficients.
/// - Outputs and location variables: variables that move together when the data are moved by a constant form a frame; all of a
///   frame is kept about one centre, the mean of its data. A frame stays where it is if one of its variables is also used
///   in a way that does not move along.
func findFrames(_ graph: ModelGraph, _ facts: DataFacts, shapes: [FamilyShape]) -> Frames {
  let coefficients = CoefficientSearch(graph, shapes: shapes)
  var locations = LocationSearch(graph, shapes: shapes, coefficients: coefficients)
  locations.run()
  var frames = Frames()
  let known = Dictionary(uniqueKeysWithValues: zip(graph.observed, facts.observed))
  for variable in graph.observed where graph.variables[variable].role == .observed {
    if let known = known[variable], !graph.variables[variable].isCentered {
      for member in locations.frame(of: variable) where frames.centers[member] == nil {
        frames.centers[member] = known.mean
        frames.sources[member] = variable
      }
    }
  }
  for variable in graph.observed where graph.variables[variable].isCentered || coefficients.inputs.contains(variable) {
    frames.centers[variable] = known[variable]?.centers(of: graph.variables[variable])
  }
  for variable in graph.observed {
    // What follows from centred data is centred with them.
    guard case .lagged(let source, let lags, false) = graph.variables[variable].role,
      let center = frames.centers[source], lags == [-1] || graph.variables[source].isCentered
    else { continue }
    frames.centers[variable] = lags.flatMap { _ in center }
  }
  for (variable, inputs) in coefficients.coefficients {
    guard let inputCenter = frames.centers[inputs] else { continue }
    let output = locations.outputs[variable].flatMap { frames.centers[$0] == nil ? nil : $0 }
    frames.coefficients[variable] = CoefficientFrame(
      inputCenter: inputCenter, output: output, outputCenter: output.flatMap { frames.centers[$0] } ?? [])
  }
  return frames
}

extension DataFacts.Observed {
  fileprivate func centers(of variable: ModelGraph.Variable) -> [Double] {
    variable.hasIntercept ? [0] + mean.dropFirst() : mean
  }
}
