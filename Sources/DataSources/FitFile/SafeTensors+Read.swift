import Inference

extension SafeTensors {
  /// Reads a file.
  ///
  /// - Parameter path: The file; "-" is the standard input.
  /// - Throws: ``DataError`` where the file is missing, is no safetensors file, has arrays of other types than `F64`,
  ///   or is cut off or damaged.
  public init(path: String) throws(DataError) {
    try self.init(path: path, kind: "safetensors file") { (_: [String: String]) throws(DataError) in }
  }

  /// Reads a file of some kind that is kept as safetensors.
  ///
  /// - Parameters:
  ///   - kind: What messages call such a file.
  ///   - check: Called with the texts before anything else of the header is looked at.
  init(
    path: String, kind: String, check: ([String: String]) throws(DataError) -> Void
  ) throws(DataError) {
    let source = try RawSource(path: path)
    let file = SafeTensorsReader(name: source.name, kind: kind)
    let header = try file.header(source, check: check)
    let places = header.places
    metadata = header.metadata
    let size = places.map(\.bytes.upperBound).max() ?? 0
    let data = try source.readBytes(size)
    guard data.count == size else {
      throw file.damaged("it is cut off: there should be \(size) bytes of numbers, but only \(data.count) are there")
    }
    if try !source.readBytes(1).isEmpty {
      throw file.damaged("it goes on behind the \(size) bytes of numbers that its header announces")
    }
    tensors = data.withUnsafeBytes { data in
      places.map { place in
        let values = stride(from: place.bytes.lowerBound, to: place.bytes.upperBound, by: Self.elementSize).map {
          Double(bitPattern: UInt64(littleEndian: data.loadUnaligned(fromByteOffset: $0, as: UInt64.self)))
        }
        return Tensor(place.name, shape: place.shape, values)
      }
    }
  }
}

/// Checks what the header of a safetensors file says.
struct SafeTensorsReader {
  /// Where an array lies in the data.
  struct Place {
    let name: String
    let shape: [Int]
    let bytes: Range<Int>
  }

  let name: String
  let kind: String

  /// Reads the header.
  ///
  /// - Parameter check: Called with the texts before anything else of the header is looked at.
  /// - Returns: The texts, the places of the arrays, and where the numbers begin.
  func header(
    _ source: RawSource, check: ([String: String]) throws(DataError) -> Void
  ) throws(DataError) -> (metadata: [String: String], places: [Place], start: Int) {
    let length = try headerLength(try source.readBytes(8))
    let bytes = try source.readBytes(length)
    // A file that begins with eight bytes by chance is told by the ninth, before the rest is called damaged.
    if let first = bytes.first, first != UInt8(ascii: "{") { throw foreign() }
    guard bytes.count == length else {
      throw damaged("it is cut off: its header has \(length) bytes, but only \(bytes.count) are there")
    }
    let members = try members(bytes)
    let metadata = try metadata(members)
    try check(metadata)
    return (metadata, try places(members), 8 + length)
  }

  func foreign() -> DataError { DataError("\(name): is not a \(kind). Check the path.") }

  func damaged(_ finding: String) -> DataError {
    DataError("\(name): the \(kind) is damaged: \(finding). Copy it again, or make it anew.")
  }

  func headerLength(_ head: [UInt8]) throws(DataError) -> Int {
    if head.isEmpty { throw DataError("\(name): the file is empty; a \(kind) was expected.") }
    if head.count < 8 { throw DataError("\(name): is not a \(kind), or only the first \(head.count) bytes of one.") }
    let length = head.reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    guard length >= 2, length <= SafeTensors.maximumHeaderLength else { throw foreign() }
    return Int(length)
  }

  func members(_ header: [UInt8]) throws(DataError) -> [JSON.Member] {
    let json: JSON
    do throws(DataError) {
      json = try JSON(parsing: header, name: "header")
    } catch {
      let finding = error.description
      throw damaged(finding.hasSuffix(".") ? String(finding.dropLast()) : finding)
    }
    guard case .object(let members) = json else { throw foreign() }
    return members
  }

