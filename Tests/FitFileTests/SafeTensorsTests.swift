import Suffice
import Testing

@Suite struct SafeTensorsTests {
  @Test func roundTrips() throws {
    let folder = try TemporaryFolder()
    let file = SafeTensors(
      metadata: ["a": "1", "ä": "\"\n"],
      tensors: [
        .init("matrix", shape: [2, 3], [0, -0.0, .infinity, -.infinity, .leastNonzeroMagnitude, 0.1]),
        .init("none", shape: [0, 4], []),
        .init("one", shape: [], [42]), .init("nan", [.nan, -.nan]),
      ])
    try file.write(to: folder.file("a"))
    let read = try SafeTensors(path: folder.file("a"))
    #expect(read.metadata == file.metadata)
    #expect(read.tensors.map(\.name) == ["matrix", "none", "one", "nan"])
    #expect(read.tensors.map(\.shape) == [[2, 3], [0, 4], [], [2]])
    for (a, b) in zip(read.tensors, file.tensors) { #expect(isIdentical(a.values, b.values)) }
    #expect(read["one"]?.values == [42])
    #expect(read["two"] == nil)
    let bytes = try folder.bytes("a")
    let length = bytes[..<8].reversed().reduce(0) { $0 << 8 | Int($1) }
    #expect(length % 8 == 0)
    #expect(bytes.count == 8 + length + 9 * 8)
  }

  @Test func bytesAreAsDocumented() throws {
    let folder = try TemporaryFolder()
    try SafeTensors(metadata: ["k": "v"], tensors: [.init("t", [1, -2])]).write(to: folder.file("a"))
    let header = #"{"__metadata__":{"k":"v"},"t":{"dtype":"F64","shape":[2],"data_offsets":[0,16]}}"#
    let padded = Array(header.utf8) + Array(repeating: 0x20, count: (8 - header.utf8.count % 8) % 8)
    #expect(
      try folder.bytes("a")
        == [UInt8(padded.count), 0, 0, 0, 0, 0, 0, 0] + padded + [0, 0, 0, 0, 0, 0, 0xF0, 0x3F] + [
          0, 0, 0, 0, 0, 0, 0, 0xC0,
        ])
    try SafeTensors().write(to: folder.file("empty"))
    #expect(try folder.bytes("empty") == [8, 0, 0, 0, 0, 0, 0, 0] + Array("{}      ".utf8))
    #expect(try SafeTensors(path: folder.file("empty")) == SafeTensors())
  }

  @Test func refusesTwoOfOneName() throws {
    let folder = try TemporaryFolder()
    expectError(is: "a: two arrays would be named \"t\". Rename one of them.", in: folder) { () throws(DataError) in
      try SafeTensors(tensors: [.init("t", []), .init("t", [])]).write(to: folder.file("a"))
    }
  }

  static let copy = ". Copy it again, or make it anew."

  @Test(arguments: [
    (
      #"{"a":"#, 0,
      "the safetensors file is damaged: header, line 1, column 6: the text ends where a value was expected" + copy
    ),
    (
      "{}", 8,
      "the safetensors file is damaged: it goes on behind the 0 bytes of numbers that its header announces" + copy
    ),
    (#"{"t":1}"#, 0, "the safetensors file is damaged: \"t\" has no dtype" + copy),
    (
      #"{"t":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}"#, 8,
      "\"t\" has elements of the type F32; only F64, doubles, can be read."
    ),
    (
      #"{"t":{"dtype":"F64","shape":[-1],"data_offsets":[0,8]}}"#, 8,
      "the safetensors file is damaged: \"t\" has no shape" + copy
    ),
    (#"{"t":{"dtype":"F64","shape":[1]}}"#, 8, "the safetensors file is damaged: \"t\" has no data_offsets" + copy),
    (
      #"{"t":{"dtype":"F64","shape":[1],"data_offsets":[8,0]}}"#, 8,
      "the safetensors file is damaged: \"t\" has no data_offsets" + copy
    ),
    (
      #"{"t":{"dtype":"F64","shape":[1],"data_offsets":[0,8.5]}}"#, 8,
      "the safetensors file is damaged: \"t\" has no data_offsets" + copy
    ),
    (
      #"{"t":{"dtype":"F64","shape":[2],"data_offsets":[0,8]}}"#, 8,
      "the safetensors file is damaged: \"t\" takes 8 bytes, but its shape [2] asks for 16" + copy
    ),
    (
      #"{"t":{"dtype":"F64","shape":[4294967296,4294967296],"data_offsets":[0,8]}}"#, 8,
      "the safetensors file is damaged: the shape of \"t\" is too large" + copy
    ),
    (
      #"{"t":{"dtype":"F64","shape":[2],"data_offsets":[0,16]}}"#, 8,
      "the safetensors file is damaged: it is cut off: there should be 16 bytes of numbers, but only 8 are there" + copy
    ),
    (
      #"{"t":{"dtype":"F64","shape":[1],"data_offsets":[8,16]}}"#, 16,
      "the safetensors file is damaged: 8 bytes before \"t\" belong to no array" + copy
    ),
    (
      #"{"t":{"dtype":"F64","shape":[2],"data_offsets":[0,16]},"u":{"dtype":"F64","shape":[1],"data_offsets":[8,16]}}"#,
      16,
      "the safetensors file is damaged: \"u\" overlaps the array before it" + copy
    ),
    (#"{"__metadata__":[]}"#, 0, "the safetensors file is damaged: __metadata__ is no object of texts" + copy),
    (#"{"__metadata__":{"a":1}}"#, 0, "the safetensors file is damaged: \"a\" in __metadata__ is no text" + copy),
    ("[]", 0, "is not a safetensors file. Check the path."),
  ])
  func refuses(_ header: String, _ dataCount: Int, _ message: String) throws {
    let folder = try TemporaryFolder()
    let bytes =
      [UInt8(header.utf8.count), 0, 0, 0, 0, 0, 0, 0] + Array(header.utf8) + [UInt8](repeating: 0, count: dataCount)
    let path = try folder.write(bytes, as: "a")
    expectError(is: "a: " + message, in: folder) { () throws(DataError) in _ = try SafeTensors(path: path) }
  }

  @Test func takesArraysInAnyOrder() throws {
    let folder = try TemporaryFolder()
    let header =
      #"{"u":{"dtype":"F64","shape":[1],"data_offsets":[8,16]},"e":{"dtype":"F64","shape":[0],"data_offsets":[8,8]},"t":{"dtype":"F64","shape":[1],"data_offsets":[0,8]}}"#
    let bytes =
      [UInt8(header.utf8.count), 0, 0, 0, 0, 0, 0, 0] + Array(header.utf8) + [0, 0, 0, 0, 0, 0, 0xF0, 0x3F] + [
        0, 0, 0, 0, 0, 0, 0, 0xC0,
      ]
    let file = try SafeTensors(path: folder.write(bytes, as: "a"))
    #expect(file.tensors == [.init("t", [1]), .init("e", []), .init("u", [-2])])
  }
}
