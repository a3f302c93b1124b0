import ExponentialFamilies
import Inference
import PlanIR

/// A fit under way in a file: a fit file, as readable as any other, with all that going on from it asks for.
///
/// Beside what ``FitFile`` describes there are the arrays `memory/0`, `memory/1` … (the plan's parameter slots), `rows/<s>` (what
/// the last sweep left of single rows, where rows are solved in turns), `part/<p>/<s>` (sums over part p of the rows),
/// `average/<s>`, `schedule`, `forecast` and `session`; `trail/<p>/<v>`, the last points, from which a step is extrapolated;
/// `fallback/memory/<i>`, `fallback/rows/<s>` and `fallback/part/<p>/<s>`, where the fit was before such a step; `correction/<s>`
/// and `origin/…`, what passes over a sample are corrected by, and where they began; and in the metadata `command`: how the fit was called, for the program that goes on with it.
public enum CheckpointFile {
  /// Writes a checkpoint, replacing an older one only when the new one is complete and on disk.
  ///
  /// - Parameters:
  ///   - checkpoint: The checkpoint.
  ///   - command: Words that tell the program how to go on: its arguments.
  ///   - path: The file.
  /// - Throws: ``DataError`` where the file cannot be written.
  public static func write(_ checkpoint: FitCheckpoint, command: [String], to path: String) throws(DataError) {
    var file = FitFile.content(of: checkpoint.fit)
    file.metadata["command"] = JSON.array(command.map { .string($0) }).description
    file.tensors += checkpoint.memory.enumerated().map { .init("memory/\($0)", $1) }
    file.tensors += checkpoint.rows.enumerated().map { .init("rows/\($0)", $1) }
    for (p, part) in checkpoint.parts.enumerated() { file.tensors += FitFile.tensors("part/\(p)", of: part) }
    file.tensors += FitFile.tensors("average", of: checkpoint.absorbed)
    file.tensors.append(.init("schedule", halves(checkpoint.scheduleWords)))
    file.tensors.append(.init("forecast", halves(checkpoint.forecastWords)))
    file.tensors += tensors(of: checkpoint.acceleration)
    file.tensors += FitFile.tensors("correction", of: checkpoint.correction?.statistics)
    if let origin = checkpoint.correction?.origin { file.tensors += tensors("origin", of: origin) }
    let outcome = checkpoint.outcome
    file.tensors.append(
      .init(
        "session",
        [
          Double(checkpoint.passesWithoutImprovement), checkpoint.isAscent ? 1 : 0, checkpoint.sweptAll ? 1 : 0,
          checkpoint.seconds, Double(checkpoint.parts.count), outcome == nil ? 0 : 1, outcome?.bound ?? 0,
          Double(outcome?.parameterCount ?? 0), Double(checkpoint.failedMoves), checkpoint.isBetweenPasses ? 1 : 0,
          outcome?.expectedRemainingGain ?? 0, outcome?.canCorrect == true ? 1 : 0, outcome?.isUndone == true ? 1 : 0,
          checkpoint.correction == nil ? 0 : 1,
        ]))
    file.tensors.append(.init("session/groups", [checkpoint.groupsGoOn ? 1 : 0]))
    file.tensors.append(.init("session/bases", [Double(checkpoint.trials.failures), Double(checkpoint.trials.pause)]))
    file.tensors.append(.init("session/moved", checkpoint.moved.map(Double.init)))
    file.tensors.append(.init("session/judged", checkpoint.judged))
    file.tensors.append(.init("session/direction", outcome?.direction ?? []))
    try FitFile.sealed(file).write(to: path)
  }

