extension Plan {
  /// A statistic of an input's values: it is the same in every sweep.
  public struct DataStatistic: Hashable, Sendable {
    /// The input.
    public let input: Int
    /// What is computed from its values, minus their centres.
    public let kernel: StatisticKernel
    /// How many numbers a row has of it.
    public let width: Int

    /// Describes a statistic.
    public init(input: Int, kernel: StatisticKernel, width: Int) {
      (self.input, self.kernel, self.width) = (input, kernel, width)
    }

    /// A plan that computes the statistic and nothing else, over the statistic's input alone, and the slot that it leaves it in.
    ///
    /// - Parameter plan: The plan that has the statistic.
    public func alone(in plan: Plan) -> (plan: Plan, slot: TileSlot) {
      let (values, result) = (TileSlot(0), TileSlot(1))
      let unused = ParameterSlot(0)
      let own = plan.inputs[input]
      let alone = Plan(
        name: plan.name, parameters: [ParameterBlock(name: "unused", count: 1)],
        tiles: [TileBlock(name: own.name, width: own.centers.count), TileBlock(name: "statistic", width: width)],
        inputs: [own], globals: [], locals: [], messages: [],
        rows: [
          .load(input: 0, into: values), .statistic(kernel, from: values, into: TileRange(result, 0..<width)),
        ], entropy: [], bound: [], entropySlot: unused, boundSlot: unused, countSlot: unused, constantPerRow: 0)
      return (alone, result)
    }
  }

  /// The plan with dear statistics of data read from further inputs, where their values are, instead of computed in each sweep.
  ///
  /// Dear is what a backend computes value by value, by a family's own function or by a logarithm; squares and products cost
  /// less than reading them would.
  /// - Returns: The plan, and what its further inputs hold, in their order.
  public func readingStatistics() -> (plan: Plan, statistics: [DataStatistic]) {
    var (plan, statistics) = (self, [DataStatistic]())
    var slots: [DataStatistic: TileSlot] = [:]
    func reading(_ steps: [Step]) -> [Step] {
      var (inputs, loaded) = ([TileSlot: Int](), Set<DataStatistic>())
      return steps.flatMap { step -> [Step] in
        if case .load(let input, let slot) = step { inputs[slot] = input }
        guard case .statistic(let kernel, let from, let into) = step, kernel.isDear, let input = inputs[from] else {
          // What is changed in a tile is no longer what was loaded.
          if case .load = step {} else { for slot in step.writes { inputs[slot] = nil } }
          return [step]
        }
        let statistic = DataStatistic(input: input, kernel: kernel, width: into.features.count)
        if slots[statistic] == nil {
          slots[statistic] = TileSlot(plan.tiles.count)
          plan.tiles.append(TileBlock(name: "\(self.inputs[input].name): \(kernel)", width: statistic.width))
          plan.inputs.append(
            Input(name: self.inputs[input].name, centers: [Double](repeating: 0, count: statistic.width)))
          statistics.append(statistic)
        }
        guard let slot = slots[statistic], let place = statistics.firstIndex(of: statistic) else { return [step] }
        let load = Step.load(input: self.inputs.count + place, into: slot)
        return (loaded.insert(statistic).inserted ? [load] : []) + [.statistic(.value, from: slot, into: into)]
      }
    }
    plan.rows = reading(rows)
    if let block = groups {
      plan.groups = GroupBlock(
        variable: block.variable, index: block.index, mean: block.mean, prior: block.prior, natural: block.natural,
        expected: block.expected, weight: block.weight, steps: reading(block.steps))
    }
    return (plan, statistics)
  }
}

extension StatisticKernel {
  /// Whether computing the statistic costs more than reading it.
  fileprivate var isDear: Bool {
    switch self {
    case .family, .logGamma, .power, .logarithm, .seen: true
    case .value, .square, .outerProduct, .indicator, .observed, .split, .reached: false
    }
  }
}
