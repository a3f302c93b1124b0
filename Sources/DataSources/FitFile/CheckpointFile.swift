import ExponentialFamilies
import Inference
import PlanIR

/// A fit under way in a file: a fit file, as readable as any other, with all that going on from it asks for.
///
/// Beside what ``FitFile`` describes there are the arrays `memory/0`, `memory/1` … (the plan's parameter slots),
/// `part/<p>/<s>` (sums over part p of the rows), `average/<s>`, `schedule` and `session`, and in the metadata `command`: how
/// the fit was called, for the program that goes on with it.
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
    for (p, part) in checkpoint.parts.enumerated() {
      file.tensors += part.enumerated().map { .init("part/\(p)/\($0)", $1) }
    }
    file.tensors += checkpoint.absorbed.enumerated().map { .init("average/\($0)", $1) }
    file.tensors.append(.init("schedule", halves(checkpoint.scheduleWords)))
    let outcome = checkpoint.outcome
    file.tensors.append(
      .init(
        "session",
        [
          Double(checkpoint.calm), checkpoint.isAscent ? 1 : 0, checkpoint.sweptAll ? 1 : 0, checkpoint.seconds,
          Double(checkpoint.parts.count), outcome == nil ? 0 : 1, outcome?.bound ?? 0,
          Double(outcome?.parameterCount ?? 0), Double(checkpoint.failedMoves),
        ]))
    file.tensors.append(.init("session/bases", [Double(checkpoint.trials.failures), Double(checkpoint.trials.pause)]))
    file.tensors.append(.init("session/moved", checkpoint.moved.map(Double.init)))
    file.tensors.append(.init("session/judged", checkpoint.judged))
    file.tensors.append(.init("session/direction", outcome?.direction ?? []))
    try FitFile.sealed(file).write(to: path)
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
    let file = try SafeTensors(path: path, kind: "checkpoint") { (metadata) throws(DataError) in
      try FitFile.checkFormat(metadata, path)
      if metadata["command"] == nil {
        throw DataError("\(path): is a finished fit, not a checkpoint: there is nothing to resume.")
      }
    }
    return try FitReader(file: file, name: path).checkpoint(families)
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
  /// Makes a checkpoint of what the file holds, and the command that it was written with.
  func checkpoint(_ families: [Family]) throws(DataError) -> (checkpoint: FitCheckpoint, command: [String]) {
    let fit = try fit(families)
    let plan = fit.model.plan
    func vectors(_ prefix: String, _ count: Int) throws(DataError) -> [[Double]] {
      var vectors: [[Double]] = []
      for i in 0..<count { vectors.append(try vector("\(prefix)/\(i)")) }
      return vectors
    }
    let session = try vector("session")
    guard session.count == 9, let calm = Int(exactly: session[0]), let parts = Int(exactly: session[4]),
      let parameters = Int(exactly: session[7]), let failedMoves = Int(exactly: session[8]), parts >= 0,
      parts <= file.tensors.count
    else { throw damaged("its session is none") }
    var partSums: [[[Double]]] = []
    for p in 0..<parts { partSums.append(try vectors("part/\(p)", plan.rowTotals.count)) }
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
    let checkpoint = FitCheckpoint(
      fit: fit, memory: try vectors("memory", plan.parameters.count), parts: partSums,
      absorbed: file["average/0"] == nil ? [] : try vectors("average", plan.rowTotals.count), scheduleWords: words,
      outcome: session[5] == 0
        ? nil
        : BatchOutcome(
          bound: session[6], direction: try vector("session/direction"), parameterCount: parameters),
      calm: calm, judged: try vector("session/judged"), failedMoves: failedMoves,
      trials: BasisTrials(failures: failures, pause: pause), isAscent: session[1] != 0,
      moved: moved, sweptAll: session[2] != 0,
      seconds: session[3])
    return (checkpoint, try read("command") { (field) throws(DataError) in try field.texts() })
  }
}
