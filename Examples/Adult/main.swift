// Census income (adult): every numeric column by itself, as tabular generative models prepare them, and then the whole
// table as one mixture of numbers, labels and two-valued columns.
//
// Expected: the mixture of the whole table explains held-out rows far better than a single component, by about 12 nats a
// row with 20 components.

import Models
import Suffice

let table = try DataFile.read(path: "Examples/Data/adult.csv.gz")

print("numeric columns, one by one")
for column in table.columns where column.kind == .numeric {
  var settings = FitSettings()
  settings.threads = 2
  let fit = try Fit(DirichletProcessColumnMixture(), to: table, bind: ["x": [column.name]], settings: settings)
  let posterior = fit.posterior(of: DirichletProcessColumnMixture.self)
  let modes = posterior.weights.mean.filter { $0 > 0.005 }.count
  print("  \(column.name): \(modes) modes, bound per row \(fit.bound / Double(table.rowCount))")
  guard fit.bound.isFinite, modes > 1 else { fatalError("\(column.name) has more than one mode") }
}

/// The rows without a missing cell that a condition picks.
func complete(_ table: DataTable, where isPicked: (Int) -> Bool) throws -> DataTable {
  let rows = (0..<table.rowCount).filter { row in isPicked(row) && table.columns.allSatisfy { !$0[row].isNaN } }
  return try DataTable(
    columns: table.columns.map { column in
      Column(name: column.name, values: rows.map { column[$0] }, kind: column.kind)
    }, origin: table.origin)
}

// Every fifth row is held out.
let training = try complete(table) { $0 % 5 != 0 }
let heldOut = try complete(table) { $0 % 5 == 0 }

func meanHeldOutLogDensity(components: Int) throws -> Double {
  var model = MixedMixture()
  model.components = components
  var settings = FitSettings()
  settings.threads = 2
  let fit = try Fit(model, to: training, settings: settings)
  let densities = try Application(fit, to: heldOut, threads: 2).logDensities()
  return densities.reduce(0, +) / Double(densities.count)
}

let single = try meanHeldOutLogDensity(components: 1)
let mixture = try meanHeldOutLogDensity(components: 20)
print("the whole table: held-out log density \(single) with 1 component, \(mixture) with 20")
guard mixture > single + 8 else { fatalError("the mixture finds no structure") }
