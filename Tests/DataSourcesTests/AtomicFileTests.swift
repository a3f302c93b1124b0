import Foundation
import Inference
import Testing

@testable import DataSources

@Suite("Writing files as a whole")
struct AtomicFileTests {
  private func status(_ path: String) -> stat {
    var status = stat()
    stat(path, &status)
    return status
  }

  @Test func writes() throws {
    let folder = try TemporaryFolder()
    let long = String(repeating: "0123456789", count: 20_000)
    let bytes = [UInt8](repeating: 7, count: 200_000)
    try AtomicFile.write(to: folder.file("a")) { (writer) throws(DataError) in
      try writer.write("é\n")
      try writer.write(long)
      try writer.write(byte: 0xFF)
      try writer.write(bytes)
    }
    #expect(try folder.bytes("a") == Array("é\n".utf8) + Array(long.utf8) + [0xFF] + bytes)
    #expect(folder.names == ["a"])
  }

  /// Whatever ends the program while a file is written, nothing of it is left: it has no name.
  @Test func unfinishedFilesAreNotSeen() throws {
    let folder = try TemporaryFolder()
    for old in [nil, "old"] {
      if let old { _ = try folder.write(old, as: "a") }
      try AtomicFile.write(to: folder.file("a")) { (writer) throws(DataError) in
        try writer.write("new")
        #expect(folder.names == (old == nil ? [] : ["a"]))
      }
      #expect(try folder.bytes("a") == Array("new".utf8) && folder.names == ["a"])
      try FileManager.default.removeItem(atPath: folder.file("a"))
    }
  }

  /// What a handler of signals does about files that have a name meanwhile.
  @Test func hiddenNamesAreRemoved() throws {
    let folder = try TemporaryFolder()
    let names = UnfinishedNames()
    let slots = try ["a", "b"].map { names.add(try folder.write("x", as: $0)) }
    if let slot = slots[1] { names.remove(slot) }
    names.removeAll()
    #expect(slots == [0, 1] && folder.names == ["b"])
    names.remove(0)
  }

  @Test func filesWithHiddenNames() throws {
    let folder = try TemporaryFolder()
    try AtomicFile.$usesNamelessFiles.withValue(false) {
      try AtomicFile.write(to: folder.file("b")) { (writer) throws(DataError) in
        #expect(folder.names.count == 1 && folder.names[0].hasPrefix("."))
      }
      try FileManager.default.removeItem(atPath: folder.file("b"))
      for text in ["old", "new"] {
        try AtomicFile.write(to: folder.file("a")) { (writer) throws(DataError) in try writer.write(text) }
        #expect(try folder.bytes("a") == Array(text.utf8) && folder.names == ["a"])
      }
      try AtomicFile.check(folder.file("b"))
      #expect(folder.names == ["a"])
    }
  }

  @Test func identity() throws {
    let folder = try TemporaryFolder()
    let path = try folder.write("x", as: "a")
    let other = try folder.write("x", as: "b")
    try FileManager.default.createSymbolicLink(atPath: folder.file("soft"), withDestinationPath: "a")
    link(path, folder.file("hard"))
    for same in [folder.file("soft"), folder.file("hard"), folder.path + "/./a"] {
      #expect(FileIdentity(path: same) == FileIdentity(path: path), "\(same)")
    }
    #expect(FileIdentity(path: path) != nil && FileIdentity(path: path) != FileIdentity(path: other))
    #expect(FileIdentity(path: "/dev/null") == nil && FileIdentity(path: folder.file("none")) == nil)
  }

  @Test func replacesAndKeepsPermissions() throws {
    let folder = try TemporaryFolder()
    let path = try folder.write("old", as: "a")
    chmod(path, 0o640)
    try AtomicFile.write(to: path) { (writer) throws(DataError) in try writer.write("new") }
    #expect(try folder.bytes("a") == Array("new".utf8))
    #expect(status(path).st_mode & 0o777 == 0o640)
  }

  /// Whether a file could be written is found out without a trace.
  @Test func checksPlaces() throws {
    let folder = try TemporaryFolder()
    let path = try folder.write("old", as: "a")
    try AtomicFile.check(path)
    try AtomicFile.check(folder.file("b"))
    try AtomicFile.check("/dev/null")
    #expect(try folder.bytes("a") == Array("old".utf8) && folder.names == ["a"])
    expectError(is: "none/b: cannot be written: No such file or directory. Make its folder first.", in: folder) {
      () throws(DataError) in try AtomicFile.check(folder.file("none/b"))
    }
    #expect(throws: DataError("\"\" is not a path. Name a file to write.")) { try AtomicFile.check("") }
    #expect(throws: DataError.self) { try AtomicFile.check("/") }
  }

