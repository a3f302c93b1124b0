import Foundation
import Inference
import Synchronization
import Testing

@testable import DataSources
@testable import PlanIR

/// What goes wrong in the middle of reading and writing.
@Suite("Faults", .serialized)
struct FaultTests {
  /// Runs `body` in a world in which the call of a kind with a number fails.
  private func failing(
    _ call: SystemCall, _ number: Int, with code: Int32, _ body: () throws -> Void
  ) rethrows {
    let calls = Mutex(0)
    try SystemCall.$fault.withValue({ kind in
      guard kind == call else { return 0 }
      return calls.withLock { count in
        count += 1
        return count == number ? code : 0
      }
    }) { try body() }
  }

  private let rows = "x,y\n" + (0..<4000).map { "\($0),w\($0 % 5)\n" }.joined()

  @Test(arguments: 1...6)
  func readError(_ number: Int) throws {
    let folder = try TemporaryFolder()
    let path = try folder.write(rows)
    failing(.read, number, with: EIO) {
      expectError(is: "data.csv: cannot be read: Input/output error.", in: folder) { () throws(DataError) in
        _ = try CSVFile(path: path).read(blockSize: 4096)
      }
    }
  }

  /// The disk fills up while columns are put aside, or while labels are numbered anew.
  @Test(arguments: [1, 2, 5])
  func fullDiskWhileSpilling(_ number: Int) throws {
    let folder = try TemporaryFolder()
    let path = try folder.write(rows)
    failing(.write, number, with: ENOSPC) {
      expectError(
        is: "data.csv: its columns do not fit into the memory limit, and a file for them in the temporary folder "
          + "\(TemporaryFile.folder) cannot be written: No space left on device. Free some space there, name a larger "
          + "folder with TMPDIR, or read fewer columns.", in: folder
      ) { () throws(DataError) in
        _ = try CSVFile(path: path, options: CSVOptions(memoryLimit: 0)).read(blockSize: 4096)
      }
    }
  }

  /// A conversion that fails leaves the old file as it was, and nothing else.
  @Test(arguments: ["table.safetensors", "table.npy", "table.csv"], [1, 2])
  func fullDiskWhileConverting(_ name: String, _ number: Int) throws {
    let folder = try TemporaryFolder()
    let table = try DataTable(["x": (0..<50_000).map { Double($0) / 3 }])
    try DataFile.write(try DataTable(["x": [1]]), to: folder.file(name))
    let before = try folder.bytes(name)
    failing(.write, number, with: ENOSPC) {
      expectError(
        is: "\(name): cannot be written: No space left on device. Free some space, or choose another folder.",
        in: folder
      ) { () throws(DataError) in try DataFile.write(table, to: folder.file(name)) }
    }
    #expect(try folder.bytes(name) == before)
    #expect(folder.names == [name])
  }

  @Test(arguments: ["longer", "shorter", "rewritten"])
  func fileThatChanges(_ how: String) throws {
    let folder = try TemporaryFolder()
    let path = try folder.write(rows)
    let reads = Mutex(0)
    SystemCall.$fault.withValue({ kind in
      guard kind == .read,
        reads.withLock({
          $0 += 1; return $0 == 4
        })
      else { return 0 }
      let descriptor = open(path, O_WRONLY)
      defer { close(descriptor) }
      switch how {
      case "longer": pwrite(descriptor, "7,w1\n", 5, off_t(rows.utf8.count))
      case "shorter": ftruncate(descriptor, 20_000)
      default:
        pwrite(descriptor, "x", 1, 0)
        // The clock of the file system may be as coarse as 10 ms.
        var times = [timespec(tv_sec: 1, tv_nsec: 0), timespec(tv_sec: 1, tv_nsec: 0)]
        futimens(descriptor, &times)
      }
      return 0
    }) {
      expectError(is: "data.csv: the file was changed while it was read. Read it again.", in: folder) {
        () throws(DataError) in _ = try CSVFile(path: path).read(blockSize: 4096)
      }
    }
  }

  /// Columns that the process may not keep in memory go to a temporary file.
  @Test(arguments: [0, 4096, 40_000])
  func noRoomForColumns(_ limit: Int) throws {
    let folder = try TemporaryFolder()
    let path = try folder.write(rows)
    let table = try Memory.$limit.withValue(limit) { try CSVFile(path: path).read(blockSize: 4096) }
    #expect((0..<4000).allSatisfy { table["x"]?[$0] == Double($0) })
    #expect(table["y"]?.kind == .categorical(levels: (0..<5).map { "w\($0)" }))
  }
}
