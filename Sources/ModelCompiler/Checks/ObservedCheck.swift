import ModelLanguage

/// Something is observed: without data there is nothing to learn from.
func checkObserved(_ graph: ModelGraph) throws(ModelError) {
  if !graph.observed.isEmpty { return }
  throw ModelError(
    "the model \(graph.name) observes nothing. Declare an observed variable, as in 'let x = Observed<Normal>()', and give it a "
      + "distribution inside Plate.rows { … }.")
}
