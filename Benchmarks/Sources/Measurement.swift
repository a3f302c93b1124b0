import Suffice

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// The largest amount of memory that this process has had in use, in bytes; 0 where the system does not tell.
func peakMemory() -> Int {
  #if canImport(Darwin)
    var usage = rusage()
    getrusage(RUSAGE_SELF, &usage)
    return Int(usage.ru_maxrss)
  #else
    // Not getrusage: on Linux its figure begins with that of the program that started this one.
    guard let file = fopen("/proc/self/status", "r") else { return 0 }
    defer { fclose(file) }
    var line = [CChar](repeating: 0, count: 256)
    while fgets(&line, Int32(line.count), file) != nil {
      let text = String(decoding: line.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
      if text.hasPrefix("VmHWM:") { return (Int(text.filter(\.isNumber)) ?? 0) * 1024 }
    }
    return 0
  #endif
}

/// The middle of some numbers; NaN for none.
func median(_ values: [Double]) -> Double {
  guard !values.isEmpty else { return .nan }
  let sorted = values.sorted()
  return (sorted[(sorted.count - 1) / 2] + sorted[sorted.count / 2]) / 2
}

/// Prints one line of JSON.
///
/// Numbers that JSON does not have are null.
func printRecord(_ members: KeyValuePairs<String, Any>) {
  func text(_ value: Any) -> String {
    switch value {
    case let number as Double: number.isFinite ? "\(number)" : "null"
    case let number as Int: "\(number)"
    case let truth as Bool: "\(truth)"
    case let list as [Double]: "[" + list.map { text($0) }.joined(separator: ", ") + "]"
    default: "\"\(value)\""
    }
  }
  print("{" + members.map { "\"\($0.key)\": \(text($0.value))" }.joined(separator: ", ") + "}")
  // A reader on the other side of a pipe wants each line when it is there.
  fflush(nil)
}