  private static func tensors(of acceleration: Acceleration) -> [SafeTensors.Tensor] {
    var tensors = acceleration.trail.enumerated().flatMap { p, point in
      point.enumerated().map { SafeTensors.Tensor("trail/\(p)/\($0)", $1) }
    }
    let fallback = acceleration.fallback
    if let fallback { tensors += Self.tensors("fallback", of: fallback) }
    tensors.append(
      .init(
        "acceleration",
        [
          Double(acceleration.trail.count), acceleration.largestStep, acceleration.step, fallback == nil ? 0 : 1,
          acceleration.isOn ? 1 : 0,
        ]))
    return tensors
  }

  private static func tensors(_ prefix: String, of place: Acceleration.Fallback) -> [SafeTensors.Tensor] {
    var tensors = place.memory.enumerated().map { SafeTensors.Tensor("\(prefix)/memory/\($0)", $1) }
    tensors += place.rows.enumerated().map { .init("\(prefix)/rows/\($0)", $1) }
    for (p, part) in place.parts.enumerated() { tensors += FitFile.tensors("\(prefix)/part/\(p)", of: part) }
    tensors.append(.init(prefix, [place.bound, Double(place.parts.count)]))
    return tensors
  }

  /// Reads a checkpoint and the command that it was written with.
  ///
  /// - Parameters:
  ///   - path: The file.
  ///   - families: Families that are not the library's, such as those of a model file.
  /// - Throws: ``DataError`` where the file is missing, no checkpoint, cut off or damaged.
  public static func read(
    _ path: String, families: [Family] = []
  ) throws(DataError) -> (checkpoint: FitCheckpoint, command: [String]) {
    try reader(path).checkpoint(families)
  }

  /// Reads the command that a checkpoint was written with, and nothing else: its model may have families that are not known yet.
  ///
  /// - Throws: ``DataError`` where the file is missing, no checkpoint or cut off.
  public static func command(of path: String) throws(DataError) -> [String] { try reader(path).command }

  private static func reader(_ path: String) throws(DataError) -> FitReader {
    let file = try SafeTensors(path: path, kind: "checkpoint") { (metadata) throws(DataError) in
      try FitFile.checkFormat(metadata, path)
      if metadata["command"] == nil {
        throw DataError("\(path): is a finished fit, not a checkpoint: there is nothing to resume.")
      }
    }
    return FitReader(file: file, name: path)
  }

  /// Whole words as numbers of 32 bits, which every reader of doubles keeps.
  private static func halves(_ words: [UInt64]) -> [Double] {
    words.flatMap { [Double($0 >> 32), Double($0 & 0xFFFF_FFFF)] }
  }

  fileprivate static func words(_ halves: [Double]) -> [UInt64]? {
    guard halves.count % 2 == 0 else { return nil }
    var words: [UInt64] = []
    for i in stride(from: 0, to: halves.count, by: 2) {
      guard let high = UInt32(exactly: halves[i]), let low = UInt32(exactly: halves[i + 1]) else { return nil }
      words.append(UInt64(high) << 32 | UInt64(low))
    }
    return words
  }
}

extension FitReader {
  /// How the fit was called.
  fileprivate var command: [String] {
    get throws(DataError) { try read("command") { (field) throws(DataError) in try field.texts() } }
  }

