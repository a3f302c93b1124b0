import Suffice
import Testing

/// Chains, the row before, and lags.
@Suite struct ChainTests {
  @Test func previousOutsideAChain() throws {
    struct Broken: Model {
      let move = Latent<Dirichlet>()
      let state = Latent<Categorical>()
      let x = Observed<Normal>()
      var body: [Statement] {
        Plate("state", 2) { move ~ Dirichlet(concentration: 1, count: 2) }
        Plate.rows {
          state ~ Categorical(move[state.previous])
          x ~ Normal(mean: Table([0.0, 1])[state], precision: 1.0)
        }
      }
    }
    #expect(
      try diagnosis(of: Broken())
        == "\"state\" uses 'state.previous' outside a chain. Give it the distribution MarkovChain(initial: …, "
        + "transition: …) inside Chain { … }.")
  }

  @Test func chainOutsideTheRows() throws {
    struct Broken: Model {
      let move = Latent<Dirichlet>()
      let state = Latent<Categorical>()
      let x = Observed<Normal>()
      var body: [Statement] {
        Plate("state", 2) { move ~ Dirichlet(concentration: 1, count: 2) }
        Plate.rows {
          state ~ MarkovChain(initial: Categorical([0.5, 0.5]), transition: Categorical(move[state.previous]))
          x ~ Normal(mean: Table([0.0, 1])[state], precision: 1.0)
        }
      }
    }
    #expect(
      try diagnosis(of: Broken())
        == "\"state\" is a MarkovChain in Plate.rows, whose rows have no order. Write Chain { … } in place of "
        + "Plate.rows { … }.")
  }

  @Test func chainOfParameters() throws {
    struct Broken: Model {
      let z = Latent<MultivariateNormal>()
      let x = Observed<MultivariateNormal>()
      var body: [Statement] {
        Plate("step", 3) {
          z
            ~ MarkovChain(
              initial: MultivariateNormal(mean: 0.0, precisions: 1.0, count: 2),
              transition: MultivariateNormal(mean: Matrix([[1, 0], [0, 1]]) * z.previous, precisions: 1.0))
        }
        Plate.rows { x ~ MultivariateNormal(mean: 0.0, precision: 1.0) }
      }
    }
    #expect(
      try diagnosis(of: Broken())
        == "\"z\" is a MarkovChain outside the rows: a chain goes from row to row. Put it inside Chain { … }.")
  }

  @Test func previousOfAnotherVariable() throws {
    struct Broken: Model {
      let mean = Latent<Normal>()
      let state = Latent<Categorical>()
      let x = Observed<Normal>()
      var body: [Statement] {
        Plate("state", 2) { mean ~ Normal(mean: 0.0, precision: 1.0) }
        Chain {
          state
            ~ MarkovChain(
              initial: Categorical([0.5, 0.5]),
              transition: Categorical(Table([[0.9, 0.1], [0.1, 0.9]])[state.previous]))
          x ~ Normal(mean: mean[state.previous], precision: 1.0)
        }
      }
    }
    #expect(
      try diagnosis(of: Broken())
        == "\"x\" depends on \"state\" in the row before: only a chain's own next value does. Use \"state\" of the "
        + "same row.")
  }

  @Test func previousVectorOfAnotherVariable() throws {
    struct Broken: Model {
      let z = Latent<MultivariateNormal>()
      let x = Observed<Normal>()
      var body: [Statement] {
        Chain {
          z
            ~ MarkovChain(
              initial: MultivariateNormal(mean: 0.0, precisions: 1.0, count: 2),
              transition: MultivariateNormal(mean: Matrix([[1, 0], [0, 1]]) * z.previous, precisions: 1.0))
          x ~ Normal(mean: Matrix([[1, 0], [0, 1]]) * z.previous, precision: 1.0)
        }
      }
    }
    #expect(
      try diagnosis(of: Broken())
        == "\"x\" depends on \"z\" in the row before: only a chain's own next value does. Use \"z\" of the same row, "
        + "or observe what is lagged.")
  }

  @Test func previousOfAGlobalVariable() throws {
    struct Broken: Model {
      let mean = Latent<Normal>()
      let x = Observed<Normal>()
      var body: [Statement] {
        mean ~ Normal(mean: 0.0, precision: 1.0)
        Chain { x ~ Normal(mean: mean.previous, precision: 1.0) }
      }
    }
    #expect(
      try diagnosis(of: Broken())
        == "\"x\" depends on \"mean\" in the row before: only a chain's own next value does. Use \"mean\" of the "
        + "same row, or observe what is lagged.")
  }

  @Test func previousInTheFirstRow() throws {
    struct Broken: Model {
      let state = Latent<Categorical>()
      let x = Observed<Normal>()
      var body: [Statement] {
        Chain {
          state
            ~ MarkovChain(
              initial: Categorical(Table([[0.9, 0.1], [0.1, 0.9]])[state.previous]),
              transition: Categorical(Table([[0.9, 0.1], [0.1, 0.9]])[state.previous]))
          x ~ Normal(mean: Table([0.0, 1])[state], precision: 1.0)
        }
      }
    }
    #expect(
      try diagnosis(of: Broken())
        == "\"state\" uses 'state.previous' in the first row of a sequence, before which there is none. Use it in "
        + "the transition of the MarkovChain alone.")
  }

  @Test func previousTwice() throws {
    struct Broken: Model {
      let z = Latent<MultivariateNormal>()
      let x = Observed<Normal>()
      var body: [Statement] {
        Chain {
          z
            ~ MarkovChain(
              initial: MultivariateNormal(mean: 0.0, precisions: 1.0, count: 2),
              transition: MultivariateNormal(mean: z.previous * z.previous, precisions: 1.0))
          x ~ Normal(mean: Matrix([[1, 0], [0, 1]]) * z, precision: 1.0)
        }
      }
    }
    #expect(
      try diagnosis(of: Broken())
        == "\"z\" occurs twice in the term Σᵢⱼ zₙᵢ · zₙ₋₁ⱼ · zₙ₋₁ⱼ of the distribution of \"z\": the expectation of "
        + "a product of two statistics of one variable is not the product of their expectations. Use two variables, "
        + "or one family that joins them.")
  }

  @Test func lagOfNothing() throws {
    struct Broken: Model {
      let map = Latent<MatrixNormalWishart>()
      let x = Observed<MultivariateNormal>()
      var body: [Statement] {
        map ~ MatrixNormalWishart(mean: 0.0, inverseScale: 1.0, inputPrecision: 1.0, degreesOfFreedom: 4)
        Chain { x ~ MultivariateNormal(map, inputs: x.lag(0)) }
      }
    }
    #expect(try diagnosis(of: Broken()) == "\"x\" uses \"x\" 0 rows before; a lag must be at least 1.")
  }

  @Test func lagIntoTheFuture() throws {
    struct Broken: Model {
      let map = Latent<MatrixNormalWishart>()
      let x = Observed<MultivariateNormal>()
      var body: [Statement] {
        map ~ MatrixNormalWishart(mean: 0.0, inverseScale: 1.0, inputPrecision: 1.0, degreesOfFreedom: 4)
        Chain { x ~ MultivariateNormal(map, inputs: x.lag(-1...1)) }
      }
    }
    #expect(try diagnosis(of: Broken()) == "\"x\" uses \"x\" -1, 0, 1 rows before; a lag must be at least 1.")
  }

  @Test func lagOutsideAChain() throws {
    struct Broken: Model {
      let map = Latent<MatrixNormalWishart>()
      let x = Observed<MultivariateNormal>()
      var body: [Statement] {
        map ~ MatrixNormalWishart(mean: 0.0, inverseScale: 1.0, inputPrecision: 1.0, degreesOfFreedom: 4)
        Plate.rows { x ~ MultivariateNormal(map, inputs: x.lag(1)) }
      }
    }
    #expect(
      try diagnosis(of: Broken())
        == "\"x\" depends on rows before, by 'x.lag', but stands in Plate.rows, whose rows have no order. Write "
        + "Chain { … } in place of Plate.rows { … }.")
  }

  /// A latent variable has no `lag`; the use can be written all the same.
  @Test func lagOfALatentVariable() throws {
    struct Past: RealArgument {
      let use: VariableUse
      var argument: Argument { .variable(use) }
    }
    struct Broken: Model {
      let level = Latent<Normal>()
      let x = Observed<Normal>()
      var body: [Statement] {
        Chain {
          level ~ Normal(mean: 0.0, precision: 1.0)
          x
            ~ Normal(
              mean: Past(use: VariableUse(variable: level.identity, family: Family(Normal.self), lags: [2])),
              precision: 1.0)
        }
      }
    }
    #expect(
      try diagnosis(of: Broken())
        == "\"x\" uses \"level\" 2 rows before, but \"level\" is latent: of a latent variable only 'previous' is "
        + "known, and only to its own MarkovChain.")
  }

  @Test func lagOfLabels() throws {
    struct Broken: Model {
      let kind = Observed<Categorical>()
      let coefficients = Latent<MultivariateNormal>()
      let x = Observed<Normal>()
      var body: [Statement] {
        coefficients ~ MultivariateNormal(mean: 0.0, precision: 1.0)
        Chain {
          kind ~ Categorical([0.5, 0.5])
          x ~ Normal(mean: coefficients * kind.lag(1), precision: 1.0)
        }
      }
    }
    let data = try DataTable(columns: [
      Column(name: "kind", values: [0, 1, 0, 1], kind: .categorical(levels: ["a", "b"])),
      Column(name: "x", values: [1, 2, 3, 4]),
    ])
    #expect(
      try diagnosis(of: Broken(), data)
        == "\"x\" uses 'kind.lag', but \"kind\" holds labels, which are no numbers. Use the lag of a numeric "
        + "variable.")
  }

  @Test func familyThatCannotBeSolved() throws {
    struct Broken: Model {
      let level = Latent<Normal>()
      let x = Observed<Normal>()
      var body: [Statement] {
        Chain {
          level
            ~ MarkovChain(
              initial: Normal(mean: 0.0, precision: 1.0), transition: Normal(mean: level.previous, precision: 1.0))
          x ~ Normal(mean: level, precision: 1.0)
        }
      }
    }
    #expect(
      try diagnosis(of: Broken())
        == "\"level\" is a chain of Normal: only chains of Categorical and of MultivariateNormal can be solved. Give "
        + "it one of these families.")
  }

  @Test func gammaChain() throws {
    struct Broken: Model {
      let rate = Latent<Gamma>()
      let x = Observed<Poisson>()
      var body: [Statement] {
        Chain {
          rate
            ~ MarkovChain(
              initial: Gamma(shape: 1, rate: 1.0), transition: Gamma(shape: 1, rate: rate.previous))
          x ~ Poisson(rate)
        }
      }
    }
    #expect(
      try diagnosis(of: Broken(), DataTable(["x": [1, 2, 3]]))
        == "\"rate\" is a chain of Gamma: only chains of Categorical and of MultivariateNormal can be solved. Give "
        + "it one of these families.")
  }

  @Test func observedChain() throws {
    struct Broken: Model {
      let x = Observed<MultivariateNormal>()
      var body: [Statement] {
        Chain {
          x
            ~ MarkovChain(
              initial: MultivariateNormal(mean: 0.0, precision: 1.0),
              transition: MultivariateNormal(mean: Matrix([[1, 0], [0, 1]]) * x.lag(1), precisions: 1.0))
        }
      }
    }
    #expect(
      try diagnosis(of: Broken())
        == "\"x\" is observed and a MarkovChain: only a latent variable is one. Give it a distribution that depends "
        + "on 'x.lag(1)'.")
  }

  @Test func twoSequences() throws {
    struct Broken: Model {
      let patient = Groups()
      let state = Latent<Categorical>()
      let other = Latent<Categorical>()
      let x = Observed<Normal>()
      let y = Observed<Normal>()
      var body: [Statement] {
        Chain(of: patient) {
          state
            ~ MarkovChain(
              initial: Categorical([0.5, 0.5]),
              transition: Categorical(Table([[0.9, 0.1], [0.1, 0.9]])[state.previous]))
          x ~ Normal(mean: Table([0.0, 1])[state], precision: 1.0)
        }
        Chain {
          other
            ~ MarkovChain(
              initial: Categorical([0.5, 0.5]),
              transition: Categorical(Table([[0.9, 0.1], [0.1, 0.9]])[other.previous]))
          y ~ Normal(mean: Table([0.0, 1])[other], precision: 1.0)
        }
      }
    }
    #expect(
      try diagnosis(
        of: Broken(), DataTable(["patient": [0, 0, 1], "a": [1, 2, 3], "b": [3, 2, 1]]),
        bind: ["x": ["a"], "y": ["b"], "patient": ["patient"]])
        == "two chains order the rows by different variables. The rows have one order: name the same sequence and "
        + "time in both.")
  }

  @Test func weights() throws {
    struct Broken: Model {
      let state = Latent<Categorical>()
      let x = Observed<Normal>()
      var body: [Statement] {
        Chain {
          state
            ~ MarkovChain(
              initial: Categorical([0.5, 0.5]),
              transition: Categorical(Table([[0.9, 0.1], [0.1, 0.9]])[state.previous]))
          x ~ Normal(mean: Table([0.0, 1])[state], precision: 1.0)
        }
      }
    }
    #expect(
      try diagnosis(of: Broken(), DataTable(["x": [1, 2, 3], "w": [1, 1, 2]]), weights: "w")
        == "the table: the weight in column \"w\" goes from 1 to 2 in row 3, but \"state\" links each row to the one "
        + "before, so that a sequence counts as a whole. Give all its rows one weight, or leave the weights out.")
  }

  @Test func matrixOfTheWrongSize() throws {
    struct Broken: Model {
      var matrix: Matrix
      let z = Latent<MultivariateNormal>()
      let x = Observed<Normal>()
      init() { matrix = Matrix([[1, 0]]) }
      init(_ rows: [[Double]]) { matrix = Matrix(rows) }
      var body: [Statement] {
        Chain {
          z
            ~ MarkovChain(
              initial: MultivariateNormal(mean: 0.0, precisions: 1.0, count: 2),
              transition: MultivariateNormal(mean: matrix * z.previous, precisions: 1.0))
          x ~ Normal(mean: Matrix([[1, 0], [0, 1]]) * z, precision: 1.0)
        }
      }
    }
    #expect(
      try diagnosis(of: Broken([[1, 0], [0, 1], [1, 1]]))
        == "\"z\": the matrix of transition.coefficients has 6 numbers, but 4 are needed: 2 rows, one for each "
        + "element of \"z\", of 2 numbers.")
    #expect(
      try diagnosis(of: Broken([[1, 0, 1], [0, 1, 1]]))
        == "\"z\": the matrix of transition.coefficients has 6 numbers, but 4 are needed: 2 rows, one for each "
        + "element of \"z\", of 2 numbers.")
    #expect(
      try diagnosis(of: Broken([[1, 0]]))
        == "\"z\": the matrix of transition.coefficients has 2 numbers, but 4 are needed: 2 rows, one for each "
        + "element of \"z\", of 2 numbers.")
    #expect(
      try diagnosis(of: Broken([[1, 0, 1], [0]]))
        == "\"z\": the matrix of transition.coefficients has rows of different lengths, or a number that is not "
        + "finite. Give each row equally many finite numbers.")
    #expect(
      try diagnosis(of: Broken([]))
        == "\"z\": the matrix of transition.coefficients has 0 numbers, but 4 are needed: 2 rows, one for each "
        + "element of \"z\", of 2 numbers.")
    #expect(
      try diagnosis(of: Broken([[1, 0], [0, .nan]]))
        == "\"z\": the matrix of transition.coefficients has rows of different lengths, or a number that is not "
        + "finite. Give each row equally many finite numbers.")
  }

  @Test func matricesOfTheWrongNumber() throws {
    struct Broken: Model {
      let s = Latent<Categorical>()
      let z = Latent<MultivariateNormal>()
      let x = Observed<MultivariateNormal>()
      var body: [Statement] {
        Chain {
          s ~ Categorical([0.5, 0.5])
          z
            ~ MarkovChain(
              initial: MultivariateNormal(mean: 0.0, precisions: 1.0, count: 2),
              transition: MultivariateNormal(
                mean: Table([Matrix([[1, 0], [0, 1]])])[s] * z.previous, precisions: 1.0))
          x ~ MultivariateNormal(mean: z, precision: 1.0)
        }
      }
    }
    #expect(
      try diagnosis(of: Broken())
        == "\"z\": the matrix of transition.coefficients has 4 numbers, but 8 are needed: 2 matrices, one for each value of "
        + "\"s\", of 2 rows, one for each element of \"z\", of 2 numbers.")
  }

  /// A label of the row chooses how a chain goes on; one of the row before does not.
  @Test func ruleOfTheRowBefore() throws {
    struct Switching: Model {
      let dynamics = Latent<MultivariateNormal>()
      let s = Latent<Categorical>()
      let z = Latent<MultivariateNormal>()
      let x = Observed<MultivariateNormal>()
      var body: [Statement] {
        Plate("state", 2) { Plate(per: z) { dynamics ~ MultivariateNormal(mean: 0.0, precision: 1.0, count: 2) } }
        Chain {
          s
            ~ MarkovChain(
              initial: Categorical([0.5, 0.5]),
              transition: Categorical(Table([[0.9, 0.1], [0.1, 0.9]])[s.previous]))
          z
            ~ MarkovChain(
              initial: MultivariateNormal(mean: 0.0, precision: 1.0, count: 2),
              transition: MultivariateNormal(mean: dynamics[s.previous] * z.previous, precisions: 1.0))
          x ~ MultivariateNormal(mean: z, precision: 1.0)
        }
      }
    }
    #expect(
      try diagnosis(of: Switching())
        == "\"z\" depends on \"s\" in the row before: only a chain's own next value does. Use \"s\" of the same row.")
  }
}
