// Where the fuzzer starts from with fit files and checkpoints: files of this version, made anew for each run.

import Glibc
import Models
import Suffice

@testable import DataSources

/// A model with the data of its seed, to which its checkpoints can go on.
struct Seed: Sendable {
  /// The longest input that the fuzzer takes (`-max_len` in scripts/fuzz).
  static let longest = 24_000

  let name: String
  let model: any Model
  let table: DataTable
  let schedule: any Schedule

  init(_ model: some Model, _ columns: [(String, [Double])], _ schedule: any Schedule = CoordinateAscent()) throws {
    (self.model, self.schedule) = (model, schedule)
    name = "\(type(of: model))"
    table = try DataTable(columns: columns.map { Column(name: $0, values: $1) })
  }

  static let all: [Seed] = {
    let x = (0..<24).map { Double($0 * 7919 % 101) / 10 }
    let y = (0..<24).map { Double($0 * 31 % 17) }
    do {
      var mixture = GaussianMixture()
      mixture.components = 2
      var counts = PoissonMixture()
      counts.components = 2
      var chain = HiddenMarkovModel()
      chain.states = 2
      return [
        try Seed(mixture, [("a", x), ("b", y)]),
        try Seed(counts, [("n", y)], MemoizedAscent(parts: 2)),
        try Seed(chain, [("x", x)]),
        try Seed(LinearRegression(), [("x", x), ("y", y)]),
        try Seed(NormalSample(), [("z", x)]),
        try Seed(LogisticRegression(), [("x", x), ("y", y.map { $0 > 8 ? 1 : 0 })]),
      ]
    } catch { fatalError("\(error)") }
  }()

  func session() throws -> FitSession {
    var settings = FitSettings()
    (settings.restarts, settings.maximumPasses, settings.schedule) = (1, 3, schedule)
    return try FitSession(ModelGraph(model), to: table, settings: settings)
  }

  /// Writes a checkpoint and a fit, each behind the two bytes that choose its reader, and reads both.
  func write(to folder: String) throws {
    var session = try session()
    try session.start()
    _ = try session.step()
    guard let checkpoint = session.checkpoint else { fatalError("\(name) has no checkpoint") }
    for (kind, path) in [(6 as UInt8, "\(folder)/fit-\(name)"), (7, "\(folder)/checkpoint-\(name)")] {
      if kind == 6 {
        try FitFile.write(session.fit, to: path)
        _ = try FitFile.read(path)
      } else {
        try CheckpointFile.write(checkpoint, command: ["/tmp", "fit", "m", "-d", "x.csv"], to: path)
        try goOn(CheckpointFile.read(path).checkpoint)
      }
      let bytes = try RawSource(path: path).readBytes(.max >> 1)
      if bytes.count + 2 > Self.longest { fatalError("\(path) is longer than what the fuzzer takes") }
      try AtomicFile.write(to: path) { (writer) throws(DataError) in
        try writer.write([kind, 0])
        try writer.write(bytes)
      }
    }
  }

  /// Goes on from a checkpoint of this model.
  func goOn(_ checkpoint: FitCheckpoint) throws {
    var session = try session()
    try session.resume(from: checkpoint)
    for _ in 0..<2 where try session.step() {}
    if !session.fit.bound.isFinite { fatalError("a fit goes on to a bound of \(session.fit.bound)") }
  }
}

/// Writes the seeds into the folder that scripts/fuzz names, before the fuzzer looks into it.
@_cdecl("LLVMFuzzerInitialize")
public func initialize(_ count: UnsafeMutablePointer<CInt>?, _ arguments: UnsafeMutableRawPointer?) -> CInt {
  guard let folder = getenv("SUFFICE_SEEDS") else { return 0 }
  do {
    for seed in Seed.all { try seed.write(to: String(cString: folder)) }
  } catch { fatalError("a file of this version cannot be read: \(error)") }
  return 0
}
