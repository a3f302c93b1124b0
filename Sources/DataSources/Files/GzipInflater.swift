import CZlib
import Glibc
import Inference

/// Unpacks a gzip file of one or more members; a file that is cut off or damaged is an error.
final class GzipInflater {
  /// The two bytes a gzip file begins with.
  static let signature: [UInt8] = [0x1F, 0x8B]

  private let raw: RawSource
  // zlib keeps a pointer to its stream, so the stream may not move.
  private let stream: UnsafeMutablePointer<z_stream>
  private let packed: UnsafeMutablePointer<UInt8>
  static let packedCapacity = 1 << 16
  private var isInsideMember = true

  /// Unpacks what `raw` goes on with after `head`.
  init(raw: RawSource, head: [UInt8]) throws(DataError) {
    self.raw = raw
    stream = .allocate(capacity: 1)
    stream.initialize(to: z_stream())
    packed = .allocate(capacity: Self.packedCapacity)
    for (index, byte) in head.enumerated() { packed[index] = byte }
    stream.pointee.next_in = packed
    stream.pointee.avail_in = UInt32(head.count)
    // 16 asks for the gzip header and its checks, 15 for the largest window.
    let status = inflateInit2_(stream, 16 + 15, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
    guard status == Z_OK else { throw DataError("\(raw.name): zlib cannot start (code \(status)).") }
  }

  deinit {
    inflateEnd(stream)
    stream.deallocate()
    packed.deallocate()
  }

  /// Reads up to `capacity` unpacked bytes, at least one; zero at the end.
  func read(into target: UnsafeMutablePointer<UInt8>, capacity: Int) throws(DataError) -> Int {
    let capacity = min(capacity, Int(UInt32.max))
    stream.pointee.next_out = target
    stream.pointee.avail_out = UInt32(capacity)
    while stream.pointee.avail_out > 0 {
      if stream.pointee.avail_in == 0 {
        let count = try raw.read(into: packed, capacity: Self.packedCapacity)
        if count == 0 {
          if !isInsideMember { break }
          throw DataError(
            "\(raw.name): the gzip file ends too early; a part of it is missing. Copy or download it again.")
        }
        stream.pointee.next_in = packed
        stream.pointee.avail_in = UInt32(count)
      }
      if !isInsideMember {
        // Zeros may pad the file to a whole block; anything else is another member.
        if stream.pointee.next_in.pointee == 0 {
          stream.pointee.next_in += 1
          stream.pointee.avail_in -= 1
          continue
        }
        inflateReset(stream)
        isInsideMember = true
      }
      switch inflate(stream, Z_NO_FLUSH) {
      case Z_OK, Z_BUF_ERROR: break
      case Z_STREAM_END: isInsideMember = false
      case Z_MEM_ERROR: throw DataError("\(raw.name): not enough memory to unpack the gzip file.")
      default:
        let reason = stream.pointee.msg.map { " (zlib: \(String(cString: $0)))" } ?? ""
        throw DataError("\(raw.name): the gzip file is damaged\(reason). Copy or download it again.")
      }
    }
    return capacity - Int(stream.pointee.avail_out)
  }
}
