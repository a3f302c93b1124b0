import Glibc
import Inference

/// The library carquet, which reads Parquet files, opened when it is first needed.
///
/// It is no part of this package: <https://github.com/Vitruves/carquet>, version 0.7.
struct Carquet: Sendable {
  /// Its functions, all of which take and give plain C types; `error` has room for a `carquet_error_t`.
  typealias Open =
    @convention(c) (
      _ path: UnsafePointer<CChar>, _ options: UnsafeRawPointer?, _ error: UnsafeMutableRawPointer
    ) -> OpaquePointer?
  typealias Close = @convention(c) (OpaquePointer) -> Void
  typealias Count = @convention(c) (OpaquePointer) -> Int32
  typealias Schema = @convention(c) (OpaquePointer) -> OpaquePointer?
  typealias ExportSchema =
    @convention(c) (
      _ schema: OpaquePointer, _ into: UnsafeMutableRawPointer, _ error: UnsafeMutableRawPointer
    ) -> Int32
  typealias ReadGroup =
    @convention(c) (
      OpaquePointer, _ group: Int32, _ schema: UnsafeMutableRawPointer, _ array: UnsafeMutableRawPointer,
      _ error: UnsafeMutableRawPointer
    ) -> Int32

  let open: Open
  let close: Close
  let groupCount: Count
  let schema: Schema
  let exportSchema: ExportSchema
  let readGroup: ReadGroup

  /// The variable that says where the library is.
  static let variable = "SUFFICE_CARQUET"

  /// Opens the library that ``variable`` names, or else the one that the system finds.
  ///
  /// - Parameter file: The file that needs it, for the message.
  /// - Throws: ``DataError`` where there is no such library, with how to install it.
  static func load(for file: String) throws(DataError) -> Carquet {
    let named = getenv(variable).map { String(cString: $0) } ?? ""
    let names = named.isEmpty ? ["libcarquet.so", "libcarquet.so.0", "libcarquet.dylib"] : [named]
    guard let library = names.lazy.compactMap({ dlopen($0, RTLD_NOW | RTLD_LOCAL) }).first else {
      let finding = named.isEmpty ? "is not installed" : "cannot be opened as \(shown(named))"
      throw DataError(
        "\(file): is a Parquet file, which is read with the library carquet; it \(finding). Install it (pip install "
          + "carquet), and set \(variable) to the path of libcarquet.so in it, or save the table as CSV.")
    }
    func function<Function>(_ name: String, _ type: Function.Type) throws(DataError) -> Function {
      guard let address = dlsym(library, "carquet_" + name) else {
        throw DataError(
          "\(file): the library carquet has no function carquet_\(name). Install version 0.7 of it (pip install "
            + "carquet==0.7.2).")
      }
      return unsafeBitCast(address, to: type)
    }
    return Carquet(
      open: try function("reader_open", Open.self), close: try function("reader_close", Close.self),
      groupCount: try function("reader_num_row_groups", Count.self),
      schema: try function("reader_schema", Schema.self),
      exportSchema: try function("arrow_export_schema", ExportSchema.self),
      readGroup: try function("reader_read_arrow", ReadGroup.self))
  }
}

/// Room for a `carquet_error_t`: its code, and from byte 4 on a text of up to 256 bytes.
struct CarquetFailure: ~Copyable {
  let memory = UnsafeMutableRawPointer.allocate(byteCount: 512, alignment: 16)

  init() { memory.initializeMemory(as: UInt8.self, repeating: 0, count: 512) }

  deinit { memory.deallocate() }

  var text: String {
    let bytes = UnsafeRawBufferPointer(start: memory + 4, count: 255)
    let text = String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
    return text.isEmpty ? "code \(memory.load(as: Int32.self))" : text
  }
}
