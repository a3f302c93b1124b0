import Suffice

/// What a request for a fit says; see suffice.h.
struct FitRequest {
  private(set) var hyperparameters: [(name: String, value: String)] = []
  /// What takes the place of the parameters of priors.
  private(set) var priors: [PriorParameter] = []
  private(set) var bind: [String: [String]] = [:]
  private(set) var settings = FitSettings()
  /// Where a fit under way is kept, and how many seconds at most are lost with the process.
  private(set) var checkpoint: String?
  private(set) var checkpointEvery = 60.0

  init(_ json: JSON) throws {
    guard case .object(let members) = json else { throw Failure(.argument, "the request is no JSON object.") }
    var schedule = ScheduleRequest()
    for member in members {
      switch (member.key, member.value) {
      case ("hyperparameters", .object(let values)):
        for case (let name, .string(let value)) in values.map({ ($0.key, $0.value) }) {
          hyperparameters.append((name: name, value: value))
        }
      case ("priors", .object(let variables)):
        for variable in variables {
          guard case .object(let parameters) = variable.value else {
            throw Failure(.setting, "\"priors\" gives no parameters for \"\(variable.key)\".")
          }
          for parameter in parameters {
            priors.append(PriorParameter(variable.key, parameter.key, try Self.priorValue(parameter.value)))
          }
        }
      case ("bind", .object(let variables)):
        for variable in variables {
          guard case .array(let names) = variable.value else {
            throw Failure(.setting, "\"bind\" gives no list of columns for \"\(variable.key)\".")
          }
          bind[variable.key] = names.compactMap { if case .string(let name) = $0 { name } else { nil } }
        }
      case ("schedule", .string(let name)): schedule.name = name
      case ("seed", .string(let text)):
        guard let seed = UInt64(text) else { throw Failure(.setting, "the seed \(text) is not from 0 to 2^64 - 1.") }
        settings.seed = seed
      case ("weights", .string(let column)): settings.weights = column
      case ("forgettingRate", .number(let value)): schedule.forgettingRate = value
      case ("delay", .number(let value)): schedule.delay = value
      case ("moves", .bool(let value)): schedule.moves = value
      case ("tolerance", .number(let value)): settings.tolerance = value
      case ("accelerates", .bool(let value)): settings.accelerates = value
      case ("heldOutFraction", .number(let value)): settings.heldOutFraction = value
      case ("checkpoint", .string(let path)): checkpoint = path
      case ("checkpointEvery", .number(let seconds)):
        guard seconds >= 0 else {
          throw Failure(.setting, "the seconds between checkpoints are \(seconds); they must be 0 or more.")
        }
        checkpointEvery = seconds
      case ("batchSize", let value): schedule.batchSize = try Self.count(value, member.key)
      case ("parts", let value): schedule.parts = try Self.count(value, member.key)
      case ("threads", let value): settings.threads = min(try Self.count(value, member.key), 1024)
      case ("restarts", let value): settings.restarts = try Self.count(value, member.key)
      case ("maximumPasses", let value): settings.maximumPasses = try Self.count(value, member.key)
      default: throw Failure(.setting, "the request has \"\(member.key)\", which is unknown or of another type.")
      }
    }
    settings.schedule = try schedule.make()
  }

  /// Numbers, or {"moment": "variance", "of": "x", "factor": 0.5}.
  private static func priorValue(_ value: JSON) throws -> PriorParameter.Value {
    if case .string(let name)? = value["moment"], case .string(let variable)? = value["of"] {
      guard let kind = DataMoment.Kind(rawValue: name) else {
        throw Failure(.setting, "\"\(name)\" is no property of data.")
      }
      return .moment(kind, of: variable, factor: value["factor"]?.exactNumber ?? 1)
    }
    guard case .array(let elements) = value else {
      throw Failure(.setting, "the prior \(value) is neither numbers nor a property of data.")
    }
    return .numbers(
      try elements.map {
        guard let number = $0.exactNumber else { throw Failure(.setting, "the prior has \($0), which is no number.") }
        return number
      })
  }

  private static func count(_ value: JSON, _ name: String) throws -> Int {
    guard case .number(let number) = value, let count = Int(exactly: number), count >= 1, count <= 1 << 40 else {
      throw Failure(.setting, "\"\(name)\" is \(value); it must be a whole number of at least 1.")
    }
    return count
  }
}

/// A schedule by its name.
private struct ScheduleRequest {
  var name = "auto"
  var batchSize = 1000
  var forgettingRate: Double?
  var delay: Double?
  var parts = 20
  var moves = true

  /// Nil where the model and the number of rows decide.
  func make() throws -> (any Schedule)? {
    switch name {
    case "auto": return nil
    case "coordinate": return CoordinateAscent()
    case "progressive": return try ProgressiveAscent()
    case "memoized": return try MemoizedAscent(parts: parts, moves: moves)
    case "stochastic":
      let isDecaying = forgettingRate != nil || delay != nil
      return try StochasticNaturalGradient(
        batchSize: batchSize,
        rates: isDecaying ? .decaying(forgetting: forgettingRate ?? 0.7, delay: delay ?? 1) : .adaptive)
    default:
      throw Failure(
        .setting,
        "there is no schedule \"\(name)\"; there are auto, coordinate, progressive, stochastic and memoized.")
    }
  }
}
