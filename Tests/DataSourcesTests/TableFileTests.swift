import DataSources
import Foundation
import Inference
import Testing

@Suite("Table files")
struct TableFileTests {
  private let text = "x,city,n\n1.5,Basel,1\n,Bern,2\n-0.1,,3\n1e-300,Zürich,\n"

  @Test func nothingIsLost() throws {
    let folder = try TemporaryFolder()
    let table = try readCSV(text)
    let path = folder.file("table.safetensors")
    try DataFile.write(table, to: path)
    let back = try DataFile.read(path: path)
    #expect(back.columnNames == table.columnNames && back.rowCount == 4)
    for (a, b) in zip(table.columns, back.columns) {
      #expect(a.kind == b.kind && a.findings.missingCount == b.findings.missingCount)
      #expect((0..<4).allSatisfy { a[$0] == b[$0] || a[$0].isNaN && b[$0].isNaN })
    }
    let some = try TableFile(path: path, columns: ["n", "city"]).read()
    #expect(some.columnNames == ["city", "n"])
    // A strided column: a matrix row by row.
    try NPYFile.write([1, 2, 3, 4, 5, 6], columnCount: 2, to: folder.file("a.npy"))
    try DataFile.write(DataFile.read(path: folder.file("a.npy")), to: path)
    #expect(try DataFile.read(path: path).numbers("x2") == [2, 4, 6])
  }

  /// That a column of numbers has a text is known where it is read; it must not be forgotten on the way.
  @Test func findingsAreKept() throws {
    let folder = try TemporaryFolder()
    let path = folder.file("table.safetensors")
    try DataFile.write(try readCSV("x,y\n1,a\n2,b\nn/k,c\n"), to: path)
    let back = try DataFile.read(path: path)
    #expect(back["x"]?.findings.firstText?.line == 4 && back["x"]?.findings.firstText?.text == "n/k")
    #expect(back["x"]?.findings.countsRows == false && back["y"]?.findings.firstText == nil)
    // Also of several tables as one.
    try DataFile.write(try DataFiles([path, try folder.write("x,y\nz,a\n")]).read(), to: path)
    #expect(try DataFile.read(path: path)["x"]?.findings.firstText?.text == "n/k")
  }

  @Test func damage() throws {
    let folder = try TemporaryFolder()
    let path = folder.file("a.safetensors")
    try DataFile.write(try readCSV(text), to: path)
    let bytes = try folder.bytes("a.safetensors")
    for count in [9, 60, bytes.count - 1] {
      _ = try folder.write(Array(bytes[..<count]), as: "a.safetensors")
      do throws(DataError) {
        _ = try DataFile.read(path: path)
        Issue.record("\(count) bytes are enough")
      } catch {
        #expect(error.description.contains("a.safetensors: the table file is damaged"), "\(error)")
      }
    }
    _ = try folder.write(bytes + [0], as: "a.safetensors")
    expectError(
      is:
        "a.safetensors: the table file is damaged: it should have \(bytes.count) bytes, but it has \(bytes.count + 1). "
        + "Copy it again, or make it anew.", in: folder
    ) { () throws(DataError) in _ = try DataFile.read(path: path) }
    try SafeTensors(tensors: [.init("x", [1, 2])]).write(to: path)
    expectError(
      is: "a.safetensors: is a safetensors file, but not a table that 'suffice convert' wrote.", in: folder
    ) { () throws(DataError) in _ = try DataFile.read(path: path) }
  }

  @Test func numbersAreNotLabels() throws {
    let folder = try TemporaryFolder()
    let path = folder.file("a.safetensors")
    try DataFile.write(try readCSV(text), to: path)
    expectError(
      is: "a.safetensors: column \"n\" holds numbers. Convert the table again, with the column read as labels.",
      in: folder
    ) { () throws(DataError) in _ = try TableFile(path: path, categorical: ["n"]).read() }
  }
}

@Suite("Several files")
struct DataFilesTests {
  @Test func rowsFollowOneAnother() throws {
    let folder = try TemporaryFolder()
    _ = try folder.write("x,city\n1,Bern\n2,Basel\n", as: "part-1.csv")
    _ = try folder.write("city,x\nAarau,\n,4\n", as: "part-2.csv")
    // No cell says what the column is.
    _ = try folder.write("x,city\n5,\n", as: "part-3.csv")
    try DataFile.write(DataFile.read(path: folder.file("part-1.csv")), to: folder.file("more.safetensors"))
    let files = try DataFiles([folder.file("part-*.csv"), folder.file("more.safetensors")])
    #expect(
      files.paths.map { $0.split(separator: "/").last } == [
        "part-1.csv", "part-2.csv", "part-3.csv", "more.safetensors",
      ])
    for limit in [0, 1 << 20] {
      let table = try files.read(options: CSVOptions(memoryLimit: limit))
      #expect(table.numbers("x") == [1, 2, nil, 4, 5, 1, 2])
      #expect(table.labels("city") == ["Bern", "Basel", "Aarau", nil, nil, "Bern", "Basel"])
      #expect(table["city"]?.kind == .categorical(levels: ["Aarau", "Basel", "Bern"]))
      #expect(table["city"]?.findings.missingCount == 2)
    }
  }

  @Test func differences() throws {
    let folder = try TemporaryFolder()
    let a = try folder.write("x,y\n1,2\n", as: "a.csv")
    let b = try folder.write("x\n1\n", as: "b.csv")
    let c = try folder.write("x,y\n1,high\n", as: "c.csv")
    func expect(_ paths: [String], _ message: String) {
      expectError(is: message, in: folder) { () throws(DataError) in _ = try DataFiles(paths).read() }
    }
    expect(
      [a, b], "b.csv: has no column \"y\", which a.csv has. Files that are read as one need the same columns.")
    expect(
      [b, a], "a.csv: has a column \"y\", which b.csv lacks. Files that are read as one need the same columns.")
    expect(
      [a, c],
      "c.csv: column \"y\" holds labels, but in a.csv it holds numbers. Read it as labels, or mend the file.")
    expect([a, a], "a.csv: is named twice. Name each file once.")
    expect(
      [folder.file("z*.csv")],
      "z*.csv: there is no such file, and none that it fits as a pattern. Check the path.")
    expect([], "no data file is named. Name at least one.")
  }
}
