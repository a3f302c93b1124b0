// The votes of the US House of Representatives, 1984: parties from votes.
//
// Expected: logistic and probit regression tell the party of held-out members in about 95 % of cases, with coefficients
// near those of penalised maximum likelihood; two latent classes, which know no party and leave unknown votes out, are
// the two parties for about 87 % of members. Four profiles explain much more than two: both parties have a wing that votes by
// itself.

import ExampleSupport
import Models
import Plots
import Suffice

let house = try DataFile.read(path: "Examples/Data/house_votes_84.csv")
let votes = house.columnNames.filter { $0 != "party" }
let isRepublican = house.values("party")

// MARK: Regressions: 1 for a yea, −1 for a nay, 0 for an unknown vote

let coded = try DataTable(
  columns: votes.map { name in Column(name: name, values: house.values(name).map { $0.isNaN ? 0 : 2 * $0 - 1 }) }
    + [Column(name: "party", values: isRepublican)])
let bind = ["x": votes, "y": ["party"]]
var logistic = LogisticRegression()
logistic.coefficientPrecision = 1
var probit = ProbitRegression()
probit.coefficientPrecision = 1

/// Penalised maximum likelihood by Newton's method.
func penalised(_ table: DataTable) -> [Double] {
  let columns = [[Double](repeating: 1, count: table.rowCount)] + votes.map(table.values)
  let y = table.values("party")
  var beta = [Double](repeating: 0, count: columns.count)
  for _ in 0..<30 {
    let p = y.indices.map { i in 1 / (1 + _exp(-columns.indices.reduce(0) { $0 + beta[$1] * columns[$1][i] })) }
    let gradient = columns.indices.map { k in y.indices.reduce(-beta[k]) { $0 + columns[k][$1] * (y[$1] - p[$1]) } }
    let information = columns.indices.map { j in
      columns.indices.map { k in
        y.indices.reduce(j == k ? 1.0 : 0) { $0 + columns[j][$1] * columns[k][$1] * p[$1] * (1 - p[$1]) }
      }
    }
    beta = zip(beta, solve(information, gradient)).map { $0 + $1 }
  }
  return beta
}

let whole = try Fit(logistic, to: coded, bind: bind)
let coefficients = whole.posterior(of: LogisticRegression.self).coefficients
let newton = penalised(coded)
print("log odds of being a Republican, bound \(short(whole.bound))")
for (k, name) in (["intercept"] + votes).enumerated() {
  print(
    "  \(name): \(short(coefficients.mean[k])) ± \(short(coefficients.deviations[0][k])), maximum \(short(newton[k]))")
  check(abs(coefficients.mean[k] - newton[k]) < coefficients.deviations[0][k], "\(name) is far from Newton's method")
}

func heldOutAccuracy(_ model: some Model) throws -> Double {
  var right = 0
  for fold in 0..<5 {
    let fit = try Fit(model, to: coded.rows { $0 % 5 != fold }, bind: bind)
    guard let mean = fit.marginal("coefficients")?.mean else { fatalError("no coefficients") }
    let test = try coded.rows { $0 % 5 == fold }
    let columns = votes.map(test.values)
    let party = test.values("party")
    right +=
      party.indices.filter { i in
        let score = mean[0] + columns.indices.reduce(0) { $0 + mean[$1 + 1] * columns[$1][i] }
        return (score > 0) == (party[i] == 1)
      }.count
  }
  return Double(right) / Double(house.rowCount)
}

let accuracies = try (heldOutAccuracy(logistic), heldOutAccuracy(probit))
print("held-out accuracy: logistic \(short(100 * accuracies.0, 1)) %, probit \(short(100 * accuracies.1, 1)) %")
check(accuracies.0 > 0.93 && accuracies.1 > 0.93, "parties are told worse than expected")

// MARK: Latent classes, unknown votes left out

let classes = try Fit(LatentClassAnalysis(), to: house, bind: ["answers": votes])
let posterior = classes.posterior(of: LatentClassAnalysis.self)
guard let found = try Application(classes, to: house).responsibilities() else { fatalError("no classes") }
let first = (0..<house.rowCount).map { found.values[2 * $0] > 0.5 }
let agreeing = first.indices.filter { first[$0] == (isRepublican[$0] == 1) }.count
let agreement = Double(max(agreeing, house.rowCount - agreeing)) / Double(house.rowCount)
print(
  "two classes: weights \(posterior.weights.mean.map { short($0) }), the parties for \(short(100 * agreement, 1)) %")
check(agreement > 0.85, "the classes are not the parties")

var one = LatentClassAnalysis()
one.classes = 1
let single = try Fit(one, to: house, bind: ["answers": votes])
print("bound: one class \(short(single.bound)), two \(short(classes.bound))")
check(classes.bound > single.bound + 100, "two classes explain no more than one")

let order = agreeing * 2 > house.rowCount ? [0, 1] : [1, 0]
let shares = [1.0, 0.0].map { party in
  votes.map { name in
    let values = house.values(name)
    return average(values.indices.filter { isRepublican[$0] == party && !values[$0].isNaN }.map { values[$0] })
  }
}
let means = posterior.probability.means
try write(
  HeatTable(
    rows: votes, columns: ["class 1", "Republicans", "class 2", "Democrats"],
    values: votes.indices.map { [means[order[0]][$0], shares[0][$0], means[order[1]][$0], shares[1][$0]] },
    title: "House votes 1984: probability of a yea", scaleLabel: "share of yeas", width: 620
  ).picture(), "votes")

// MARK: Wings

func profiles(_ count: Int) throws -> Fit {
  var model = BernoulliMixture()
  model.components = count
  model.concentration = 1
  var settings = FitSettings()
  settings.restarts = 10
  return try Fit(model, to: house, bind: ["x": votes], settings: settings)
}
let (two, four) = try (profiles(2), profiles(4))
guard let wings = try Application(four, to: house).responsibilities() else { fatalError("no profiles") }
print("bound: two profiles \(short(two.bound)), four \(short(four.bound))")
var majority = 0
for k in 0..<4 {
  let members = isRepublican.indices.filter { i in
    (0..<4).allSatisfy { wings.values[4 * i + $0] <= wings.values[4 * i + k] }
  }
  let republicans = members.filter { isRepublican[$0] == 1 }.count
  majority += max(republicans, members.count - republicans)
  print("  \(members.count) members, \(republicans) of them Republicans")
}
check(
  four.bound > two.bound + 100 && Double(majority) > 0.88 * Double(house.rowCount),
  "the profiles are no wings of parties")
