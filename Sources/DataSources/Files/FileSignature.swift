/// Kinds of files that people take for text tables, told by their first bytes.
enum FileSignature {
  /// The first bytes of a NumPy array file.
  static let numPy: [UInt8] = [0x93] + Array("NUMPY".utf8)

  /// The first bytes of a Parquet file.
  static let parquet = Array("PAR1".utf8)

  private static let known: [(bytes: [UInt8], advice: String)] = [
    (numPy, "It is a NumPy array inside of another file; save it as a plain .npy file."),
    (Array("PK".utf8) + [3, 4], "It is a ZIP archive, such as .xlsx or .npz; export the table in it as CSV."),
    (parquet, "It is a Parquet file inside of another file, or from a pipe; save it as a plain file."),
    ([0x28, 0xB5, 0x2F, 0xFD], "It is packed with zstd; unpack it, or pack it with gzip."),
    ([0xFD] + Array("7zXZ".utf8), "It is packed with xz; unpack it, or pack it with gzip."),
    (Array("BZh".utf8), "It is packed with bzip2; unpack it, or pack it with gzip."),
    ([0x89] + Array("HDF".utf8), "It is an HDF5 file; export the table in it as CSV."),
    (
      Array("SQLite format 3".utf8),
      "It is an SQLite database inside of another file, or from a pipe; save it as a plain file."
    ),
  ]

  /// What to do about a file which begins with `head` and is no text.
  static func advice(head: [UInt8]) -> String {
    for (bytes, advice) in known where head.starts(with: bytes) { return advice }
    return "If it is the right file, say how its letters are stored, or save it as UTF-8."
  }

  /// Whether a file is of a kind that is known, and thus no text in another encoding.
  static func isKnown(head: [UInt8]) -> Bool { known.contains { head.starts(with: $0.bytes) } }
}
