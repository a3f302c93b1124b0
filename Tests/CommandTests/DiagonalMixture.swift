import Models

/// The model that the tool's tests fit.
enum DiagonalMixture {
  static var model: DiagonalGaussianMixture {
    var model = DiagonalGaussianMixture()
    model.components = 2
    return model
  }
}