  /// Makes a checkpoint of what the file holds, and the command that it was written with.
  func checkpoint(_ families: [Family]) throws(DataError) -> (checkpoint: FitCheckpoint, command: [String]) {
    let fit = try fit(families)
    let plan = fit.model.plan
    let session = try vector("session")
    guard session.count == 14, let passesWithoutImprovement = Int(exactly: session[0]),
      let parameters = Int(exactly: session[7]), let failedMoves = Int(exactly: session[8])
    else { throw damaged("its session is none") }
    var moved: [Int] = []
    for position in try vector("session/moved") {
      guard let position = Int(exactly: position), plan.globals.indices.contains(position) else {
        throw damaged("its session names variables that its model has not")
      }
      moved.append(position)
    }
    let bases = file["session/bases"] == nil ? [0, 0] : try vector("session/bases")
    guard bases.count == 2, let failures = Int(exactly: bases[0]), let pause = Int(exactly: bases[1]),
      (0...16).contains(failures), (0...1 << 16).contains(pause)
    else { throw damaged("its session is none") }
    guard let words = CheckpointFile.words(try vector("schedule")) else { throw damaged("its schedule is none") }
    guard let forecast = CheckpointFile.words(try vector("forecast")) else { throw damaged("its forecast is none") }
    let checkpoint = FitCheckpoint(
      fit: fit, memory: try vectors("memory", plan.parameters.count), rows: try rows("rows", plan),
      parts: try parts("part", session[4], plan),
      absorbed: try statistics("average", plan), scheduleWords: words,
      outcome: session[5] == 0
        ? nil
        : BatchOutcome(
          bound: session[6], direction: try vector("session/direction"), parameterCount: parameters,
          expectedRemainingGain: session[10], canCorrect: session[11] != 0, isUndone: session[12] != 0),
      forecastWords: forecast, acceleration: try acceleration(plan),
      correction: session[13] == 0
        ? nil
        : SampleCorrection(
          origin: try place("origin", plan), statistics: try present(statistics("correction", plan))),
      passesWithoutImprovement: passesWithoutImprovement, judged: try vector("session/judged"),
      failedMoves: failedMoves, trials: BasisTrials(failures: failures, pause: pause), isAscent: session[1] != 0,
      isBetweenPasses: session[9] != 0,
      groupsGoOn: file["session/groups"] == nil ? false : try vector("session/groups") != [0], moved: moved,
      sweptAll: session[2] != 0, seconds: session[3])
    return (checkpoint, try command)
  }

  private func acceleration(_ plan: Plan) throws(DataError) -> Acceleration {
    let numbers = try vector("acceleration")
    guard numbers.count == 5, let points = Int(exactly: numbers[0]), (0...3).contains(points) else {
      throw damaged("its acceleration is none")
    }
    var acceleration = Acceleration()
    (acceleration.largestStep, acceleration.step, acceleration.isOn) = (numbers[1], numbers[2], numbers[4] != 0)
    for p in 0..<points { acceleration.trail.append(try vectors("trail/\(p)", 2 * plan.globals.count)) }
    if numbers[3] != 0 { acceleration.fallback = try place("fallback", plan) }
    return acceleration
  }

  /// Where a fit was.
  private func place(_ prefix: String, _ plan: Plan) throws(DataError) -> Acceleration.Fallback {
    let numbers = try vector(prefix)
    guard numbers.count == 2 else { throw damaged("a place that its fit goes back to is none") }
    return Acceleration.Fallback(
      bound: numbers[0], memory: try vectors("\(prefix)/memory", plan.parameters.count),
      rows: try rows("\(prefix)/rows", plan), parts: try parts("\(prefix)/part", numbers[1], plan))
  }

  private func vectors(_ prefix: String, _ count: Int) throws(DataError) -> [[Double]] {
    var vectors: [[Double]] = []
    for i in 0..<count { vectors.append(try vector("\(prefix)/\(i)")) }
    return vectors
  }

  /// What sweeps left of single rows; empty where nothing is kept.
  private func rows(_ prefix: String, _ plan: Plan) throws(DataError) -> [[Double]] {
    file["\(prefix)/0"] == nil ? [] : try vectors(prefix, plan.resumed.count)
  }

  /// The sums over each of some parts of the rows.
  private func parts(_ prefix: String, _ count: Double, _ plan: Plan) throws(DataError) -> [RowStatistics] {
    guard let count = Int(exactly: count), count >= 0, count <= file.tensors.count else {
      throw damaged("its session is none")
    }
    var parts: [RowStatistics] = []
    for p in 0..<count { parts.append(try present(statistics("\(prefix)/\(p)", plan))) }
    return parts
  }

  private func present(_ statistics: RowStatistics?) throws(DataError) -> RowStatistics {
    guard let statistics else { throw damaged("sums over its rows are missing") }
    return statistics
  }
}