  @Test func newFileHasUsualPermissions() throws {
    let folder = try TemporaryFolder()
    try AtomicFile.write(to: folder.file("a")) { (writer) throws(DataError) in try writer.write("new") }
    // What others may do is up to the process; the owner may read and write.
    #expect(status(folder.file("a")).st_mode & 0o600 == 0o600)
  }

  @Test func failureLeavesTheOldFile() throws {
    let folder = try TemporaryFolder()
    let path = try folder.write("old", as: "a")
    expectError(is: "stop") { () throws(DataError) in
      try AtomicFile.write(to: path) { (writer) throws(DataError) in
        try writer.write("new")
        throw DataError("stop")
      }
    }
    #expect(try folder.bytes("a") == Array("old".utf8))
    #expect(folder.names == ["a"])
  }

  @Test func followsLinks() throws {
    let folder = try TemporaryFolder()
    _ = try folder.write("old", as: "target")
    try FileManager.default.createSymbolicLink(atPath: folder.file("link"), withDestinationPath: "target")
    try AtomicFile.write(to: folder.file("link")) { (writer) throws(DataError) in try writer.write("new") }
    #expect(try folder.bytes("target") == Array("new".utf8))
    #expect(try FileManager.default.destinationOfSymbolicLink(atPath: folder.file("link")) == "target")
  }

  @Test func longestName() throws {
    let folder = try TemporaryFolder()
    let name = String(repeating: "n", count: 255)
    try AtomicFile.write(to: folder.file(name)) { (writer) throws(DataError) in try writer.write("new") }
    #expect(folder.names == [name])
  }

  @Test func devicesStayDevices() throws {
    try AtomicFile.write(to: "/dev/null") { (writer) throws(DataError) in try writer.write("nothing") }
    #expect(status("/dev/null").st_mode & S_IFMT == S_IFCHR)
  }

  @Test func badPaths() throws {
    let folder = try TemporaryFolder()
    expectError(is: "none/a: cannot be written: No such file or directory. Make its folder first.", in: folder) {
      () throws(DataError) in try AtomicFile.write(to: folder.file("none/a")) { _ in }
    }
    try FileManager.default.createDirectory(atPath: folder.file("d"), withIntermediateDirectories: false)
    expectError(is: "d: is a directory. Name a file to write.", in: folder) { () throws(DataError) in
      try AtomicFile.write(to: folder.file("d")) { _ in }
    }
    expectError(is: "\"\" is not a path. Name a file to write.") { () throws(DataError) in
      try AtomicFile.write(to: "") { _ in }
    }
    expectError(is: "\"a\\u{0}b\" is not a path. Name a file to write.") { () throws(DataError) in
      try AtomicFile.write(to: "a\u{0}b") { _ in }
    }
  }

  @Test(.enabled(if: geteuid() != 0, "the superuser may write everywhere"))
  func folderWithoutPermission() throws {
    let folder = try TemporaryFolder()
    try FileManager.default.createDirectory(atPath: folder.file("d"), withIntermediateDirectories: false)
    chmod(folder.file("d"), 0o500)
    expectError(
      is: "d/a: cannot be written: Permission denied. Check the permissions of the file and its folder.", in: folder
    ) { () throws(DataError) in try AtomicFile.write(to: folder.file("d/a")) { _ in } }
  }

  @Test(.enabled(if: FileManager.default.fileExists(atPath: "/dev/full")))
  func fullDisk() {
    let message = "cannot be written: No space left on device. Free some space, or choose another folder."
    let descriptor = open("/dev/full", O_WRONLY)
    defer { close(descriptor) }
    expectError(is: "result.csv: \(message)") { () throws(DataError) in
      let writer = ByteWriter(descriptor: descriptor, name: "result.csv")
      try writer.write("x")
      try writer.flush()
    }
    expectError(is: "/dev/full: \(message)") { () throws(DataError) in
      try AtomicFile.write(to: "/dev/full") { (writer) throws(DataError) in try writer.write("x") }
    }
  }

  @Test func closedFile() {
    expectError(is: "gone: cannot be written: Bad file descriptor.") { () throws(DataError) in
      let writer = ByteWriter(descriptor: -1, name: "gone")
      try writer.write("x")
      try writer.flush()
    }
  }
}
