import ModelLanguage

/// A latent variable's base measure is constant: otherwise its update would not stay in the family.
func checkBaseMeasures(_ graph: ModelGraph) throws(ModelError) {
  for variable in graph.variables where !variable.isObserved && !variable.family.type.hasConstantBaseMeasure {
    throw ModelError(
      "\"\(variable.name)\" is latent and \(variable.family), whose base measure is not constant: the posterior of "
        + "a latent \(variable.family) is no \(variable.family). Observe \"\(variable.name)\", or give it another family.",
      at: variable.location)
  }
}
