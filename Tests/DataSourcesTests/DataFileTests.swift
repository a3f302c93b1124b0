import DataSources
import Foundation
import Inference
import Testing

@Suite("Files of any kind")
struct DataFileTests {
  @Test func kinds() throws {
    let folder = try TemporaryFolder()
    #expect(try DataFile.read(path: try folder.write("x\n1\n", as: "a.csv")).numbers("x") == [1])
    #expect(try DataFile.read(path: try folder.write(gzipped("x\n1\n"), as: "b")).numbers("x") == [1])
    #expect(try DataFile.read(path: try folder.write("x\ty\n1\t2\n", as: "c.tsv")).numbers("y") == [2])
    // A NumPy file is known by its first bytes, whatever it is called.
    for name in ["d.npy", "e.csv"] {
      try NPYFile.write([1, 2, 3, 4], columnCount: 2, to: folder.file(name))
      let table = try DataFile.read(
        path: folder.file(name), options: CSVOptions(columns: ["x2"], categorical: ["x2"]))
      #expect(table.columnNames == ["x2"])
      #expect(table.labels("x2") == ["2", "4"])
    }
  }

  @Test func wrongKind() throws {
    let folder = try TemporaryFolder()
    let path = try folder.write("x\n1\n", as: "a.NPY")
    expectError(
      is: "a.NPY: is not a NumPy array file; such a file begins with the byte 0x93 and \"NUMPY\".", in: folder
    ) { () throws(DataError) in _ = try DataFile.read(path: path) }
  }

  @Test func missingFile() throws {
    let folder = try TemporaryFolder()
    expectError(is: "a.npy: cannot be opened: No such file or directory. Check the path.", in: folder) {
      () throws(DataError) in _ = try DataFile.read(path: folder.file("a.npy"))
    }
  }

  @Test func pipesAreNotPeekedAt() throws {
    let pipe = Pipe()
    try pipe.fileHandleForWriting.write(contentsOf: Data("x\n1\n".utf8))
    try pipe.fileHandleForWriting.close()
    #expect(try DataFile.read(path: "/dev/fd/\(pipe.fileHandleForReading.fileDescriptor)").numbers("x") == [1])
  }
}
