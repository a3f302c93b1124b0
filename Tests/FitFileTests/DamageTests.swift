import Suffice
import Testing

@Suite struct DamageTests {
  private func expectReadError(
    _ bytes: [UInt8], is message: String, sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let folder = try TemporaryFolder()
    let path = try folder.write(bytes, as: "a")
    expectError(is: message, in: folder, sourceLocation: sourceLocation) { () throws(DataError) in
      _ = try FitFile.read(path)
    }
  }

  @Test func foreignFiles() throws {
    let folder = try TemporaryFolder()
    expectError(is: "none: cannot be opened: No such file or directory. Check the path.", in: folder) {
      () throws(DataError) in
      _ = try FitFile.read(folder.file("none"))
    }
    expectError(is: "\(folder.path): is a directory. Name a file in it.") { () throws(DataError) in
      _ = try FitFile.read(folder.path)
    }
    expectError(is: "\"\" is not a path. Name a file.") { () throws(DataError) in _ = try FitFile.read("") }
    try expectReadError([], is: "a: the file is empty; a fit file was expected.")
    try expectReadError(Array("x,y\n".utf8), is: "a: is not a fit file, or only the first 4 bytes of one.")
    try expectReadError(Array("eruption,waiting\n3.6,79\n".utf8), is: "a: is not a fit file. Check the path.")
    try expectReadError(Array("{\"a\": 1, \"b\": 2}".utf8), is: "a: is not a fit file. Check the path.")
    try expectReadError([0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 3], is: "a: is not a fit file. Check the path.")
    try expectReadError([UInt8](repeating: 0, count: 100), is: "a: is not a fit file. Check the path.")
    // Eight bytes that could be a length, but no header behind them.
    try expectReadError(
      [50, 0, 0, 0, 0, 0, 0, 0] + [UInt8](repeating: 65, count: 100), is: "a: is not a fit file. Check the path.")
    try NPYFile.write([1, 2, 3, 4], columnCount: 2, to: folder.file("a.npy"))
    try expectReadError(folder.bytes("a.npy"), is: "a: is not a fit file. Check the path.")
  }

  @Test func otherSafetensors() throws {
    let folder = try TemporaryFolder()
    func expectError(_ metadata: [String: String], is message: String) throws {
      try SafeTensors(metadata: metadata, tensors: [.init("t", [1])]).write(to: folder.file("s"))
      try expectReadError(folder.bytes("s"), is: message)
    }
    let foreign =
      "a: is not a fit file, although it is a safetensors file; a fit says \"format\": \"suffice fit\" in its metadata. Check the path."
    try expectError([:], is: foreign)
    try expectError(["format": "pt"], is: foreign)
    try expectError(
      ["format": "suffice fit", "version": "1"],
      is:
        "a: is of version 1 of the fit file's format, but this program reads version 4. Use the version of Suffice that it was written with, or fit again."
    )
    try expectError(
      ["format": "suffice fit", "version": "4"],
      is: "a: the fit file is damaged: its content does not agree with its checksum. Copy it again, or fit again.")
    // Other element types than doubles do not hide that it is foreign.
    let header = #"{"t":{"dtype":"BF16","shape":[1],"data_offsets":[0,2]}}"#
    try expectReadError([UInt8(header.utf8.count), 0, 0, 0, 0, 0, 0, 0] + Array(header.utf8) + [0, 0], is: foreign)
  }

  /// However much of a file is there, less than all of it is an error.
  @Test func everyTruncation() throws {
    let folder = try TemporaryFolder()
    try FitFile.write(Example.sample(), to: folder.file("fit"))
    let bytes = try folder.bytes("fit")
    for count in bytes.indices {
      let path = try folder.write(Array(bytes[..<count]), as: "a")
      #expect(throws: DataError.self, "\(count) bytes") { try FitFile.read(path) }
    }
    #expect(throws: DataError.self) { try FitFile.read(folder.write(bytes + [0], as: "a")) }
    let headerCount = bytes[..<8].reversed().reduce(0) { $0 << 8 | Int($1) }
    try expectReadError(
      Array(bytes[..<1000]),
      is:
        "a: the fit file is damaged: it is cut off: its header has \(headerCount) bytes, but only 992 are there. Copy it again, or make it anew."
    )
    let size = bytes.count - 8 - headerCount
    try expectReadError(
      bytes.dropLast(10),
      is:
        "a: the fit file is damaged: it is cut off: there should be \(size) bytes of numbers, but only \(size - 10) are there. Copy it again, or make it anew."
    )
  }

  /// Whichever byte changes, the file is refused, or (white space, another way to write a letter) is the same fit.
  @Test func everyByte() throws {
    let folder = try TemporaryFolder()
    let fit = try Example.sample()
    try FitFile.write(fit, to: folder.file("fit"))
    let bytes = try folder.bytes("fit")
    var random = RandomSource(seed: 3)
    var survivors = 0
    for position in bytes.indices {
      var damaged = bytes
      damaged[position] ^= UInt8(1 + random.next() % 255)
      let path = try folder.write(damaged, as: "a")
      guard let read = try? FitFile.read(path) else { continue }
      survivors += 1
      #expect(isIdentical(read, fit), "byte \(position)")
    }
    #expect(survivors < 8)
  }