  func metadata(_ members: [JSON.Member]) throws(DataError) -> [String: String] {
    guard let metadata = members.first(where: { $0.key == SafeTensors.metadataKey }) else { return [:] }
    guard case .object(let texts) = metadata.value else { throw damaged("__metadata__ is no object of texts") }
    var result: [String: String] = [:]
    for text in texts {
      guard case .string(let value) = text.value else {
        throw damaged("\"\(shown(text.key))\" in __metadata__ is no text")
      }
      result[text.key] = value
    }
    return result
  }

  /// The places of all arrays, which lie side by side from the beginning of the data.
  func places(_ members: [JSON.Member]) throws(DataError) -> [Place] {
    var places: [Place] = []
    for member in members where member.key != SafeTensors.metadataKey { places.append(try place(member)) }
    // Where one is empty, it begins where the next one does.
    places.sort { ($0.bytes.lowerBound, $0.bytes.upperBound) < ($1.bytes.lowerBound, $1.bytes.upperBound) }
    var end = 0
    for place in places {
      if place.bytes.lowerBound < end { throw damaged("\"\(shown(place.name))\" overlaps the array before it") }
      if place.bytes.lowerBound > end {
        throw damaged("\(place.bytes.lowerBound - end) bytes before \"\(shown(place.name))\" belong to no array")
      }
      end = place.bytes.upperBound
    }
    return places
  }

  private func place(_ member: JSON.Member) throws(DataError) -> Place {
    let title = "\"\(shown(member.key))\""
    guard case .string(let type)? = member.value["dtype"] else { throw damaged("\(title) has no dtype") }
    guard type == SafeTensors.elementType else {
      throw DataError(
        "\(name): \(title) has elements of the type \(shown(type)); only \(SafeTensors.elementType), doubles, can be read."
      )
    }
    guard let shape = integers(member.value["shape"]) else { throw damaged("\(title) has no shape") }
    guard let offsets = integers(member.value["data_offsets"]), offsets.count == 2, offsets[0] <= offsets[1] else {
      throw damaged("\(title) has no data_offsets")
    }
    var size = SafeTensors.elementSize
    for extent in shape {
      let (product, overflows) = size.multipliedReportingOverflow(by: extent)
      if overflows { throw damaged("the shape of \(title) is too large") }
      size = product
    }
    let length = offsets[1] - offsets[0]
    guard length == size else {
      throw damaged("\(title) takes \(length) bytes, but its shape \(shape) asks for \(size)")
    }
    return Place(name: member.key, shape: shape, bytes: offsets[0]..<offsets[1])
  }

  /// A list of whole numbers that are not negative; nil for anything else.
  private func integers(_ json: JSON?) -> [Int]? {
    guard case .array(let elements)? = json else { return nil }
    var result: [Int] = []
    for element in elements {
      guard case .number(let number) = element, let integer = Int(exactly: number), integer >= 0 else { return nil }
      result.append(integer)
    }
    return result
  }
}

extension RawSource {
  /// The next bytes: as many as asked for, or fewer at the end of the file.
  ///
  /// Memory grows with what is really there, whatever a damaged header announces.
  func readBytes(_ count: Int) throws(DataError) -> [UInt8] {
    var bytes: [UInt8] = []
    var block = [UInt8](repeating: 0, count: min(count, 1 << 16))
    while bytes.count < count {
      let wanted = min(count - bytes.count, block.count)
      let read = try block.withUnsafeMutableBufferPointer { (block) throws(DataError) in
        // The buffer is never empty, so it has an address.
        guard let target = block.baseAddress else { return 0 }
        return try self.read(into: target, capacity: wanted)
      }
      if read == 0 { break }
      bytes += block[..<read]
    }
    return bytes
  }
}
