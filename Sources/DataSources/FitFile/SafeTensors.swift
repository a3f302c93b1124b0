import Inference

/// Named arrays of doubles with some named texts, in a file of the safetensors format.
///
/// ```swift
/// var file = SafeTensors()
/// file.metadata["origin"] = "an example"
/// file.tensors.append(.init("means", shape: [2, 3], [0, 1, 2, 3, 4, 5]))
/// try file.write(to: "means.safetensors")
/// let means = try SafeTensors(path: "means.safetensors")["means"]
/// ```
///
/// A file is the length of its header as 8 bytes, the lowest first; the header, a JSON object that gives each array's
/// type, shape and place, and the texts under `__metadata__`, padded with spaces to a multiple of 8 bytes; and the
/// numbers, row by row, the lowest byte first. Equal values give equal files.
///
/// Source: <https://github.com/huggingface/safetensors>, of whose element types only `F64` is used here.
public struct SafeTensors: Hashable, Sendable {
  /// One array.
  public struct Tensor: Hashable, Sendable {
    /// Its name.
    public let name: String
    /// How many values each index takes; empty for a single number.
    public let shape: [Int]
    /// The numbers, the last index running fastest.
    public let values: [Double]

    /// Makes an array.
    ///
    /// - Parameters:
    ///   - shape: How many values each index takes; their product is the number of values.
    ///   - values: The numbers, the last index running fastest.
    public init(_ name: String, shape: [Int], _ values: [Double]) {
      precondition(shape.reduce(1, *) == values.count, "\(values.count) numbers for the shape \(shape)")
      self.name = name
      self.shape = shape
      self.values = values
    }

    /// Makes a vector.
    public init(_ name: String, _ values: [Double]) { self.init(name, shape: [values.count], values) }
  }

  /// Texts by name.
  public var metadata: [String: String]
  /// The arrays, in the order of the file.
  public var tensors: [Tensor]

  /// Puts texts and arrays together.
  public init(metadata: [String: String] = [:], tensors: [Tensor] = []) {
    self.metadata = metadata
    self.tensors = tensors
  }

  /// The array of a name; nil where there is none.
  public subscript(name: String) -> Tensor? { tensors.first { $0.name == name } }
}

extension SafeTensors {
  static let metadataKey = "__metadata__"
  static let elementType = "F64"
  static let elementSize = 8
  /// The longest header that the format allows, which keeps a foreign file from being taken for one with a huge header.
  static let maximumHeaderLength = 100_000_000

  /// Writes the file, which replaces an older one only when it is complete.
  ///
  /// - Parameter path: The file; "-" is the standard output.
  /// - Throws: ``DataError`` where the file cannot be written, or two arrays have one name.
  public func write(to path: String) throws(DataError) {
    let header = try Self.header(metadata, tensors.map { ($0.name, $0.shape) }, path: path)
    try AtomicFile.write(to: path) { (writer) throws(DataError) in
      try writer.write(header)
      for tensor in tensors {
        let words = tensor.values.map(\.bitPattern.littleEndian)
        try words.withUnsafeBufferPointer { (words) throws(DataError) in
          try writer.write(bytes: UnsafeRawBufferPointer(words))
        }
      }
    }
  }

  /// What comes before the numbers of some arrays: the length of the header, and the header.
  static func header(
    _ metadata: [String: String], _ arrays: [(name: String, shape: [Int])], path: String
  ) throws(DataError) -> [UInt8] {
    var members: [JSON.Member] = []
    if !metadata.isEmpty {
      let texts = metadata.sorted { $0.key < $1.key }.map { JSON.Member($0.key, .string($0.value)) }
      members.append(.init(metadataKey, .object(texts)))
    }
    var names: Set<String> = [metadataKey]
    var offset = 0
    for array in arrays {
      guard names.insert(array.name).inserted else {
        throw DataError("\(path): two arrays would be named \"\(shown(array.name))\". Rename one of them.")
      }
      let end = offset + array.shape.reduce(1, *) * elementSize
      members.append(
        .init(
          array.name,
          [
            "dtype": .string(elementType), "shape": .integers(array.shape),
            "data_offsets": .integers([offset, end]),
          ]))
      offset = end
    }
    let text = JSON.object(members).description
    let padding = (8 - text.utf8.count % 8) % 8
    guard text.utf8.count + padding <= maximumHeaderLength else {
      throw DataError(
        "\(path): the names and texts take \(text.utf8.count) bytes, more than the \(maximumHeaderLength) that a "
          + "safetensors file can hold.")
    }
    let length = UInt64(text.utf8.count + padding)
    return (0..<8).map { UInt8(truncatingIfNeeded: length >> (8 * $0)) } + Array(text.utf8)
      + [UInt8](repeating: UInt8(ascii: " "), count: padding)
  }
}