  /// Content that a right checksum vouches for, but that is no fit.
  @Test func wrongContent() throws {
    let folder = try TemporaryFolder()
    try FitFile.write(Example.mixture(), to: folder.file("fit"))
    let file = try SafeTensors(path: folder.file("fit"))

    func expectDamage(_ change: (inout SafeTensors) -> Void, _ finding: String) throws {
      var changed = file
      change(&changed)
      changed.metadata["checksum"] = FNV.checksum(of: changed)
      try changed.write(to: folder.file("changed"))
      try expectReadError(folder.bytes("changed"), is: "a: " + finding)
    }
    func damaged(_ finding: String) -> String { "the fit file is damaged: \(finding). Copy it again, or fit again." }
    func replace(_ name: String, _ tensor: SafeTensors.Tensor) -> (inout SafeTensors) -> Void {
      { file in file.tensors = file.tensors.map { $0.name == name ? tensor : $0 } }
    }
    func edit(_ key: String, _ path: [PathStep], _ replacement: JSON) -> (inout SafeTensors) -> Void {
      { file in
        let json = file.metadata[key].flatMap { try? JSON(parsing: $0) } ?? nil
        file.metadata[key] = json.replacing(path[...], with: replacement).description
      }
    }

    #expect(FNV.checksum(of: file) == file.metadata["checksum"])

    try expectDamage({ $0.metadata["graph"] = nil }, damaged("it has no graph"))
    try expectDamage(
      { $0.metadata["graph"] = "{" }, "graph, line 1, column 2: the text ends where a name in quotes was expected.")
    try expectDamage({ $0.metadata["bound"] = "x" }, damaged("its bound is no number"))
    try expectDamage({ $0.metadata["converged"] = "yes" }, damaged("whether it converged is neither true nor false"))
    try expectDamage(edit("settings", [], []), "settings: settings are no object.")
    try expectDamage(
      { $0.tensors.removeAll { $0.name == "natural/cluster" } }, damaged("it has no array \"natural/cluster\""))
    let natural = file["natural/cluster"]?.values ?? []
    try expectDamage(
      replace("natural/cluster", .init("natural/cluster", natural)),
      damaged("the parameters of \"cluster\" are not those of 3 members"))
    try expectDamage(
      replace("natural/cluster", .init("natural/cluster", shape: [3, 6], Array(natural.dropLast(3)))),
      damaged("\"cluster\" has 18 natural parameters, but its model asks for 3 × 7"))
    try expectDamage(
      replace("natural/cluster", .init("natural/cluster", shape: [3, 7], natural.map { -$0 })),
      damaged("the parameters of \"cluster\", member 1, are not those of a NormalWishart"))
    try expectDamage(
      replace("center/x", .init("center/x", [0, 0])), damaged("the centre of \"x\" is not the one that its model has"))
    try expectDamage(
      edit("facts", ["observed", 0, "mean"], [0, 0]),
      damaged("the centre of \"cluster\" is not the one that its model has"))
    try expectDamage(
      edit("facts", ["observed"], []), damaged("it has facts of 0 observed variables, but its model has 1"))
    try expectDamage(
      edit("graph", ["plates", 0, "size"], 1e15),
      damaged("the parameters of \"cluster\" are not those of 1000000000000000 members"))
    try expectDamage(
      edit("graph", ["plates", 0, "size"], 9e18),
      damaged("the parameters of \"cluster\" are not those of 9000000000000000000 members"))
    try expectDamage(
      edit("facts", ["observed", 0, "covariance"], []),
      damaged("it has no covariance matrix of \"x\", on which its model depends"))
    try expectDamage(
      edit("facts", ["observed", 0, "covariance"], [1, 2, 1]),
      damaged(
        "its model does not compile: the covariance matrix of \"x\" is singular: column \"waiting, s\" is a "
          + "linear combination of \"eruption\". Leave it out, or choose a model with diagonal covariances."))
    try expectDamage(
      replace("trace/bound", .init("trace/bound", [])), damaged("the columns of its history differ in length"))
    try expectDamage(
      replace("trace/pass", .init("trace/pass", (file["trace/pass"]?.values ?? []).map { $0 + 0.5 })),
      damaged("a pass of its history is no whole number"))
    try expectDamage(
      replace("restartBounds", .init("restartBounds", shape: [1, 2], [0, 0])), damaged("\"restartBounds\" is no vector")
    )
  }
}

/// The checksum of a fit file, written from its description.
private enum FNV {
  static func checksum(of file: SafeTensors) -> String {
    var bytes: [UInt8] = []
    func add(_ word: UInt64) { bytes += (0..<8).map { UInt8(truncatingIfNeeded: word >> (8 * UInt64($0))) } }
    func add(_ text: String) {
      add(UInt64(text.utf8.count))
      bytes += Array(text.utf8)
    }
    for key in file.metadata.keys.sorted() where key != "checksum" {
      add(key)
      add(file.metadata[key] ?? "")
    }
    for tensor in file.tensors.sorted(by: { $0.name < $1.name }) {
      add(tensor.name)
      add(UInt64(tensor.shape.count))
      for extent in tensor.shape { add(UInt64(extent)) }
      for value in tensor.values { add(value.bitPattern) }
    }
    var hash: UInt64 = 14_695_981_039_346_656_037
    for byte in bytes { hash = (hash ^ UInt64(byte)) &* 1_099_511_628_211 }
    let digits = String(hash, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }
}
