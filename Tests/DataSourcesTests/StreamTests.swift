import Foundation
import Inference
import Testing

@testable import DataSources

/// Reads what `body` does with the other end of a pipe that holds these bytes.
private func withPipe<Result>(_ bytes: [UInt8], _ body: (Int32) throws -> Result) throws -> Result {
  let pipe = Pipe()
  // A pipe holds little, so another thread must fill it.
  let thread = Thread {
    // The reader may go away before it has seen everything.
    try? pipe.fileHandleForWriting.write(contentsOf: Data(bytes))
    try? pipe.fileHandleForWriting.close()
  }
  thread.start()
  defer { try? pipe.fileHandleForReading.close() }
  return try body(pipe.fileHandleForReading.fileDescriptor)
}

/// Makes a file the standard input for a while.
private func withStandardInput<Result>(_ descriptor: Int32, _ body: () throws -> Result) throws -> Result {
  let saved = dup(STDIN_FILENO)
  defer {
    if saved >= 0 { dup2(saved, STDIN_FILENO) } else { close(STDIN_FILENO) }
    close(saved)
  }
  dup2(descriptor, STDIN_FILENO)
  return try body()
}

@Suite("Pipes and the standard input", .serialized)
struct StreamTests {
  private let rows = (0..<3000).map { "\($0 % 7).0,word \($0)\n" }.joined()

  @Test func pipe() throws {
    let table = try withPipe(Array(("x,y\n" + rows).utf8)) { descriptor in
      try CSVFile(path: "/dev/fd/\(descriptor)").read()
    }
    #expect(table.rowCount == 3000)
    #expect(table.numbers("x").last == Double(2999 % 7))
  }

  /// Whoever writes to a named pipe sees its reader go if it is opened twice.
  @Test func namedPipeIsOpenedOnce() throws {
    let folder = try TemporaryFolder()
    let path = folder.file("fifo")
    mkfifo(path, 0o600)
    let text = "x,y\n" + rows
    let thread = Thread {
      let descriptor = open(path, O_WRONLY)
      var bytes = Array(text.utf8)[...]
      while !bytes.isEmpty {
        let count = bytes.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
        if count <= 0 { break }
        bytes = bytes.dropFirst(count)
      }
      close(descriptor)
    }
    thread.start()
    #expect(try DataFiles([path]).read().rowCount == 3000)
  }

  /// A second reading comes from the copy, also when the first one ended early.
  @Test(arguments: [1 << 18, 4096])
  func pipeReadTwice(_ blockSize: Int) throws {
    let table = try withPipe(Array(("x,y\n0.50,b\nfew,c\n" + rows).utf8)) { descriptor in
      try CSVFile(path: "/dev/fd/\(descriptor)").read(blockSize: blockSize)
    }
    #expect(table.labels("x")?.prefix(3) == ["0.50", "few", "0.0"])
    #expect(table.rowCount == 3002)
    let packed = try withPipe(gzipped("x,y\n0.50,b\n" + rows + "few,c\n")) { descriptor in
      try CSVFile(path: "/dev/fd/\(descriptor)").read(blockSize: blockSize)
    }
    #expect(packed.labels("x")?.last == "few")
    #expect(packed.rowCount == 3002)
  }

  @Test func standardInput() throws {
    let table = try withPipe(Array("1,a\n2,b\n".utf8)) { descriptor in
      try withStandardInput(descriptor) { try DataFile.read(path: "-", options: CSVOptions(header: false)) }
    }
    #expect(table.origin == "standard input")
    #expect(table.numbers("c1") == [1, 2])
  }

  /// A file as the standard input, from where it was read to.
  @Test func standardInputFromFile() throws {
    let folder = try TemporaryFolder()
    let descriptor = open(try folder.write("skip\nx\n1.50\nlow\n"), O_RDONLY)
    defer { close(descriptor) }
    lseek(descriptor, 5, SEEK_SET)
    let table = try withStandardInput(descriptor) { try CSVFile(path: "-").read() }
    #expect(table.labels("x") == ["1.50", "low"])
  }

  @Test func emptyStandardInput() throws {
    try withPipe([]) { descriptor in
      try withStandardInput(descriptor) {
        expectError(is: "standard input: the file is empty; a header line and at least one row were expected.") {
          () throws(DataError) in _ = try CSVFile(path: "-").read()
        }
      }
    }
  }

  @Test func endlessDevice() {
    expectError(
      is:
        "/dev/zero, line 1: a zero byte, which is in no text. The file is damaged, or no table: make it again, or check "
        + "the path."
    ) { () throws(DataError) in _ = try CSVFile(path: "/dev/zero").read() }
  }
}
