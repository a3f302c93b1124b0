import Suffice

/// The models that the command line offers by name.
public let shippedModels: [any Model.Type] = [
  BernoulliMixture.self, DiagonalGaussianMixture.self, DirichletProcessColumnMixture.self,
  DirichletProcessGaussianMixture.self, GaussianMixture.self, MixedMixture.self, NormalSample.self,
  NormalSampleMeanField.self, PoissonMixture.self, SphericalGaussianMixture.self, TiedGaussianMixture.self,
]
