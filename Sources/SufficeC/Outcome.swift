import Suffice

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// What an entry point returns: 0, or whose fault it is that there is no result.
enum Outcome: Int32 {
  case success = 0
  /// An argument that the caller must not pass: a negative size, say.
  case argument = 1
  /// The data are at fault.
  case data = 2
  /// A setting is at fault.
  case setting = 3
  /// The model is at fault, or cannot do what was asked.
  case model = 4
  /// The numbers broke down.
  case numeric = 5
  /// The progress callback asked to stop.
  case cancelled = 6
}

/// Why an entry point has no result.
struct Failure: Error {
  let outcome: Outcome
  let message: String

  init(_ outcome: Outcome, _ message: String, _ remedy: Remedy? = nil) {
    self.outcome = outcome
    self.message = remedy.map { "\(message) (\($0.argument))" } ?? message
  }
}

extension Remedy {
  /// The argument of Python's `Model`.
  fileprivate var argument: String {
    switch self {
    case .bind(let variable): "bind={\"\(variable)\": […]}"
    case .categorical(let column): "column \"\(column)\" as texts"
    case .weights: "sample_weight=…"
    case .given: "given=…"
    case .missing(let text): "\"\(text)\" as None or NaN"
    case .columns: "the columns to be used"
    case .delimiter, .decimalMark, .encoding: "the table, read by pandas"
    case .coordinateAscent: "inference=\"coordinate\""
    }
  }
}

/// Runs the body of an entry point: an error becomes a code and the calling thread's message.
func outcome(_ body: () throws -> Void) -> Int32 {
  do {
    try body()
    return Outcome.success.rawValue
  } catch let failure as Failure {
    LastError.set(failure.message)
    return failure.outcome.rawValue
  } catch {
    LastError.set("\(error)")
    return Outcome.argument.rawValue
  }
}

/// The message of the last error of each thread.
enum LastError {
  private static let key: pthread_key_t = {
    var key = pthread_key_t()
    pthread_key_create(&key) { free($0) }
    return key
  }()

  static func set(_ message: String) {
    free(pthread_getspecific(key))
    pthread_setspecific(key, strdup(message))
  }

  static var text: UnsafePointer<CChar>? {
    pthread_getspecific(key).map { UnsafePointer($0.assumingMemoryBound(to: CChar.self)) }
  }
}

/// The message of this thread's last error, valid until its next one; NULL where there was none.
@_cdecl("suffice_last_error")
public func suffice_last_error() -> UnsafePointer<CChar>? { LastError.text }

/// Runs the body of an entry point and sorts the library's errors by whose fault they are.
func sorted(_ body: () throws -> Void) -> Int32 {
  outcome {
    do { try body() } catch let error as FitError {
      let kind: Outcome =
        switch error {
        case .model: .model
        case .data: .data
        case .setting: .setting
        case .backend, .numeric: .numeric
        case .cancelled: .cancelled
        }
      throw Failure(kind, error.description, error.remedy)
    } catch let error as DataError {
      throw Failure(.data, error.description, error.remedy)
    } catch let error as ModelError {
      throw Failure(.model, error.description)
    } catch let error as SettingError {
      throw Failure(.setting, error.description, error.remedy)
    }
  }
}

func string(_ text: UnsafePointer<CChar>?, _ what: String) throws -> String {
  guard let text else { throw Failure(.argument, "\(what) is NULL.") }
  return String(cString: text)
}

func hand(_ text: String, to target: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?) throws {
  guard let target else { throw Failure(.argument, "there is no place for the text.") }
  target.pointee = strdup(text)
}

/// Frees a text that a function handed out.
@_cdecl("suffice_free_text")
public func suffice_free_text(_ text: UnsafeMutablePointer<CChar>?) { free(text) }
