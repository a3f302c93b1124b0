import Suffice
import Testing

@Suite struct ModelGraphFileTests {
  @Test(arguments: GraphTests.graphs) func roundTrips(_ graph: ModelGraph) throws {
    let folder = try TemporaryFolder()
    let path = folder.file("a.model")
    try ModelGraphFile.write(graph, to: path)
    #expect(try ModelGraphFile.read(path) == graph)
    #expect(try ModelGraphFile.graph(of: folder.bytes("a.model"), name: "bytes") == graph)
  }

  @Test func fitsAsTheModelDoes() throws {
    let folder = try TemporaryFolder()
    let table = try DataTable(columns: [Column(name: "x", values: (0..<50).map { Double($0 % 7) })])
    try ModelGraphFile.write(ModelGraph(Sample()), to: folder.file("a.model"))
    let fit = try Fit(ModelGraphFile.read(folder.file("a.model")), to: table)
    #expect(try fit.naturals == Fit(Sample(), to: table).naturals)
    // Its fits are read without the Swift type.
    try FitFile.write(fit, to: folder.file("a.fit"))
    #expect(try FitFile.read(folder.file("a.fit")).naturals == fit.naturals)
  }

  @Test func refusesFamiliesOfOnesOwn() throws {
    let folder = try TemporaryFolder()
    let graph = try ModelGraph(Distances())
    expectError(
      is:
        "a.model: the model distances cannot be written: the family \"Rayleigh\" of \"r\" is the modeller's own, "
        + "which is Swift code. Fit the Swift file itself.", in: folder
    ) { () throws(DataError) in try ModelGraphFile.write(graph, to: folder.file("a.model")) }
    #expect(throws: (any Error).self) { try folder.bytes("a.model") }
  }

  /// Whatever byte is damaged, the file is refused or says the same.
  @Test func tellsDamage() throws {
    let folder = try TemporaryFolder()
    let graph = try ModelGraph(Sample())
    try ModelGraphFile.write(graph, to: folder.file("a.model"))
    let bytes = try folder.bytes("a.model")
    for position in stride(from: 0, to: bytes.count, by: 7) {
      var damaged = bytes
      damaged[position] ^= 0x15
      if let read = try? ModelGraphFile.graph(of: damaged, name: "a.model") { #expect(read == graph) }
      #expect(throws: DataError.self) {
        try ModelGraphFile.graph(of: Array(bytes[..<min(position, bytes.count - 3)]), name: "a.model")
      }
    }
  }

  @Test func tellsOtherFiles() throws {
    func read(_ text: String) throws(DataError) { _ = try ModelGraphFile.graph(of: Array(text.utf8), name: "a.model") }
    let foreign =
      "a.model: is no compiled model, or is damaged; 'suffice compile MyModel.swift --output MyModel.model' writes one."
    for text in ["", "{}", "no JSON", "[1, 2]", "{\"format\": \"suffice fit\"}"] {
      expectError(is: foreign) { () throws(DataError) in try read(text) }
    }
    expectError(
      is:
        "a.model: is of version 9 of the format of compiled models, but this program reads version 2. Compile the model "
        + "again."
    ) { () throws(DataError) in try read("{\"format\": \"suffice model\", \"version\": 9}") }
    expectError(is: "missing.model: cannot be opened: No such file or directory. Check the path.") {
      () throws(DataError) in _ = try ModelGraphFile.read("missing.model")
    }
  }
}
