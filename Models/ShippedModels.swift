import Suffice

/// The models that the command line offers by name.
public let shippedModels: [any Model.Type] = [
  BernoulliMixture.self, DiagonalGaussianMixture.self, DirichletProcessColumnMixture.self,
  DirichletProcessGaussianMixture.self, GaussianMixture.self, MixedMixture.self, NormalSample.self,
  NormalSampleMeanField.self, PoissonMixture.self, SphericalGaussianMixture.self, TiedGaussianMixture.self,
  LinearRegression.self, MultiOutputRegression.self, RelevanceRegression.self, HorseshoeRegression.self,
  LogisticRegression.self, ProbitRegression.self, NegativeBinomialRegression.self, PoissonRates.self,
  MixtureOfRegressions.self, FactorAnalysis.self, PrincipalComponents.self, MixtureOfFactorAnalysers.self,
  RobustMixture.self, LatentClassAnalysis.self, HierarchicalNormal.self, MatrixFactorization.self,
]
