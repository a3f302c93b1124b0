import Inference

/// How the letters of a text file are stored.
public enum TextEncoding: String, Hashable, Sendable, CaseIterable {
  /// UTF-16 where the file begins with its byte order mark, UTF-8 elsewhere.
  case automatic
  /// UTF-8, with or without a byte order mark.
  case utf8 = "utf-8"
  /// What Windows writes in western Europe; ISO 8859-1 (Latin 1) is a part of it.
  case windows1252 = "windows-1252"
  /// UTF-16, the lower byte first unless a byte order mark, or a first letter of ASCII, says otherwise.
  case utf16 = "utf-16"

  /// Whether bytes may be those of UTF-16 with letters of ASCII: most of every other byte are zero, and none of the rest.
  static func isLikeUTF16(_ bytes: [UInt8]) -> Bool {
    let zeros = [0, 1].map { first in stride(from: first, to: bytes.count, by: 2).count { bytes[$0] == 0 } }
    return zeros.contains(0) && 4 * (zeros[0] + zeros[1]) > bytes.count
  }
}

/// Turns the bytes of a text in another encoding into UTF-8, as they come.
final class Transcoder {
  private let isUTF16: Bool
  private var isBigEndian = false
  private var isStarted = false
  /// Bytes of a letter that goes on behind what has been read.
  private var rest: [UInt8] = []
  private var text: [UInt8] = []
  private var position = 0
  private let raw: UnsafeMutablePointer<UInt8>
  static let rawCapacity = 1 << 16

  /// Nil where there is nothing to be done.
  ///
  /// - Parameter head: The first bytes of the text.
  init?(_ encoding: TextEncoding, head: [UInt8]) {
    let isMarked = head.starts(with: [0xFF, 0xFE]) || head.starts(with: [0xFE, 0xFF])
    switch encoding {
    case .utf8: return nil
    case .automatic where !isMarked: return nil
    case .automatic, .utf16: isUTF16 = true
    case .windows1252: isUTF16 = false
    }
    raw = .allocate(capacity: Self.rawCapacity)
  }

  deinit { raw.deallocate() }

  /// Reads up to `capacity` bytes of UTF-8, at least one; zero at the end.
  func read(
    into target: UnsafeMutablePointer<UInt8>, capacity: Int,
    from source: (UnsafeMutablePointer<UInt8>, Int) throws(DataError) -> Int
  ) throws(DataError) -> Int {
    while position == text.count {
      text.removeAll(keepingCapacity: true)
      position = 0
      let count = try source(raw, Self.rawCapacity)
      let bytes = UnsafeBufferPointer(start: raw, count: count)
      if isUTF16 { appendUTF16(bytes) } else { appendWindows1252(bytes) }
      if count == 0 {
        // Half a letter at the end.
        if !rest.isEmpty { append(0xFFFD) }
        rest = []
        if text.isEmpty { return 0 }
      }
    }
    let count = min(capacity, text.count - position)
    for index in 0..<count { target[index] = text[position + index] }
    position += count
    return count
  }

  private func append(_ scalar: UInt32) {
    text += UTF8.encode(Unicode.Scalar(scalar) ?? "\u{FFFD}") ?? UTF8.encodedReplacementCharacter
  }

  private func appendWindows1252(_ bytes: UnsafeBufferPointer<UInt8>) {
    for byte in bytes {
      if byte < 0x80 {
        text.append(byte)
      } else if byte < 0xA0 {
        append(UInt32(Self.windows1252[Int(byte) - 0x80]))
      } else {
        append(UInt32(byte))
      }
    }
  }

  private func appendUTF16(_ bytes: UnsafeBufferPointer<UInt8>) {
    rest += bytes
    var index = 0
    func unit(_ index: Int) -> UInt32 {
      let (first, second) = (UInt32(rest[index]), UInt32(rest[index + 1]))
      return isBigEndian ? first << 8 | second : second << 8 | first
    }
    while index + 1 < rest.count {
      if !isStarted {
        isStarted = true
        isBigEndian = rest[0] == 0xFE && rest[1] == 0xFF || rest[0] == 0 && rest[1] != 0
        if unit(0) == 0xFEFF {
          index = 2
          continue
        }
      }
      let high = unit(index)
      if high & 0xFC00 == 0xD800 {
        if index + 3 >= rest.count { break }
        let low = unit(index + 2)
        if low & 0xFC00 == 0xDC00 {
          append(0x10000 + (high & 0x3FF) << 10 + low & 0x3FF)
          index += 4
          continue
        }
      }
      append(high)
      index += 2
    }
    rest.removeFirst(index)
  }

  /// What the bytes from 0x80 to 0x9F mean.
  ///
  /// Source: <https://encoding.spec.whatwg.org/index-windows-1252.txt>.
  private static let windows1252: [UInt16] = [
    0x20AC, 0x81, 0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6, 0x2030, 0x0160, 0x2039, 0x0152, 0x8D, 0x017D,
    0x8F, 0x90, 0x2018, 0x2019, 0x201C, 0x201D, 0x2022, 0x2013, 0x2014, 0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0x9D,
    0x017E, 0x0178,
  ]
}
