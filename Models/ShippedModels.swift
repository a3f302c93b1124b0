import Suffice

/// The models that the command line offers by name.
public let shippedModels: [any Model.Type] = [
  AutoregressiveHiddenMarkovModel.self,
  BernoulliMixture.self,
  DiagonalGaussianMixture.self,
  DirichletProcessColumnMixture.self,
  DirichletProcessGaussianMixture.self,
  GaussianMixture.self,
  HiddenMarkovModel.self,
  HierarchicalDirichletProcess.self,
  LatentDirichletAllocation.self,
  LinearDynamicalSystem.self,
  MixedMixture.self,
  NormalSample.self,
  NormalSampleMeanField.self,
  PoissonHiddenMarkovModel.self,
  PoissonMixture.self,
  RandomWalkLevel.self,
  SphericalGaussianMixture.self,
  SwitchingRegression.self,
  TiedGaussianMixture.self,
]
